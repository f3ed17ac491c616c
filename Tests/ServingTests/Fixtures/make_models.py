"""Makes the small ONNX models that the tests of serving and of its dialects run: python make_models.py"""

import os

import numpy as np
import onnx
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression

FOLDER = os.path.dirname(os.path.abspath(__file__))


def save(name, model):
    with open(os.path.join(FOLDER, name), "wb") as file:
        file.write(model.SerializeToString())


def graph(name, nodes, inputs, outputs, initializers=()):
    made = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    save(name + ".onnx", model)


def main():
    random = np.random.default_rng(0)
    rows = random.normal(size=(200, 3)).astype(np.float32)
    labels = (rows @ np.array([1.0, -2.0, 0.5]) > 0).astype(np.int64)
    fitted = LogisticRegression().fit(rows, labels)
    # The probabilities as a map per row, which is skl2onnx's default.
    save("map.onnx", to_onnx(fitted, initial_types=[("X", FloatTensorType([None, 3]))], target_opset=17))
    save("matrix.onnx", to_onnx(fitted, initial_types=[("X", FloatTensorType([None, 3]))], target_opset=17, options={"zipmap": False}))

    # One input a column: predicts 1 when demand > price.
    column = [None, 1]
    graph(
        "columns",
        [
            helper.make_node("Sub", ["demand", "price"], ["difference"]),
            helper.make_node("Sigmoid", ["difference"], ["up"]),
            helper.make_node("Sub", ["one", "up"], ["down"]),
            helper.make_node("Concat", ["down", "up"], ["probabilities"], axis=1),
            helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, column) for name in ["demand", "price"]],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        [helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])],
    )
    # The same inputs, and it fails on every request.
    graph(
        "broken",
        [helper.make_node("Add", ["demand", "price"], ["sum"]), helper.make_node("Reshape", ["sum", "shape"], ["label"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, column) for name in ["demand", "price"]],
        [helper.make_tensor_value_info("label", TensorProto.FLOAT, [7919, 1])],
        [helper.make_tensor("shape", TensorProto.INT64, [2], [7919, 1])],
    )
    # The same inputs under other names.
    graph(
        "renamed",
        [helper.make_node("Add", ["load", "cost"], ["label"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, column) for name in ["load", "cost"]],
        [helper.make_tensor_value_info("label", TensorProto.FLOAT, column)],
    )
    kinds = {
        "S": TensorProto.STRING, "B": TensorProto.BOOL, "F": TensorProto.FLOAT, "D": TensorProto.DOUBLE, "H": TensorProto.FLOAT16,
        "I8": TensorProto.INT8, "I16": TensorProto.INT16, "I32": TensorProto.INT32, "I64": TensorProto.INT64,
        "U8": TensorProto.UINT8, "U16": TensorProto.UINT16, "U32": TensorProto.UINT32, "U64": TensorProto.UINT64,
    }
    graph(
        "echo",
        [helper.make_node("Identity", [name], ["O" + name]) for name in kinds],
        [helper.make_tensor_value_info(name, kind, [None, None]) for name, kind in kinds.items()],
        [helper.make_tensor_value_info("O" + name, kind, [None, None]) for name, kind in kinds.items()],
    )


main()
