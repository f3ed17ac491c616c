"""Walks the route table of the installed mlflow wheel and asks a running Tern each of its endpoints, under /api and /ajax-api.

Each passes, or is not implemented on purpose (501, in MLflow's shape); none is unknown. docs/mlflow.md must say the same:
`python Tests/Clients/mlflow/test_mlflow_surface.py --write` writes its table anew.
"""

import json
import pathlib
import re
import sys
import urllib.error
import urllib.request
import uuid

import pytest

DOCS = pathlib.Path(__file__).resolve().parents[3] / "docs" / "mlflow.md"
BEGIN, END = "<!-- endpoints: begin (written by Tests/Clients/mlflow/test_mlflow_surface.py --write) -->", "<!-- endpoints: end -->"
DONE, ABSENT = "done", "not implemented (501)"

# Every group of MLflow's table that Tern leaves out, by the first part of the path; and single endpoints.
ABSENT_GROUPS = {"workspaces", "issues", "label-schemas", "datasets", "scorers", "gateway", "prompt-optimization", "review-queues", "unified-traces",
                 "get-online-trace-details"}
ABSENT_ENDPOINTS = {
    ("POST", "2.0", "traces"), ("GET", "2.0", "traces"), ("PATCH", "2.0", "traces/{}"), ("GET", "2.0", "traces/{}/info"),
    ("POST", "2.0", "traces/link-prompts"), ("POST", "3.0", "traces/calculate-filter-correlation"), ("POST", "3.0", "traces/metrics"),
}


def table():
    """(method, path) of every endpoint that MLflow's protobuf services declare, as its server mounts them, below /api."""
    from mlflow.protos import databricks_pb2
    from mlflow.protos.issues_pb2 import DESCRIPTOR as _  # noqa: F401
    from mlflow.protos.mlflow_artifacts_pb2 import MlflowArtifactsService
    from mlflow.protos.model_registry_pb2 import ModelRegistryService
    from mlflow.protos.service_pb2 import MlflowService
    from mlflow.protos.webhooks_pb2 import WebhookService

    rows = []
    for service in (MlflowService, ModelRegistryService, WebhookService, MlflowArtifactsService):
        for method in service.DESCRIPTOR.methods:
            for endpoint in method.GetOptions().Extensions[databricks_pb2.rpc].endpoints:
                version = f"{endpoint.since.major}.0"
                rows.append((endpoint.method, version, "/" + endpoint.path.lstrip("/")))
    return sorted(set(rows), key=lambda row: (row[2], row[0], row[1]))


def state_expected(method, version, path):
    bare = re.sub(r"[{<][^}>]+[}>]", "{}", path.removeprefix("/mlflow/"))
    absent = bare.split("/")[0] in ABSENT_GROUPS or (method, version, bare) in ABSENT_ENDPOINTS
    return ABSENT if absent else DONE


def filled(path, ids):
    """The path with its parameters, and /mlflow-artifacts paths with a file."""
    if "/mpu/" in path:
        ids = ids | {"artifact_path": ids["name"] + "/parts"}
    path = re.sub(r"[{<](?:path:)?([^}>]+)[}>]", lambda m: str(ids.get(m.group(1).replace(".", "_"), "none")), path)
    return path if path != "/mlflow-artifacts/artifacts" else path


