"""Wrong input of every kind gets a clear error, and nothing is half-written."""

import http.client
import os
import pathlib
import shutil
import socket
import subprocess

import pytest
from tern_process import BINARY, EXAMPLE, Server, tern, wait_for_run


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("home")) as running:
        yield running


def error(answer) -> str:
    return answer["error"]["message"] + " " + answer["error"].get("hint", "")


# --- tern.yaml ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("project: p\nowner: o\ndatsets: {}\n", ["tern.yaml:3:1", "unknown key 'datsets'", "did you mean 'datasets'?"]),
        ("project: p\nowner: o\nmodels:\n  m: {purpose: x, target: y, approvals: many}\n", ["tern.yaml:4:", "whole number", "'many'"]),
        ("project: p\nowner: o\npipelines:\n  t:\n    steps:\n      a: {run: a, in: [b/x], out: [x]}\n      b: {run: b, in: [a/x], out: [x]}\n",
         ["tern.yaml:6:", "in a circle", "a → b → a"]),
        ("project: [\n", ["tern.yaml:", "not YAML"]),
    ],
)
def test_a_wrong_tern_yaml_is_refused_with_its_place(tmp_path, text, words):
    (tmp_path / "tern.yaml").write_text(text)
    answer = tern("check", cwd=tmp_path)
    assert answer.returncode == 1
    for word in words:
        assert word in answer.stderr


def test_usage_errors_end_with_2_and_failures_with_1(tmp_path):
    assert tern("run").returncode == 2
    assert tern("nonsense").returncode == 2
    assert tern("check", cwd=tmp_path).returncode == 1


# --- steps -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "words"),
    [("exit 1", "exit"), ("kill -9 $$", "kill"), ("true", "result.txt"), ("sleep 30", "time")],
    ids=["exits 1", "is killed", "writes no output", "takes too long"],
)
def test_a_step_that_fails_says_how(server, tmp_path, command, words):
    (tmp_path / "tern.yaml").write_text(
        f"project: p{abs(hash(command))}\nowner: o\npipelines:\n  t{abs(hash(command))}:\n    steps:\n"
        f"      s: {{run: '{command}', out: [result.txt], timeout: 1s}}\n"
    )
    assert tern("apply", server=server, cwd=tmp_path).returncode == 0
    answer = tern("run", f"t{abs(hash(command))}", server=server, cwd=tmp_path)
    assert answer.returncode == 1
    assert words in answer.stderr.lower(), answer.stderr


# --- models ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "tern.yaml").write_text(
        "project: bad\nowner: o\ndatasets:\n  rows: {path: rows.csv}\nmodels:\n  direction: {purpose: p, target: y, approvals: 0}\n"
        "endpoints:\n  way: {model: direction}\n"
    )
    assert tern("apply", server=server, cwd=folder).returncode == 0
    return folder


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """A logistic regression of two named columns."""
    import numpy
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    import pandas

    table = pandas.DataFrame(numpy.random.default_rng(0).normal(size=(200, 2)), columns=["a", "b"])
    classifier = LogisticRegression()
    model = make_pipeline(ColumnTransformer([("f", "passthrough", ["a", "b"])]), classifier).fit(table, (table.a > table.b).astype(int))
    onnx = convert_sklearn(model, initial_types=[(name, FloatTensorType([None, 1])) for name in ("a", "b")], options={id(classifier): {"zipmap": False}})
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    path.write_bytes(onnx.SerializeToString())
    return path


def test_a_file_that_is_no_model_is_refused_and_nothing_is_registered(server, project, model_file, tmp_path):
    truncated = tmp_path / "truncated.onnx"
    truncated.write_bytes(model_file.read_bytes()[:200])
    garbage = tmp_path / "garbage.onnx"
    garbage.write_bytes(os.urandom(5000))
    before = server.ok("GET", "models/direction")["versions"]
    for path in (truncated, garbage, tmp_path / "none.onnx"):
        status, answer = server.api("POST", "models/direction/versions", {"path": str(path)})
        assert status in (400, 404), answer
        assert "onnx" in error(answer).lower() or "no file" in error(answer).lower()
    assert server.ok("GET", "models/direction")["versions"] == before


# --- requests ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def endpoint(server, project, model_file):
    server.ok("POST", "models/direction/versions", {"path": str(model_file)})
    server.ok("POST", "endpoints/way/settle", {})
    return "/v2/models/way/infer"


def tensor(name="a", shape=(1, 1), datatype="FP32", data=(1.0,)):
    return {"name": name, "shape": list(shape), "datatype": datatype, "data": list(data)}


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([tensor("a", (1, 2), data=(1, 2)), tensor("b")], ["shape", "'a'"]),
        ([tensor("a", datatype="INT64", data=(1,)), tensor("b")], ["INT64", "FP32"]),
        ([tensor("a"), tensor("c")], ["'c'"]),
        ([tensor("a")], ["b"]),
        ([tensor("a", (2, 1), data=(1.0,)), tensor("b")], ["a"]),
        ([tensor("a", data=("text",)), tensor("b")], ["a"]),
        ([], ["input"]),
    ],
    ids=["shape", "type", "name", "missing input", "short data", "text for a number", "nothing"],
)
def test_a_wrong_request_names_what_is_wrong(server, endpoint, inputs, words):
    status, answer = server.api("POST", endpoint, {"inputs": inputs})
    assert status == 400, answer
    for word in words:
        assert word in answer["error"], answer


