"""Each message and status of MLflow's that clients see and tests assert, asked for by raw requests; and what no request may do."""

import json
import urllib.error
import urllib.request
import uuid

import pytest

MISSING = "Missing value for required parameter '{}'. See the API docs for more information about request parameters."
BAD = "INVALID_PARAMETER_VALUE"
GONE = "RESOURCE_DOES_NOT_EXIST"


def ask(url, method, path, body=None, content_type="application/json"):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url + (path if path.startswith("/") else "/api/2.0/mlflow/" + path), data=data, method=method)
    request.add_header("Content-Type", content_type)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def things(server_url):
    """A run with a parameter, a deleted run, a model with a version."""
    name = "errors-" + uuid.uuid4().hex[:8]
    experiment = ask(server_url, "POST", "experiments/create", {"name": name})[1]["experiment_id"]
    run, gone = (ask(server_url, "POST", "runs/create", {"experiment_id": experiment})[1]["run"]["info"]["run_id"] for _ in range(2))
    assert ask(server_url, "POST", "runs/log-parameter", {"run_id": run, "key": "p", "value": "1"})[0] == 200
    assert ask(server_url, "POST", "runs/delete", {"run_id": gone})[0] == 200
    assert ask(server_url, "POST", "registered-models/create", {"name": name})[0] == 200
    source = f"mlflow-artifacts:/{experiment}/{run}/artifacts/m"
    assert ask(server_url, "POST", "model-versions/create", {"name": name, "source": source, "run_id": run})[0] == 200
    return {"name": name, "experiment": experiment, "run": run, "gone": gone}