def ask(url, method, path, body=None, query="", content_type="application/json"):
    data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
    request = urllib.request.Request(url + path + query, data=data, method=method)
    if data is not None:
        request.add_header("Content-Type", content_type)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def make(url):
    """One of everything, so that a valid request can be made of each endpoint."""

    def post(path, body):
        status, answer, _ = ask(url, "POST", path, body)
        assert status == 200, (path, status, answer)
        return json.loads(answer)

    name = "walk-" + uuid.uuid4().hex[:10]
    ids = {"name": name, "experiment": post("/api/2.0/mlflow/experiments/create", {"name": name})["experiment_id"]}
    post("/api/2.0/mlflow/experiments/set-experiment-tag", {"experiment_id": ids["experiment"], "key": "k", "value": "v"})
    ids["run_id"] = post("/api/2.0/mlflow/runs/create", {"experiment_id": ids["experiment"]})["run"]["info"]["run_id"]
    post("/api/2.0/mlflow/runs/set-tag", {"run_id": ids["run_id"], "key": "k", "value": "v"})
    ids["model_id"] = post("/api/2.0/mlflow/logged-models", {"experiment_id": ids["experiment"], "tags": [{"key": "k", "value": "v"}]})["model"]["info"]["model_id"]
    ids["tag_key"] = "k"
    ids["trace_id"] = ids["request_id"] = ids["assessment_trace_id"] = "tr-" + uuid.uuid4().hex
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": ids["experiment"]}}
    post("/api/3.0/mlflow/traces", {"trace": {"trace_info": {"trace_id": ids["trace_id"], "trace_location": place, "state": "OK"}}})
    assert ask(url, "PATCH", f"/api/3.0/mlflow/traces/{ids['trace_id']}/tags", {"key": "k", "value": "v"})[0] == 200
    span = {"traceId": ids["trace_id"][3:], "spanId": "0123456789abcdef", "name": "walk", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    assert ask(url, "POST", "/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})[0] == 200
    made = post(f"/api/3.0/mlflow/traces/{ids['trace_id']}/assessments", {"assessment": {"assessment_name": "a", "feedback": {"value": 1}}})
    ids["assessment_id"] = made["assessment"]["assessment_id"]
    assert ask(url, "PUT", f"/api/2.0/mlflow-artifacts/artifacts/{name}/file.txt", b"x", content_type="text/plain")[0] == 200
    ids["artifact_path"] = name + "/file.txt"
    own = f"/api/2.0/mlflow-artifacts/artifacts/{ids['experiment']}/{ids['run_id']}/artifacts/f"
    assert ask(url, "PUT", own, b"x", content_type="text/plain")[0] == 200
    post("/api/2.0/mlflow/registered-models/create", {"name": name})
    ids["source"] = f"mlflow-artifacts:/{ids['experiment']}/{ids['run_id']}/artifacts/model"
    post("/api/2.0/mlflow/model-versions/create", {"name": name, "source": ids["source"], "run_id": ids["run_id"]})
    post("/api/2.0/mlflow/registered-models/alias", {"name": name, "alias": "a", "version": "1"})
    hook = {"name": "walk", "url": "https://1.1.1.1/none", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}], "status": "DISABLED"}
    ids["webhook_id"] = post("/api/2.0/mlflow/webhooks", hook)["webhook"]["webhook_id"]
    return ids


def upload_of_one_part(url, door, ids):
    """What completes or aborts an upload whose only part has been sent."""
    status, answer, _ = ask(url, "POST", f"{door}/2.0/mlflow-artifacts/mpu/create/{ids['name']}/parts", {"path": "f", "num_parts": 1})
    assert status == 200, answer
    begun = json.loads(answer)
    status, _, headers = ask(begun["credentials"][0]["url"], "PUT", "", b"x")
    assert status == 200
    return {"path": "f", "upload_id": begun["upload_id"], "parts": [{"part_number": 1, "etag": headers["ETag"]}]}


