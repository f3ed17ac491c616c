"""Scores the ONNX file itself, as it will be served, on the rows kept aside."""

import json
import os

import mlflow
import numpy as np
import onnxruntime
import pandas as pd
from sklearn.metrics import f1_score, precision_score, recall_score

session = onnxruntime.InferenceSession(os.environ["TERN_INPUT_MODEL_ONNX"])
holdout = pd.read_parquet(os.environ["TERN_INPUT_HOLDOUT_PARQUET"])
inputs = {input.name: holdout[[input.name]].to_numpy(np.float32) for input in session.get_inputs()}
predicted = session.run([session.get_outputs()[0].name], inputs)[0]

scores = {
    "holdout_f1": f1_score(holdout["up"], predicted),
    "holdout_precision": precision_score(holdout["up"], predicted, zero_division=0),
    "holdout_recall": recall_score(holdout["up"], predicted),
}
with mlflow.start_run():
    mlflow.log_metrics(scores)
with open(os.environ["TERN_OUTPUT_SCORES_JSON"], "w") as file:
    json.dump(scores, file)
print(scores)
