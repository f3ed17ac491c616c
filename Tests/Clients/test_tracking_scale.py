"""Tern's own API for tables, curves, bulk changes and garbage collection; and limits of MLflow's API that a client would not send by itself."""

import json
import time

import pytest
from tern_process import Server, tern

MLFLOW = "/api/2.0/mlflow/"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("home")) as running:
        yield running


def ask(server, method, path, body=None, raw=None):
    status, answer = server.api(method, path, body, raw=raw)
    return status, answer


def mlflow(server, path, body=None, raw=None):
    return ask(server, "POST", MLFLOW + path, body, raw)


def experiment(server, name):
    status, answer = mlflow(server, "experiments/create", {"name": f"{name}-{time.time_ns()}"})
    assert status == 200
    return answer["experiment_id"]


def run(server, number, **fields):
    status, answer = mlflow(server, "runs/create", {"experiment_id": number, "start_time": 1000, **fields})
    assert status == 200
    return answer["run"]["info"]["run_id"]


def test_a_table_ships_the_columns_that_were_asked_for(server):
    number = experiment(server, "table")
    ids = []
    for index in range(5):
        ids.append(run(server, number, run_name=f"r{index}", start_time=1000 + index))
        metrics = [{"key": "my_loss", "value": value, "timestamp": 1, "step": step} for step, value in enumerate([3.0, index, 2.0])]
        assert mlflow(server, "runs/log-batch", {"run_id": ids[-1], "metrics": metrics, "params": [{"key": "lr", "value": str(index % 2)}]})[0] == 200
    mlflow(server, "runs/log-metric", {"run_id": ids[4], "key": "my_loss", "value": "NaN", "timestamp": 2, "step": 9})
    asked = {
        "experiments": [number], "filter": "params.lr = '0'", "order": ["metrics.my_loss ASC"], "limit": 2, "count": True,
        "columns": ["metrics.my_loss", "min(metrics.my_loss)", "max(metrics.my_loss)", "params.lr", "tags.none"],
    }
    status, first = ask(server, "POST", "runs/search", asked)
    assert status == 200
    assert first["total"] == 3
    assert [row["id"] for row in first["runs"]] == [ids[2], ids[0]]
    assert first["runs"][1]["cells"] == [2.0, 0.0, 3.0, "0", None]
    status, second = ask(server, "POST", "runs/search", asked | {"page_token": first["next_page_token"], "count": False})
    assert [row["cells"][0] for row in second["runs"]] == ["NaN"]
    assert "next_page_token" not in second and "total" not in second
    status, columns = ask(server, "GET", f"experiments/{number}/columns")
    assert columns["metrics"] == [{"key": "my_loss", "runs": 5}]
    assert [key["key"] for key in columns["tags"]] == ["mlflow.runName"]
    assert columns["is_cut"] is False


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"filter": "metrics.a >"}, "at character 12"), ({"columns": ["loss"]}, "'loss' is no column"), ({"limit": 1001}, "from 1 to 1000"),
        ({"page_token": "?"}, "could not base64-decode"), ({"stage": "gone"}, "active, deleted or all"), ({"experiments": ["nope"]}, "no experiment 'nope'"),
        ({"order": ["metrics.a down"]}, "order_by"),
    ],
)
def test_a_wrong_table_request_says_what_is_wrong(server, body, words):
    status, answer = ask(server, "POST", "runs/search", body)
    assert status in (400, 404)
    assert words in answer["error"]["message"]


def test_curves_have_first_last_least_and_greatest(server):
    number = experiment(server, "curves")
    one = run(server, number)
    for part in range(5):
        points = [{"key": "loss", "value": float(step % 100), "timestamp": step, "step": step} for step in range(part * 1000, part * 1000 + 1000)]
        assert mlflow(server, "runs/log-batch", {"run_id": one, "metrics": points})[0] == 200
    for axis in ("step", "time"):
        status, answer = ask(server, "GET", f"runs/{one}/metrics?keys=loss,none&points=10&axis={axis}")
        loss, none = answer["curves"]
        assert (loss["points"], none["points"]) == (5000, 0)
        assert len(loss["buckets"]) == 10
        assert sum(bucket["count"] for bucket in loss["buckets"]) == 5000
        assert all(bucket["min"] == 0.0 and bucket["max"] == 99.0 for bucket in loss["buckets"])
        assert (loss["buckets"][0]["first_step"], loss["buckets"][-1]["last_step"]) == (0, 4999)
    status, answer = ask(server, "GET", f"metrics?runs={one},{one}&key=loss&points=5")
    assert [len(curve["buckets"]) for curve in answer["curves"]] == [5, 5]
    assert ask(server, "GET", f"metrics?runs={one}&key=loss&points=1")[0] == 400
    assert ask(server, "GET", "metrics?key=loss")[0] == 400
    assert ask(server, "GET", "runs/none/metrics")[0] == 404