def valid(method, path, ids):
    """A minimal valid body and query."""
    experiment, run, model, name, trace = (ids[k] for k in ("experiment", "run_id", "model_id", "name", "trace_id"))
    fresh = "walk-" + uuid.uuid4().hex[:10]
    version = {"name": name, "version": "1"}
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    bodies = {
        ("POST", "experiments/create"): {"name": fresh}, ("POST", "experiments/search"): {"max_results": 5},
        ("GET", "experiments/search"): "?max_results=5", ("GET", "experiments/get"): f"?experiment_id={experiment}",
        ("GET", "experiments/get-by-name"): f"?experiment_name={name}", ("POST", "experiments/delete"): {"experiment_id": experiment},
        ("POST", "experiments/restore"): {"experiment_id": experiment}, ("POST", "experiments/update"): {"experiment_id": experiment, "new_name": name},
        ("POST", "experiments/set-experiment-tag"): {"experiment_id": experiment, "key": "k", "value": "v"},
        ("POST", "experiments/delete-experiment-tag"): {"experiment_id": experiment, "key": "k"},
        ("POST", "experiments/search-datasets"): {"experiment_ids": [experiment]},
        ("POST", "runs/create"): {"experiment_id": experiment}, ("POST", "runs/update"): {"run_id": run, "status": "RUNNING"},
        ("POST", "runs/delete"): {"run_id": run}, ("POST", "runs/restore"): {"run_id": run}, ("GET", "runs/get"): f"?run_id={run}",
        ("POST", "runs/log-metric"): {"run_id": run, "key": "m", "value": 1, "timestamp": 1}, ("POST", "runs/log-parameter"): {"run_id": run, "key": "p", "value": "1"},
        ("POST", "runs/set-tag"): {"run_id": run, "key": "k", "value": "v"}, ("POST", "runs/delete-tag"): {"run_id": run, "key": "k"},
        ("POST", "runs/search"): {"experiment_ids": [experiment]}, ("POST", "runs/log-batch"): {"run_id": run},
        ("POST", "runs/log-model"): {"run_id": run, "model_json": json.dumps({"artifact_path": "m", "flavors": {}, "utc_time_created": "x", "run_id": run})},
        ("POST", "runs/log-inputs"): {"run_id": run}, ("POST", "runs/outputs"): {"run_id": run, "models": [{"model_id": model, "step": 0}]},
        ("POST", "artifacts/presigned-upload-url"): {"run_id": run, "path": "g"}, ("POST", "artifacts/presigned-download-url"): {"run_id": run, "path": "f"},
        ("GET", "artifacts/list"): f"?run_id={run}", ("GET", "metrics/get-history"): f"?run_id={run}&metric_key=m",
        ("GET", "metrics/get-history-bulk-interval"): f"?run_ids={run}&metric_key=m",
        ("POST", "logged-models"): {"experiment_id": experiment}, ("POST", "logged-models/search"): {"experiment_ids": [experiment]},
        ("PATCH", "logged-models/{}"): {"status": "LOGGED_MODEL_READY"}, ("PATCH", "logged-models/{}/tags"): {"tags": [{"key": "k", "value": "v"}]},
        ("POST", "logged-models/{}/params"): {"params": [{"key": "a", "value": "b"}]},
        ("POST", "traces"): {"trace": {"trace_info": {"trace_id": trace, "trace_location": place, "state": "OK"}}},
        ("GET", "traces/get"): f"?trace_id={trace}", ("GET", "traces/batchGet"): f"?trace_ids={trace}", ("POST", "traces/batchGetInfos"): {"trace_ids": [trace]},
        ("POST", "traces/search"): {"locations": [place]}, ("PATCH", "traces/{}/tags"): {"key": "k", "value": "v"}, ("DELETE", "traces/{}/tags"): {"key": "k"},
        ("POST", "traces/link-to-run"): {"trace_ids": [trace], "run_id": run}, ("POST", "traces/delete-traces"): {"experiment_id": experiment, "request_ids": ["tr-none"]},
        ("POST", "traces/{}/assessments"): {"assessment": {"assessment_name": "a", "feedback": {"value": 1}}},
        ("PATCH", "traces/{}/assessments/{}"): {"assessment": {"feedback": {"value": 2}}, "update_mask": "feedback"},
        ("POST", "registered-models/create"): {"name": fresh}, ("GET", "registered-models/get"): f"?name={name}", ("GET", "registered-models/search"): "",
        ("PATCH", "registered-models/update"): {"name": name, "description": "d"}, ("GET", "registered-models/get-latest-versions"): f"?name={name}",
        ("POST", "registered-models/get-latest-versions"): {"name": name}, ("POST", "registered-models/set-tag"): {"name": name, "key": "k", "value": "v"},
        ("DELETE", "registered-models/delete-tag"): {"name": name, "key": "k"}, ("POST", "registered-models/alias"): version | {"alias": "a"},
        ("GET", "registered-models/alias"): f"?name={name}&alias=a", ("DELETE", "registered-models/alias"): {"name": name, "alias": "a"},
        ("POST", "model-versions/create"): {"name": name, "source": ids["source"], "run_id": run}, ("GET", "model-versions/get"): f"?name={name}&version=1",
        ("PATCH", "model-versions/update"): version | {"description": "d"}, ("GET", "model-versions/search"): "",
        ("POST", "model-versions/transition-stage"): version | {"stage": "Staging", "archive_existing_versions": False},
        ("GET", "model-versions/get-download-uri"): f"?name={name}&version=1", ("POST", "model-versions/set-tag"): version | {"key": "k", "value": "v"},
        ("DELETE", "model-versions/delete-tag"): version | {"key": "k"}, ("POST", "registered-models/rename"): {"name": name, "new_name": name},
        ("POST", "webhooks"): {"name": "w", "url": "https://1.1.1.1/none", "events": [{"entity": "PROMPT", "action": "CREATED"}], "status": "DISABLED"},
        ("PATCH", "webhooks/{}"): {"name": "x"}, ("POST", "webhooks/{}/test"): {},
        ("DELETE", "registered-models/delete"): {"name": name}, ("DELETE", "model-versions/delete"): version,
    }
    bare = re.sub(r"[{<][^}>]+[}>]", "{}", path.removeprefix("/mlflow/"))
    return bodies.get((method, bare), "" if method == "GET" else {})


