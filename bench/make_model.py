"""Writes the benchmark's model: a random forest of 60 trees over seven named columns. usage: make_model.py TARGET"""

import sys

import numpy as np
import pandas as pd
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

NAMES = [f"c{index}" for index in range(7)]
table = pd.DataFrame(np.random.default_rng(0).random((4000, 7)), columns=NAMES)
forest = RandomForestClassifier(60, max_depth=10, min_samples_leaf=5, random_state=0)
model = make_pipeline(ColumnTransformer([("all", "passthrough", NAMES)]), forest).fit(table, (table.c0 + table.c1 > table.c2 * 2).astype(int))
onnx = convert_sklearn(model, initial_types=[(name, FloatTensorType([None, 1])) for name in NAMES], options={id(forest): {"zipmap": False}})
with open(sys.argv[1], "wb") as file:
    file.write(onnx.SerializeToString())