def test_many_runs_are_changed_at_once(server):
    number = experiment(server, "bulk")
    ids = [run(server, number) for _ in range(3)]
    assert ask(server, "POST", "runs/tag", {"runs": ids, "set": {"my_team": "a"}})[1] == {"changed": 3}
    status, answer = ask(server, "POST", "runs/search", {"experiments": [number], "filter": "tags.my_team = 'a'"})
    assert len(answer["runs"]) == 3
    assert ask(server, "POST", "runs/tag", {"runs": ids, "remove": ["my_team"]})[1] == {"changed": 3}
    assert ask(server, "POST", "runs/delete", {"runs": ids[:2]})[1] == {"changed": 2}
    assert ask(server, "POST", "runs/delete", {"runs": ids})[1] == {"changed": 1}
    assert ask(server, "POST", "runs/restore", {"runs": ids})[1] == {"changed": 3}
    assert ask(server, "POST", "runs/tag", {"runs": ids, "set": {"a": 1}})[0] == 400
    assert ask(server, "POST", "runs/tag", {"runs": "x"})[0] == 400


def test_garbage_is_collected_by_command(tmp_path):
    with Server(tmp_path / "home") as server:
        number = experiment(server, "gone")
        status, answer = server.api("GET", MLFLOW + f"experiments/get?experiment_id={number}")
        name = answer["experiment"]["name"]
        kept, gone = run(server, "0"), run(server, number)
        mlflow(server, "runs/log-metric", {"run_id": gone, "key": "m", "value": 1, "timestamp": 1})
        server.api("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{number}/{gone}/artifacts/a.txt", raw=b"x")
        assert tern("gc", "--server", server.url, "--run-ids", kept).returncode == 1
        mlflow(server, "experiments/delete", {"experiment_id": number})
        young = json.loads(tern("gc", "--server", server.url, "--json").stdout)
        assert young["runs"] == young["experiments"] == 0
        dry = json.loads(tern("gc", "--server", server.url, "--older-than", "0s", "--dry-run", "--json").stdout)
        assert (dry["runs"], dry["experiments"], dry["dry_run"]) == (1, 1, True)
        done = json.loads(tern("gc", "--server", server.url, "--older-than", "0s", "--json").stdout)
        assert (done["runs"], done["experiments"], done["metric_points"], done["artifact_folders"]) == (1, 1, 1, 1)
        assert mlflow(server, "experiments/create", {"name": name})[0] == 200
        assert server.api("GET", MLFLOW + f"runs/get?run_id={gone}")[0] == 404
        assert server.api("GET", MLFLOW + f"runs/get?run_id={kept}")[0] == 200
        assert tern("gc", "--server", server.url, "--older-than", "soon").returncode == 2


# --- limits ------------------------------------------------------------------------------------------------------------------


def test_a_million_keys_are_refused_at_once(server):
    one = run(server, "0")
    raw = b'{"run_id":"%s","metrics":[%s]}' % (one.encode(), b",".join(b'{"key":"m"}' for _ in range(1_000_000)))
    began = time.perf_counter()
    status, answer = mlflow(server, "runs/log-batch", raw=raw)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert answer["message"].startswith("A batch logging request can contain at most 1000 metrics. Got 1000000 metrics.")
    assert time.perf_counter() - began < 20
    raw = b'{"run_id":"%s","params":[%s]}' % (one.encode(), b",".join(b'{"key":"p%d","value":"1"}' % n for n in range(101)))
    assert mlflow(server, "runs/log-batch", raw=raw)[1]["message"].startswith("A batch logging request can contain at most 100 params. Got 101 params.")
    raw = b'{"run_id":"%s","tags":[%s]}' % (one.encode(), b",".join(b'{"key":"p%d","value":"1"}' % n for n in range(101)))
    assert mlflow(server, "runs/log-batch", raw=raw)[1]["message"].startswith("A batch logging request can contain at most 100 tags. Got 101 tags.")
    body = {
        "run_id": one, "metrics": [{"key": "m", "value": n, "timestamp": n} for n in range(950)],
        "params": [{"key": f"p{n}", "value": ""} for n in range(60)],
    }
    assert "at most 1000 metrics, params, and tags. Got 1010" in mlflow(server, "runs/log-batch", body)[1]["message"]