def walk(url):
    """Answers [(method, version, path, state)]; asserts what each endpoint answers on the way."""
    rows = []
    # What deletes goes last, and each door has things of its own to delete.
    ordered = sorted(table(), key=lambda row: (row[0] == "DELETE", row[2].endswith("/delete"), not row[2].endswith("-tag") and not row[2].endswith("alias")))
    for door in ("/api", "/ajax-api"):
        ids = make(url)
        for method, version, path in ordered:
            # Stages and renames only move what is there; a deleted run is restored before the next needs it.
            prefix = f"{door}/{version}"
            wanted = state_expected(method, version, path)
            place = prefix + filled(path, ids)
            content = valid(method, path, ids)
            if path.startswith("/mlflow-artifacts/"):
                content = b"x" if method == "PUT" else ("" if method == "GET" else {"path": "f", "num_parts": 1})
            if "/mpu/complete" in path or "/mpu/abort" in path:
                content = upload_of_one_part(url, door, ids)
            if path.endswith("experiments/restore"):
                ask(url, "POST", f"{door}/2.0/mlflow/experiments/delete", {"experiment_id": ids["experiment"]})
            if method == "DELETE" and path.startswith("/mlflow/traces/") and path.endswith("/tags"):
                ask(url, "PATCH", place, {"key": "k", "value": "v"})
            query, body = (content, None) if isinstance(content, str) else ("", content)
            status, answer, _ = ask(url, method, place, body, query)
            if wanted == DONE:
                assert status == 200, f"{method} {place}{query}: {status} {answer[:300]}"
                assert method == "PUT" or path.startswith("/mlflow-artifacts/artifacts/") or isinstance(json.loads(answer), dict)
                if path.endswith(("experiments/delete", "runs/delete")):
                    kind = "experiment_id" if "experiments" in path else "run_id"
                    restored = ask(url, "POST", f"{door}/2.0{path.replace('delete', 'restore')}", {kind: ids["experiment" if "experiments" in path else "run_id"]})
                    assert restored[0] == 200
            else:
                assert status == 501, f"{method} {place}: {status} {answer[:300]}"
                check_absent(answer, method, place)
            check_empty(url, method, place, path, wanted)
            if door == "/api":
                rows.append((method, version, path, wanted))
    return sorted(rows, key=lambda row: (row[2], row[1], row[0]))


