"""Splits the market by time: the last fifth is kept aside to judge the model on."""

import os

import numpy as np
import pandas as pd

source = os.environ["TERN_INPUT_MARKET"]
market = pd.read_parquet(source) if source.endswith(".parquet") else pd.read_csv(source)
market = market.sort_values("settled_at", kind="stable").reset_index(drop=True)

cut = int(len(market) * 0.8)
train, holdout = market.iloc[:cut].copy(), market.iloc[cut:]

# For the demo: a candidate that has learnt nothing, to see the gates refuse it.
if os.environ["TERN_PARAM_SHUFFLE_LABELS"] == "true":
    shuffle = np.random.default_rng(int(os.environ["TERN_PARAM_SEED"]))
    train["up"] = shuffle.permutation(train["up"].to_numpy())

train.to_parquet(os.environ["TERN_OUTPUT_TRAIN_PARQUET"], index=False)
holdout.to_parquet(os.environ["TERN_OUTPUT_HOLDOUT_PARQUET"], index=False)
print(f"{len(train)} rows to train on, {len(holdout)} to judge by")
