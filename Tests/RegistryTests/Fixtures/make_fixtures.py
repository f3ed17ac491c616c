"""Makes the models and tables of the registry's tests: python make_fixtures.py (scikit-learn, skl2onnx, pyarrow).

The truth is a simple rule over x1 and x2 with some noise, and is harder on Sundays.
"""

import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline

rng = np.random.default_rng(7)


def table(rows, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x1": rng.normal(size=rows), "x2": rng.normal(size=rows)}).astype("float32")
    frame["weekday"] = rng.choice(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], size=rows)
    noise = rng.normal(scale=np.where(frame.weekday == "sun", 1.0, 0.3))
    frame["up"] = ((frame.x1 - frame.x2 + noise) > 0).astype("int64")
    frame["load"] = (3 * frame.x1 + frame.x2 + 10 + noise).round(4)
    return frame


train, holdout = table(800, 1), table(600, 2)
features = ["x1", "x2"]
columns = [("x1", FloatTensorType([None, 1])), ("x2", FloatTensorType([None, 1]))]


def save(name, model, initial=columns, truth=None):
    fitted = model.fit(train[features], train["up"] if truth is None else truth)
    options = {} if isinstance(truth, pd.Series) and truth.name == "load" else {"zipmap": False}
    onnx = to_onnx(fitted, initial_types=initial, options=options, target_opset=17)
    with open(f"{name}.onnx", "wb") as file:
        file.write(onnx.SerializeToString())
    print(name, fitted.score(holdout[features], holdout["up"] if options else holdout["load"]))


def joined(model):
    return make_pipeline(ColumnTransformer([("all", "passthrough", features)]), model)


save("good", joined(LogisticRegression()))
save("forest", joined(RandomForestClassifier(n_estimators=10, max_depth=5, random_state=3)))
save("shuffled", joined(RandomForestClassifier(n_estimators=10, random_state=3)), truth=pd.Series(rng.permutation(train["up"]), name="up"))
save("regression", joined(LinearRegression()), truth=train["load"])
save("matrix", LogisticRegression(), initial=[("X", FloatTensorType([None, 2]))])

train.drop(columns="load").to_parquet("train.parquet", index=False)
holdout.drop(columns="load").to_parquet("holdout.parquet", index=False)
holdout.drop(columns="up").to_csv("load.csv", index=False)
holdout.drop(columns=["x2", "load"]).head(50).to_csv("without_x2.csv", index=False)
