"""Fits a random forest, tracked by the plain MLflow client, and writes it as ONNX with one named input a column."""

import os

import mlflow
import pandas as pd
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

FEATURES = ["weekday", "period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]

train = pd.read_parquet(os.environ["TERN_INPUT_TRAIN_PARQUET"])
forest = RandomForestClassifier(
    n_estimators=int(os.environ["TERN_PARAM_TREES"]),
    max_depth=int(os.environ["TERN_PARAM_DEPTH"]),
    min_samples_leaf=5,
    random_state=int(os.environ["TERN_PARAM_SEED"]),
)
model = make_pipeline(ColumnTransformer([("features", "passthrough", FEATURES)]), forest)

mlflow.sklearn.autolog(log_models=False, log_datasets=False)
with mlflow.start_run():
    model.fit(train[FEATURES], train["up"])

onnx = convert_sklearn(
    model,
    initial_types=[(name, FloatTensorType([None, 1])) for name in FEATURES],
    options={id(forest): {"zipmap": False}},
)
with open(os.environ["TERN_OUTPUT_MODEL_ONNX"], "wb") as file:
    file.write(onnx.SerializeToString())