ROWS = [
    # experiments
    ("POST", "experiments/create", {}, 400, BAD, MISSING.format("name")),
    ("POST", "experiments/create", {"name": 1}, 400, BAD, "Invalid value 1 for parameter 'name' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters."),
    ("POST", "experiments/create", {"name": "{name}"}, 400, "RESOURCE_ALREADY_EXISTS", "Experiment(name={name}) already exists."),
    ("GET", "experiments/get?experiment_id=999999", None, 404, GONE, "No Experiment with id=999999 exists"),
    ("GET", "experiments/get?experiment_id=x", None, 400, BAD, "Invalid experiment ID 'x'. Experiment ID must be a valid integer."),
    ("GET", "experiments/get", None, 400, BAD, MISSING.format("experiment_id")),
    ("GET", "experiments/get-by-name?experiment_name=none-such", None, 404, GONE, "Could not find experiment with name 'none-such'"),
    ("POST", "experiments/search", {}, 400, BAD, "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer"),
    ("POST", "experiments/search", {"max_results": "x"}, 400, BAD, "Invalid value \"x\" for parameter 'max_results' supplied:  Hint: Value was of type 'str'."),
    ("POST", "experiments/search", {"max_results": 5, "page_token": "zz"}, 400, BAD, "Invalid page token, could not base64-decode"),
    ("POST", "experiments/delete", {"experiment_id": "999999"}, 404, GONE, "No Experiment with id=999999 exists"),
    # runs
    ("GET", "runs/get?run_id=none", None, 404, GONE, "Run with id=none not found"),
    ("GET", "runs/get", None, 400, BAD, MISSING.format("run_id")),
    ("POST", "runs/create", {"experiment_id": "999999"}, 404, GONE, "No Experiment with id=999999 exists"),
    ("POST", "runs/log-metric", {"run_id": "{run}", "key": "m", "timestamp": 1}, 400, BAD, MISSING.format("value")),
    ("POST", "runs/log-metric", {"run_id": "{run}", "key": "m", "value": 1}, 400, BAD, MISSING.format("timestamp")),
    ("POST", "runs/log-metric", {"run_id": "{run}", "value": 1, "timestamp": 1}, 400, BAD, MISSING.format("key")),
    ("POST", "runs/log-metric", {"run_id": "{gone}", "key": "m", "value": 1, "timestamp": 1}, 400, BAD, "The run {gone} must be in the 'active' state. Current state is deleted."),
    ("POST", "runs/log-parameter", {"run_id": "{run}", "key": "p", "value": "2"}, 400, BAD, "Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='{run}'. Attempted logging new value '2'."),
    ("POST", "runs/log-batch", {"metrics": []}, 400, BAD, MISSING.format("run_id")),
    ("POST", "runs/log-batch", {"run_id": "{run}", "metrics": [{"key": "a", "timestamp": 1}]}, 400, BAD, MISSING.format("metrics[0].value")),
    ("POST", "runs/search", {"experiment_ids": ["{experiment}"], "max_results": 0}, 400, BAD, "Invalid value 0 for parameter 'max_results' supplied."),
    ("POST", "runs/search", {"experiment_ids": ["{experiment}"], "page_token": "!"}, 400, BAD, "Invalid page token, could not base64-decode"),
    ("GET", "metrics/get-history?metric_key=m", None, 400, BAD, MISSING.format("run_id")),
    ("GET", "metrics/get-history?run_id={run}", None, 400, BAD, MISSING.format("metric_key")),
    # registry
    ("GET", "registered-models/get?name=nope", None, 404, GONE, "Registered Model with name=nope not found"),
    ("GET", "registered-models/get", None, 400, BAD, MISSING.format("name")),
    ("POST", "registered-models/create", {"name": "{name}"}, 400, "RESOURCE_ALREADY_EXISTS", "Registered Model (name={name}) already exists."),
    ("GET", "model-versions/get?name={name}&version=99", None, 404, GONE, "Model Version (name={name}, version=99) not found"),
    ("GET", "model-versions/get?name={name}&version=x", None, 400, BAD, "Parameter 'version' must be an integer, got 'x'."),
    ("GET", "registered-models/alias?name={name}&alias=zz", None, 400, BAD, "Registered model alias zz not found."),
    ("POST", "registered-models/alias", {"name": "{name}", "alias": "latest", "version": "1"}, 400, BAD, "latest"),
    ("POST", "registered-models/alias", {"name": "{name}", "alias": "v1", "version": "1"}, 400, BAD, "v1"),
    ("POST", "model-versions/transition-stage", {"name": "{name}", "version": "1", "stage": "Nowhere"}, 400, BAD, "Invalid Model Version stage: Nowhere."),
    ("POST", "model-versions/create", {"name": "{name}", "source": "s3://b", "run_id": ""}, 400, BAD, "Invalid model version source"),
    ("GET", "registered-models/search?max_results=0", None, 400, BAD, "max_results"),
    ("GET", "registered-models/search?max_results=1001", None, 400, BAD, "max_results"),
    # logged models, traces
    ("GET", "logged-models/m-none", None, 404, GONE, "m-none"),
    ("GET", "/api/3.0/mlflow/traces/none", None, 404, GONE, "Trace with ID 'none' not found."),
    ("GET", "/api/3.0/mlflow/traces/get?trace_id=none", None, 404, GONE, "Trace with ID none is not found."),
    ("GET", "/api/3.0/mlflow/traces/get", None, 400, BAD, MISSING.format("trace_id")),
    ("POST", "/api/3.0/mlflow/traces", {}, 400, BAD, MISSING.format("trace")),
    ("POST", "/api/3.0/mlflow/traces/search", {}, 400, BAD, MISSING.format("locations")),
    ("POST", "/api/3.0/mlflow/traces/none/assessments", {}, 400, BAD, MISSING.format("assessment")),
    ("POST", "/api/3.0/mlflow/traces/none/assessments", {"assessment": {}}, 400, BAD, "Unknown assessment type: None"),
    ("POST", "/api/3.0/mlflow/traces/none/assessments", {"assessment": {"feedback": {"value": 1}}}, 404, GONE, "Trace with ID 'none' not found."),
    ("GET", "/api/3.0/mlflow/traces/none/assessments/a", None, 404, GONE, "Trace with request_id 'none' not found"),
    ("DELETE", "/api/3.0/mlflow/traces/none/tags", {}, 400, BAD, MISSING.format("key")),
    ("POST", "traces/link-to-run", {"trace_ids": ["a"]}, 400, BAD, MISSING.format("run_id")),
    ("POST", "traces/delete-traces", {"experiment_id": "0"}, 400, BAD, "Either `max_timestamp_millis` or `trace_ids` must be specified."),
    # webhooks
    ("GET", "webhooks/none", None, 404, GONE, "Webhook with ID none not found."),
    ("GET", "webhooks?max_results=1001", None, 400, BAD, "max_results must be between 1 and 1000."),
]


@pytest.mark.parametrize("method, path, body, status, code, words", ROWS, ids=[f"{row[0]} {row[1]} {i}" for i, row in enumerate(ROWS)])
@pytest.mark.parametrize("door", ["/api", "/ajax-api"])
def test_each_refusal_has_mlflows_words(server_url, things, door, method, path, body, status, code, words):
    def fill(value):
        for key, text in things.items():
            value = value.replace("{" + key + "}", text)
        return value

    path = fill(path if path.startswith("/") else "/api/2.0/mlflow/" + path).replace("/api", door, 1)
    got, answer = ask(server_url, method, path, json.loads(fill(json.dumps(body))) if body is not None else None)
    assert (got, answer.get("error_code")) == (status, code), answer
    assert fill(words) in answer["message"], answer
    assert answer["error_class"] and answer["sqlstate"]


def test_bodies_of_the_wrong_kind(server_url):
    path = "experiments/create"
    assert ask(server_url, "POST", path, b"name=x", "text/plain") == (400, {
        "error_code": BAD, "message": "Bad Request. Content-Type must be one of ['application/json'].", "sqlstate": "KAM00", "error_class": BAD})
    for body in (b"{bad", b"", b"[1]", b'{"name":"\xff"}', b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}", b"\0\1\2", b'{"name": NaN}'):
        status, answer = ask(server_url, "POST", path, body)
        assert (status, answer["error_code"], answer["message"]) == (400, BAD, MISSING.format("name")), (body[:20], answer)
    twice = json.dumps(json.dumps({"name": "twice-" + uuid.uuid4().hex})).encode()
    assert ask(server_url, "POST", path, twice)[0] == 200
    assert ask(server_url, "POST", path, json.dumps({"name": "charset-" + uuid.uuid4().hex, "unknown": 1}).encode(), "application/json; charset=utf-8")[0] == 200


