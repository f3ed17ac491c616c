"""Fits a gradient boosting classifier with the parameters of one trial and logs its loss as it goes."""

import argparse

import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float, default=0.1)
parser.add_argument("--max_depth", type=int, default=3)
parser.add_argument("--subsample", type=float, default=1.0)
parser.add_argument("--trees", type=int, default=40)
given = parser.parse_args()

features, target = load_breast_cancer(return_X_y=True)
fit_x, hold_x, fit_y, hold_y = train_test_split(features, target, test_size=0.3, random_state=7)
model = GradientBoostingClassifier(
    learning_rate=given.learning_rate, max_depth=given.max_depth, subsample=given.subsample, n_estimators=given.trees, random_state=7
).fit(fit_x, fit_y)

# Tern has made the run and set MLFLOW_RUN_ID and MLFLOW_TRACKING_URI: this logs to it, also without Tern to one of its own.
with mlflow.start_run():
    for step, probabilities in enumerate(model.staged_predict_proba(hold_x)):
        mlflow.log_metric("loss", log_loss(hold_y, probabilities), step=step)
