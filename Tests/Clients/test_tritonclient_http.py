"""The unmodified Triton client against Tern's Open Inference Protocol.

Wants a fixture `tern_server` with `.url` (http://host:port) and `.serve(endpoint, path)`, which registers an ONNX file as a model and
releases it as an endpoint (already served: does nothing).
"""

import http.client
import json
import pathlib
import socket
from urllib.parse import urlparse

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "ServingTests" / "Fixtures"


@pytest.fixture(scope="module")
def served(tern_server):
    tern_server.serve("price", str(FIXTURES / "columns.onnx"))
    tern_server.serve("matrix", str(FIXTURES / "matrix.onnx"))
    tern_server.serve("echo", str(FIXTURES / "echo.onnx"))
    return tern_server


@pytest.fixture
def client(served):
    client = triton.InferenceServerClient(served.url.removeprefix("http://"))
    yield client
    client.close()


def columns(demand, price, binary=True):
    inputs = []
    for name, values in (("demand", demand), ("price", price)):
        tensor = triton.InferInput(name, [len(values), 1], "FP32")
        tensor.set_data_from_numpy(np.array(values, dtype=np.float32).reshape(-1, 1), binary_data=binary)
        inputs.append(tensor)
    return inputs


def test_health_and_metadata(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("price") and not client.is_model_ready("nope")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    metadata = client.get_model_metadata("price")
    assert [(each["name"], each["datatype"]) for each in metadata["inputs"]] == [("demand", "FP32"), ("price", "FP32")]
    version = metadata["versions"][0]
    assert client.is_model_ready("price", version) and not client.is_model_ready("price", "999")
    assert client.get_model_config("price")["input"][0]["data_type"] == "TYPE_FP32"
    assert {"price", "matrix", "echo"} <= {each["name"] for each in client.get_model_repository_index()}


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_infer(client, binary_in, binary_out):
    outputs = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in ("label", "probabilities")]
    result = client.infer("price", columns([2, 1, 5], [1, 2, 1], binary_in), outputs=outputs, request_id="mine")
    assert result.as_numpy("label").tolist() == [1, 0, 1]
    assert np.allclose(result.as_numpy("probabilities").sum(axis=1), 1)
    answer = result.get_response()
    assert answer["id"] == "mine" and answer["model_name"] == "price"
    assert answer["parameters"]["prediction_id"].startswith("price-")


def test_infer_without_outputs_asks_for_all_in_binary(client):
    result = client.infer("price", columns([2], [1], binary=False))
    assert result.as_numpy("label").tolist() == [1] and result.as_numpy("probabilities").shape == (1, 2)


def test_prediction_ids_differ(client):
    ids = {client.infer("price", columns([2], [1])).get_response()["parameters"]["prediction_id"] for _ in range(20)}
    assert len(ids) == 20


def test_async_infer(served):
    client = triton.InferenceServerClient(served.url.removeprefix("http://"), concurrency=4)
    pending = [client.async_infer("price", columns([2 + number], [1])) for number in range(32)]
    assert all(each.get_result().as_numpy("label").tolist() == [1] for each in pending)
    client.close()


def test_classification(client):
    outputs = [triton.InferRequestedOutput("probabilities", class_count=2)]
    top = client.infer("price", columns([3], [1]), outputs=outputs).as_numpy("probabilities")
    value, index = top[0][0].decode().split(":")
    assert index == "1" and float(value) > 0.5


