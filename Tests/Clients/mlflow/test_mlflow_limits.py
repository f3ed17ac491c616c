"""Input that is too much, too deep or no text at all: refused in MLflow's words, quickly, and nothing is half-written."""

import json

import pytest
import requests

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def run(client, experiment):
    return client.create_run(experiment.experiment_id).info.run_id


def post(server_url, path, body, **rest):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(f"{server_url}/api/2.0/mlflow/{path}", data=data, headers=JSON, timeout=120, **rest)


def refused(answer, words):
    assert answer.status_code in (400, 413), answer.text[:300]
    assert answer.json()["error_code"] in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST"), answer.text[:300]
    assert words.lower() in answer.json()["message"].lower(), answer.text[:500]


def test_a_value_of_ten_megabytes_is_cut_as_mlflow_cuts_it(client, server_url, run):
    assert post(server_url, "runs/log-parameter", {"run_id": run, "key": "p", "value": "x" * 10_000_000}).status_code == 200
    assert client.get_run(run).data.params["p"] == "x" * 6000
    assert post(server_url, "runs/set-tag", {"run_id": run, "key": "t", "value": "y" * 10_000_000}).status_code == 200
    assert client.get_run(run).data.tags["t"] == "y" * 8000


@pytest.mark.parametrize("metrics, params, tags, words", [
    (1001, 0, 0, "1000"), (0, 101, 0, "100"), (0, 0, 101, "100"), (901, 50, 50, "1000"), (1_000_000, 0, 0, ""),
], ids=["metrics", "params", "tags", "together", "a million"])
def test_a_batch_over_the_limit_is_refused_whole(client, server_url, run, metrics, params, tags, words):
    body = {
        "run_id": run,
        "metrics": [{"key": f"m{index}", "value": 1, "timestamp": 1, "step": 0} for index in range(metrics)],
        "params": [{"key": f"p{index}", "value": "1"} for index in range(params)],
        "tags": [{"key": f"t{index}", "value": "1"} for index in range(tags)],
    }
    refused(post(server_url, "runs/log-batch", body), words)
    data = client.get_run(run).data
    assert data.metrics == {} and data.params == {} and "t0" not in data.tags


@pytest.mark.parametrize("key", ["k" * 251, "a//b", "../up", "/root", "a?b", ""], ids=["long", "empty part", "parent", "root", "sign", "empty"])
def test_a_key_that_is_no_name_is_refused(server_url, run, key):
    for path, body in [("log-metric", {"value": 1, "timestamp": 1}), ("log-parameter", {"value": "1"}), ("set-tag", {"value": "1"})]:
        refused(post(server_url, f"runs/{path}", {"run_id": run, "key": key} | body), "")


@pytest.mark.parametrize("body", [
    b"[" * 100_000, b'{"a":' * 100_000, b'{"run_id": "\xff\xfe"}', b'{"run_id": "\\ud800"}', b"", b"null", b"[]", b"\x00\x01", b'{"run_id": }', b'"text"',
], ids=["deep list", "deep object", "not utf-8", "half a surrogate", "nothing", "null", "list", "binary", "broken", "text"])
def test_what_is_no_json_object_is_refused(server_url, body):
    for path in ["runs/log-metric", "runs/log-batch", "runs/update", "experiments/create", "registered-models/create"]:
        answer = post(server_url, path, body)
        assert answer.status_code in (400, 404), (path, answer.status_code, answer.text[:300])
        assert answer.json()["error_code"], path
    assert requests.get(f"{server_url}/health", timeout=10).status_code == 200


@pytest.mark.parametrize("value", ["text", None, [], {}, "0x10", "--1"], ids=str)
def test_a_metric_that_is_no_number_is_refused(client, server_url, run, value):
    refused(post(server_url, "runs/log-metric", {"run_id": run, "key": "m", "value": value, "timestamp": 1, "step": 0}), "")
    assert client.get_run(run).data.metrics == {}


@pytest.mark.parametrize("field, value", [
    ("timestamp", -1), ("timestamp", "soon"), ("timestamp", 2**63), ("step", "x"), ("step", 2**63), ("step", 1.5), ("key", 7), ("run_id", 7),
])
def test_a_field_of_another_kind_is_refused_by_name(server_url, run, field, value):
    body = {"run_id": run, "key": "m", "value": 1, "timestamp": 1, "step": 0} | {field: value}
    assert post(server_url, "runs/log-metric", body).status_code in (400, 404)


def test_a_text_with_a_zero_character_is_refused_on_every_database(client, server_url, run):
    refused(post(server_url, "runs/log-parameter", {"run_id": run, "key": "p", "value": "a\x00b"}), "")
    assert client.get_run(run).data.params == {}


def test_a_body_over_the_limit_is_refused_while_it_comes(server_url, run):
    def endless():
        for _ in range(1000):
            yield b" " * 1_000_000

    try:
        answer = requests.post(f"{server_url}/api/2.0/mlflow/runs/log-batch", data=endless(), headers=JSON, timeout=120)
        assert answer.status_code == 413, answer.text[:300]
    except requests.exceptions.ConnectionError:
        pass  # The server hung up before all of it was sent, which is as good.
    assert requests.get(f"{server_url}/health", timeout=10).status_code == 200
