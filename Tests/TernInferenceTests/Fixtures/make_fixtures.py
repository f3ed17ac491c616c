"""Makes the models of these tests and what they answer, with scikit-learn, skl2onnx and onnx.

    python make_fixtures.py

needs: numpy, pandas, scikit-learn, skl2onnx, onnx, onnxruntime. The seeds are fixed.
"""
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).parent
expected = {}


def save(name, model, feeds, **facts):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    (HERE / f"{name}.onnx").write_bytes(data)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    outputs = {}
    for info, value in zip(session.get_outputs(), session.run(None, feeds)):
        if isinstance(value, list):  # ZipMap
            outputs[info.name] = {"classes": [str(k) for k in value[0]], "values": [[float(v) for v in row.values()] for row in value]}
        else:
            outputs[info.name] = value.tolist()
    expected[name] = {"inputs": {k: v.tolist() for k, v in feeds.items()}, "outputs": outputs, **facts}


random = np.random.default_rng(7)
x = random.normal(size=(300, 4)).astype(np.float32)
y = (x[:, 0] + 0.5 * x[:, 1] + 0.3 * random.normal(size=300) > 0).astype(np.int64)

logistic = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
save("logistic_zipmap", to_onnx(logistic, x[:1], target_opset=17), {"X": x[:5]})
save("logistic_array", to_onnx(logistic, x[:1], target_opset=17, options={"zipmap": False}), {"X": x[:5]})

words = np.array(["cold", "mild", "hot"])[(x[:, 0] > -0.5).astype(int) + (x[:, 0] > 0.5)]
save("text_classes", to_onnx(LogisticRegression(max_iter=1000).fit(x, words), x[:1], target_opset=17), {"X": x[:5]})

frame = pd.DataFrame({"price": x[:, 0], "demand": x[:, 1], "transfer": x[:, 2], "weekday": random.integers(1, 8, 300)})
forest = make_pipeline(
    ColumnTransformer([("numbers", StandardScaler(), ["price", "demand", "transfer"]), ("day", "passthrough", ["weekday"])]),
    RandomForestClassifier(n_estimators=20, max_depth=5, random_state=7),
).fit(frame, y)
types = [(n, FloatTensorType([None, 1])) for n in ["price", "demand", "transfer"]] + [("weekday", Int64TensorType([None, 1]))]
feeds = {n: frame[[n]][:6].to_numpy(np.int64 if n == "weekday" else np.float32) for n in frame.columns}
save("forest_columns", to_onnx(forest, initial_types=types, target_opset=17), feeds)

colours = pd.DataFrame({"colour": ["red", "green", "blue", "grün", ""] * 10, "size": ["s", "m", "l", "m", "s"] * 10})
answer = (colours["colour"].isin(["red", "blue"]) & (colours["size"] != "m")).astype(int)
strings = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(colours, answer)
types = [("colour", StringTensorType([None, 1])), ("size", StringTensorType([None, 1]))]
feeds = {c: colours[[c]][:5].to_numpy(dtype=object) for c in colours.columns}
save("text_inputs", to_onnx(strings, initial_types=types, target_opset=17), feeds)

line = LinearRegression().fit(x, 3 * x[:, 0] - 1)
save("regression", to_onnx(line, x[:1], target_opset=17), {"X": x[:4]})

# One input and one output for each element type, the output equal to the input.
element_types = ["FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE", "UINT32", "UINT64", "BFLOAT16"]
nodes, inputs, outputs = [], [], []
for name in element_types:
    kind = getattr(TensorProto, name)
    lower = name.lower()
    inputs.append(helper.make_tensor_value_info(lower, kind, ["n", 2]))
    outputs.append(helper.make_tensor_value_info("out_" + lower, kind, ["n", 2]))
    nodes.append(helper.make_node("Identity", [lower], ["out_" + lower]))
graph = helper.make_graph(nodes, "echo", inputs, outputs)
echo = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="tern-tests")
helper.set_model_props(echo, {"owner": "grid-team@example.com", "note": "grün"})
onnx.checker.check_model(echo)
(HERE / "echo.onnx").write_bytes(echo.SerializeToString())

# A model that answers a scalar, and one whose rank is 3.
cube = helper.make_graph(
    [helper.make_node("ReduceSum", ["cube"], ["total"], keepdims=0), helper.make_node("Identity", ["cube"], ["same"])], "cube",
    [helper.make_tensor_value_info("cube", TensorProto.FLOAT, [None, 2, 2])],
    [helper.make_tensor_value_info("total", TensorProto.FLOAT, []), helper.make_tensor_value_info("same", TensorProto.FLOAT, [None, 2, 2])])
cube = helper.make_model(cube, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
save("cube", cube, {"cube": np.arange(8, dtype=np.float32).reshape(2, 2, 2)})

# Rows of a map with a text key, through a matrix input whose columns are named in the metadata.
named = to_onnx(logistic, x[:1], target_opset=17)
helper.set_model_props(named, {"tern.features": json.dumps(["a", "b", "c", "d"])})
save("named_matrix", named, {"X": x[:3]})

(HERE / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