def test_a_ten_megabyte_value_is_cut_as_mlflow_cuts_it(server):
    one = run(server, "0")
    assert mlflow(server, "runs/log-parameter", {"run_id": one, "key": "p", "value": "v" * 10_000_000})[0] == 200
    assert mlflow(server, "runs/log-batch", {"run_id": one, "params": [{"key": "q", "value": "é" * 5_000_000}]})[0] == 200
    data = server.api("GET", MLFLOW + f"runs/get?run_id={one}")[1]["run"]["data"]
    assert [len(param["value"]) for param in data["params"]] == [6000, 6000]
    assert mlflow(server, "runs/log-parameter", raw=b'{"run_id":"' + b"x" * (33 << 20) + b'"}')[0] == 413


@pytest.mark.parametrize(
    "raw",
    [b'{"run_id":' + b"[" * 100_000, b'{"run_id":"' + b"\xff\xfe" + b'"}', b'{"run_id":"\xc3"}', b"", b"null", b"[1]", b'{"run_id":"a"} x'],
    ids=["deep", "invalid UTF-8", "half a character", "empty", "null", "a list", "more behind it"],
)
@pytest.mark.parametrize("path", ["runs/log-batch", "runs/log-metric", "runs/set-tag"])
def test_what_is_no_object_is_an_empty_one(server, path, raw):
    status, answer = mlflow(server, path, raw=raw)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert answer["message"].startswith("Missing value for required parameter")


@pytest.mark.parametrize("text", ["'; DROP TABLE runs; --", "%' OR '1'='1", 'a" OR "b', "\\", "?1", "x' UNION SELECT 1 --"])
def test_sql_in_every_text_is_only_text(server, text):
    number = experiment(server, text)
    one = run(server, number, run_name=text, user_id=text, tags=[{"key": "t", "value": text}])
    assert mlflow(server, "runs/log-batch", {"run_id": one, "params": [{"key": "p", "value": text}]})[0] == 200
    quote = '"' if "'" in text else "'"
    for field in ("tags.t", "params.p", "attributes.run_name", "user_id"):
        status, answer = mlflow(server, "runs/search", {"experiment_ids": [number], "filter": f"{field} = {quote}{text}{quote}"})
        assert status == 200, answer
        assert [found["info"]["run_id"] for found in answer["runs"]] == [one]
    refused = mlflow(server, "runs/log-metric", {"run_id": one, "key": text, "value": 1, "timestamp": 1})
    assert refused[0] in (200, 400)
    assert server.api("GET", MLFLOW + f"runs/get?run_id={one}")[0] == 200


@pytest.mark.parametrize("value", [1, 1.5, "1.5", "NaN", "Infinity", "-Infinity", True, 2**63, 1e308])
def test_a_value_means_the_same_alone_and_in_a_batch(server, value):
    one = run(server, "0")
    point = {"value": value, "timestamp": "5", "step": 2.0}
    assert mlflow(server, "runs/log-metric", {"run_id": one, "key": "alone", **point})[0] == 200
    assert mlflow(server, "runs/log-batch", {"run_id": one, "metrics": [{"key": "batch", **point}]})[0] == 200
    both = {m["key"]: m for m in server.api("GET", MLFLOW + f"runs/get?run_id={one}")[1]["run"]["data"]["metrics"]}
    assert both["alone"] | {"key": ""} == both["batch"] | {"key": ""}
    assert both["alone"]["step"] == 2 and both["alone"]["timestamp"] == 5


@pytest.mark.parametrize("field", [{"value": "x"}, {"value": None}, {"value": []}, {"timestamp": "x"}, {"timestamp": 1.5}, {"step": "1.5"}, {"key": 5}, {"key": ""}])
def test_a_wrong_point_is_refused_alone_and_in_a_batch(server, field):
    one = run(server, "0")
    point = {"key": "m", "value": 1, "timestamp": 1, "step": 1} | field
    alone, batch = mlflow(server, "runs/log-metric", {"run_id": one, **point}), mlflow(server, "runs/log-batch", {"run_id": one, "metrics": [point]})
    assert (alone[0], batch[0]) == (400, 400)
    assert batch[1]["message"].replace("metrics[0].", "") == alone[1]["message"]