def test_a_workspace_is_refused(server_url):
    request = urllib.request.Request(server_url + "/api/2.0/mlflow/experiments/get?experiment_id=0", headers={"X-MLFLOW-WORKSPACE": "w"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    answer = json.loads(caught.value.read())
    assert caught.value.code == 500 and answer["error_code"] == "FEATURE_DISABLED"
    assert answer["message"] == "Workspace APIs are not available: workspaces are not enabled on this server"


HOSTILE = ["'; DROP TABLE runs; --", '" OR 1=1 --', "%_\\", "a\\' b", "${x}", "日本語 🐦", "<script>", "x' UNION SELECT * FROM tokens --"]


@pytest.mark.parametrize("text", HOSTILE)
def test_sql_in_every_text_field_comes_back_as_text(server_url, text):
    url = server_url
    name = f"{text} {uuid.uuid4().hex[:6]}".replace("/", "|")
    status, made = ask(url, "POST", "experiments/create", {"name": name, "tags": [{"key": "k", "value": text}]})
    if status == 200:
        experiment = made["experiment_id"]
        read = ask(url, "GET", f"experiments/get?experiment_id={experiment}")[1]["experiment"]
        assert read["name"] == name and read["tags"][0]["value"] == text
    else:
        assert status == 400
        experiment = "0"
    run = ask(url, "POST", "runs/create", {"experiment_id": experiment, "run_name": text, "user_id": text, "tags": [{"key": "t", "value": text}]})[1]["run"]["info"]["run_id"]
    assert ask(url, "POST", "runs/log-parameter", {"run_id": run, "key": "p", "value": text})[0] == 200
    read = ask(url, "GET", f"runs/get?run_id={run}")[1]["run"]
    assert read["info"]["run_name"] == text and read["info"]["user_id"] == text and read["data"]["params"][0]["value"] == text
    assert {"key": "t", "value": text} in read["data"]["tags"]
    model = "hostile-" + uuid.uuid4().hex[:8]
    assert ask(url, "POST", "registered-models/create", {"name": model, "description": text, "tags": [{"key": "k", "value": text}]})[0] == 200
    assert ask(url, "POST", "model-versions/create", {"name": model, "source": f"mlflow-artifacts:/{experiment}/{run}/artifacts/m", "run_id": run, "description": text, "run_link": text})[0] == 200
    assert ask(url, "POST", "model-versions/set-tag", {"name": model, "version": "1", "key": "k", "value": text})[0] == 200
    read = ask(url, "GET", f"registered-models/get?name={model}")[1]["registered_model"]
    assert read["description"] == text and read["tags"] == [{"key": "k", "value": text}]
    version = read["latest_versions"][0]
    assert version["description"] == text and version["run_link"] == text and version["tags"] == [{"key": "k", "value": text}]
    trace = "tr-" + uuid.uuid4().hex
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    info = {"trace_id": trace, "trace_location": place, "client_request_id": text, "request_preview": text, "response_preview": text, "tags": {"t": text}, "trace_metadata": {"m": text}}
    assert ask(url, "POST", "/api/3.0/mlflow/traces", {"trace": {"trace_info": info}})[0] == 200
    said = {"assessment_name": text, "feedback": {"value": text}, "rationale": text, "metadata": {"m": text}, "source": {"source_id": text, "source_type": "HUMAN"}}
    assert ask(url, "POST", f"/api/3.0/mlflow/traces/{trace}/assessments", {"assessment": said})[0] == 200
    read = ask(url, "GET", f"/api/3.0/mlflow/traces/{trace}")[1]["trace"]["trace_info"]
    assert all(read[key] == text for key in ("client_request_id", "request_preview", "response_preview"))
    assert read["tags"]["t"] == text and read["trace_metadata"]["m"] == text
    heard = read["assessments"][0]
    assert heard["assessment_name"] == text and heard["feedback"]["value"] == text and heard["rationale"] == text and heard["source"]["source_id"] == text


def test_zero_bytes_in_texts_never_crash(server_url):
    for path, body in [
        ("experiments/create", {"name": "a\0b"}), ("registered-models/create", {"name": "a\0b"}),
        ("/api/3.0/mlflow/traces", {"trace": {"trace_info": {"trace_id": "tr-nul", "request_preview": "a\0b", "tags": {"k\0": "v\0"},
                                                             "trace_location": {"mlflow_experiment": {"experiment_id": "0"}}}}}),
    ]:
        assert ask(server_url, "POST", path, body)[0] in (200, 400)
    assert ask(server_url, "GET", "/api/3.0/mlflow/traces/tr-nul")[1]["trace"]["trace_info"]["request_preview"] == "a\ufffdb"