def check_absent(answer, method, place):
    error = json.loads(answer)
    assert error["error_code"] == "NOT_IMPLEMENTED" and error["message"], (method, place, error)


def check_empty(url, method, place, path, wanted):
    """An empty request is refused in JSON, or is all that is needed; it is never unknown and never a fault of the server."""
    if method == "PUT" or path.startswith("/mlflow-artifacts/artifacts/"):
        return
    status, answer, _ = ask(url, method, place, {} if method != "GET" else None)
    if wanted == ABSENT and status == 501:
        check_absent(answer, method, place)
        return
    assert status in (200, 400, 404), f"{method} {place} with nothing: {status} {answer[:300]}"
    error = json.loads(answer)
    if status != 200:
        assert error["error_code"] in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST") and error["message"], (method, place, error)


def written(rows):
    lines = ["| method | endpoint | state |", "|---|---|---|"]
    for method, version, path, state in rows:
        shown = path if path.startswith("/mlflow-artifacts") else path
        lines.append(f"| {method} | `/api/{version}{shown}` | {state} |")
    return "\n".join(lines)


def test_every_endpoint_of_the_wheel_passes_or_is_left_out_on_purpose(server_url):
    rows = walk(server_url)
    assert len(rows) >= 180, "the wheel's table was not read whole"
    counts = {state: sum(1 for row in rows if row[3] == state) for state in (DONE, ABSENT)}
    assert counts[DONE] >= 84, counts
    text = DOCS.read_text()
    assert BEGIN in text and END in text, "docs/mlflow.md lost its markers"
    assert text.split(BEGIN)[1].split(END)[0].strip() == written(rows), "docs/mlflow.md: run Tests/Clients/mlflow/test_mlflow_surface.py --write"


def test_handlers_of_the_wheel_are_all_walked():
    """MLflow's own list of handlers holds no protobuf endpoint that the walk does not."""
    from mlflow.server.handlers import get_endpoints

    known = {(method, re.sub(r"[{<][^}>]+[}>]", "{}", path)) for method, _, path in table()}
    for path, _, methods in get_endpoints():
        match = re.match(r"/api/[23]\.0(/mlflow(?:-artifacts)?/.*)", path)
        if match and match.group(1) not in BY_HAND:
            for method in methods:
                assert (method, re.sub(r"[{<][^}>]+[}>]", "{}", match.group(1))) in known, (method, path)


# What MLflow adds by hand: `server-info` is answered (docs/mlflow.md), the others serve its pages.
BY_HAND = {"/mlflow/scorers/online-configs", "/mlflow/scorers/online-config", "/mlflow/server-info"}


@pytest.mark.parametrize("method, path", [("GET", "/api/2.0/mlflow/nope"), ("PUT", "/api/2.0/mlflow/runs/create"), ("GET", "/api/2.0/mlflow/runs/create"), ("POST", "/api/3.0/mlflow/traces/get")])
def test_what_is_unknown_says_so_in_json(server_url, method, path):
    status, answer, _ = ask(server_url, method, path, {} if method != "GET" else None)
    assert status == 404 and json.loads(answer)["error_code"] == "ENDPOINT_NOT_FOUND"


def main():
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    import tempfile

    from tern_process import Server

    with tempfile.TemporaryDirectory() as home, Server(pathlib.Path(home) / "home") as server:
        rows = walk(server.url)
    if "--write" not in sys.argv:
        print(written(rows))
        return
    before, _, rest = DOCS.read_text().partition(BEGIN)
    DOCS.write_text(f"{before}{BEGIN}\n{written(rows)}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