@pytest.mark.parametrize("binary", [True, False])
def test_every_type(client, binary):
    values = {
        "S": np.array([["héllo", ""]], dtype=np.object_), "B": np.array([[True, False]]), "F": np.array([[0.1, 3]], dtype=np.float32),
        "D": np.array([[0.1, 1e300]]), "I8": np.array([[-128, 127]], dtype=np.int8), "I16": np.array([[-32768, 32767]], dtype=np.int16),
        "I32": np.array([[-(2**31), 2**31 - 1]], dtype=np.int32), "I64": np.array([[2**53 + 1, -(2**63)]], dtype=np.int64),
        "U8": np.array([[0, 255]], dtype=np.uint8), "U16": np.array([[0, 65535]], dtype=np.uint16),
        "U32": np.array([[0, 2**32 - 1]], dtype=np.uint32), "U64": np.array([[0, 2**64 - 1]], dtype=np.uint64),
        "H": np.array([[0.5, -2]], dtype=np.float16),
    }
    inputs = []
    for name, array in values.items():
        tensor = triton.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
        # The protocol has no JSON for 16-bit floats.
        tensor.set_data_from_numpy(array, binary_data=binary or name == "H")
        inputs.append(tensor)
    result = client.infer("echo", inputs, outputs=[triton.InferRequestedOutput("O" + name, binary_data=binary or name == "H") for name in values])
    for name, array in values.items():
        found = result.as_numpy("O" + name)
        if name == "S":
            found = np.array([[each.decode() if isinstance(each, bytes) else each for each in found[0]]], dtype=np.object_)
        assert (found == array).all(), name


def test_missing_numbers_are_accepted_in_binary(client):
    assert client.infer("price", columns([float("nan")], [1])).as_numpy("label").shape == (1,)


def test_statistics(client):
    before = client.get_inference_statistics("price")["model_stats"][0]["inference_stats"]["success"]["count"]
    client.infer("price", columns([2], [1]))
    after = client.get_inference_statistics("price")["model_stats"][0]["inference_stats"]["success"]["count"]
    assert after == before + 1


def refused(call, status, text):
    with pytest.raises(InferenceServerException) as caught:
        call()
    assert caught.value.status() == str(status)
    assert text in caught.value.message()


def test_errors_say_what_is_wrong(client):
    def one(name, datatype, array):
        tensor = triton.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array)
        return tensor

    wide = np.ones((1, 2), dtype=np.float32)
    refused(lambda: client.get_model_metadata("nope"), 404, "Request for unknown model: 'nope' is not found")
    refused(lambda: client.infer("nope", columns([1], [1])), 404, "Request for unknown model: 'nope' is not found")
    refused(lambda: client.infer("price", columns([1], [1]), model_version="999"), 404, "'price' version 999 is not found")
    refused(lambda: client.infer("price", [one("Y", "FP32", wide)]), 400, "unexpected inference input 'Y' for model 'price'")
    refused(lambda: client.infer("price", columns([1], [1])[:1]), 400, "missing required input(s) ['price']")
    refused(lambda: client.infer("matrix", [one("X", "FP32", wide)]), 400, "unexpected shape for input 'X' for model 'matrix'. Expected [-1,3], got [1,2]")
    refused(lambda: client.infer("matrix", [one("X", "FP64", np.ones((1, 3)))]), 400, "data-type is 'FP64', but model 'matrix' expects 'FP32'")
    refused(lambda: client.infer("price", columns([1], [1]), outputs=[triton.InferRequestedOutput("zzz")]), 400, "unexpected inference output 'zzz'")
    refused(lambda: client.unload_model("price"), 400, "decided by releases")
    refused(lambda: client.infer("price", columns([1], [1]), request_compression_algorithm="gzip"), 501, "gzip")


def raw(url, body, headers=None):
    connection = http.client.HTTPConnection(urlparse(url).netloc, timeout=20)
    connection.request("POST", "/v2/models/price/infer", body, headers or {})
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def test_garbage_and_oversize(served):
    status, body = raw(served.url, b"[" * (10 << 20))
    assert status == 400 and "failed to parse" in json.loads(body)["error"]
    status, body = raw(served.url, b'{"inputs":[{"name":"demand","shape":[1,1],"datatype":"FP32","data":[NaN]}]}')
    assert status == 400 and "null" in json.loads(body)["error"]


def test_a_body_cut_off_harms_nobody(served, client):
    where = urlparse(served.url)
    with socket.create_connection((where.hostname, where.port)) as half:
        half.sendall(b'POST /v2/models/price/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"inputs":[')
    assert client.infer("price", columns([2], [1])).as_numpy("label").tolist() == [1]