def test_a_NaN_in_json_and_garbage_are_refused(server, endpoint):
    body = b'{"inputs":[{"name":"a","shape":[1,1],"datatype":"FP32","data":[NaN]},{"name":"b","shape":[1,1],"datatype":"FP32","data":[1]}]}'
    assert server.api("POST", endpoint, raw=body)[0] == 400
    status, answer = server.api("POST", endpoint, raw=os.urandom(10_000_000))
    assert status in (400, 413)
    assert "error" in answer
    assert server.api("POST", endpoint, {"inputs": [tensor("a"), tensor("b")]})[0] == 200


def test_a_body_that_is_cut_off_leaves_the_server_well(server, endpoint):
    host, port = server.url.removeprefix("http://").split(":")
    for _ in range(5):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"POST {endpoint} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5000\r\n\r\n{{\"inputs\":".encode())
    assert server.api("POST", endpoint, {"inputs": [tensor("a"), tensor("b")]})[0] == 200


def test_feedback_for_an_unknown_id_is_refused_and_names_it(server, endpoint):
    answer = server.ok("POST", endpoint, {"inputs": [tensor("a"), tensor("b")]})
    known = answer["parameters"]["prediction_id"]
    status, answer = server.api("POST", "endpoints/way/feedback", {"items": [{"id": known + ".0", "value": 1}, {"id": "way-999999.0", "value": 1}]})
    assert status == 404
    assert "way-999999.0" in str(answer)
    # Nothing of the request was taken: the known one is new when it comes again.
    receipt = server.ok("POST", "endpoints/way/feedback", {"items": [{"id": known + ".0", "value": 1}]})
    assert (receipt["accepted"], receipt["repeated"]) == (1, 0)


# --- datasets ----------------------------------------------------------------------------------------------------------------


def test_a_dataset_with_a_missing_column_or_a_wrong_type_is_refused_with_row_and_column(server, project, tmp_path):
    good = tmp_path / "good.csv"
    good.write_text("x,y\n" + "".join(f"{n},{n % 2}\n" for n in range(50)))
    server.ok("POST", "datasets/rows/versions", {"path": str(good)})
    missing = tmp_path / "missing.csv"
    missing.write_text("x\n1\n2\n")
    status, answer = server.api("POST", "datasets/rows/versions", {"path": str(missing)})
    assert status == 400 and "y" in error(answer)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("x,y\n1,0\n2,1\nthree,0\n")
    status, answer = server.api("POST", "datasets/rows/versions", {"path": str(wrong)})
    assert status == 400
    violation = answer["error"]["details"]["violations"][0]
    assert (violation["row"], violation["column"], violation["value"]) == (3, "x", "three")
    assert server.ok("GET", "datasets/rows")["versions"][0]["version"] == 1


# --- the machine -------------------------------------------------------------------------------------------------------------


def test_a_home_in_use_and_a_port_in_use_are_told(server, tmp_path):
    second = subprocess.run([BINARY, "server", "--home", str(server.home), "--port", "0"], capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert "in use by another server" in second.stderr and server.url in second.stderr
    third = subprocess.run([BINARY, "server", "--home", str(tmp_path / "other"), "--port", str(server.port)], capture_output=True, text=True, timeout=30)
    assert third.returncode == 1
    assert f"port {server.port}" in third.stderr and "--port" in third.stderr


def test_another_address_than_loopback_demands_tokens(tmp_path):
    refused = subprocess.run([BINARY, "server", "--home", str(tmp_path), "--host", "0.0.0.0", "--port", "0"], capture_output=True, text=True, timeout=30)
    assert refused.returncode == 4
    assert "TERN_ADMIN_TOKEN" in refused.stderr


def test_a_foreign_page_may_not_change_the_server(server):
    host, port = server.url.removeprefix("http://").split(":")
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        connection = http.client.HTTPConnection(host, int(port))
        connection.request("POST", "/api/tern/v1/tokens", body=b'{"name":"x","role":"viewer"}', headers={"Content-Type": "application/json"} | headers)
        assert connection.getresponse().status == 403
        connection.close()
    assert server.ok("GET", "tokens")["tokens"] == []


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="mounting a small file system takes root")
def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)], capture_output=True).returncode != 0:
        pytest.skip("this machine does not let us mount a file system")
    try:
        (tmp_path / "tern.yaml").write_text("project: full\nowner: o\ndatasets:\n  rows: {path: rows.csv}\n")
        big = tmp_path / "big.csv"
        big.write_text("x,y\n" + "".join(f"{n},{n * 7919 % 1000003}\n" for n in range(800_000)))
        with Server(small / "home") as server:
            assert tern("apply", server=server, cwd=tmp_path).returncode == 0
            status, answer = server.api("POST", "datasets/rows/versions", {"path": str(big)})
            assert status == 507, answer
            assert "disk is full" in error(answer)
            good = tmp_path / "good.csv"
            good.write_text("x,y\n1,2\n3,4\n")
            assert server.ok("POST", "datasets/rows/versions", {"path": str(good)})["version"] == 1
            assert server.ok("GET", "ledger/verify")["verified"] is True
    finally:
        subprocess.run(["umount", "-l", str(small)], capture_output=True)
