"""Names, passwords and tokens as the client sends them, and what each role may do."""

import json
import os
import urllib.error
import urllib.request

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from tern_process import Server, tern

ADMIN = "an-admin-secret-of-some-length"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A server that knows an admin's, an editor's and a viewer's token, and demands one."""
    home = tmp_path_factory.mktemp("home")
    with Server(home, environment={"TERN_ADMIN_TOKEN": ADMIN, "TERN_HOST": "0.0.0.0"}) as server:
        server.url = server.url.replace("0.0.0.0", "127.0.0.1")
        server.tokens = {"admin": ADMIN}
        for role in ("editor", "viewer"):
            status, answer = server.api("POST", "tokens", {"name": role, "role": role}, token=ADMIN)
            assert status == 201, answer
            server.tokens[role] = answer["token"]
        yield server


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def ask(server, method, path, headers=None, body=None):
    request = urllib.request.Request(server.url + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


@pytest.mark.parametrize("path", ["/api/2.0/mlflow/experiments/search?max_results=1", "/ajax-api/3.0/mlflow/traces/none", "/v1/traces"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic d3Jvbmc6d3Jvbmc="}, {"Authorization": "Basic !!"}])
def test_without_a_token_the_answer_is_401_in_mlflows_shape(guarded, path, headers):
    status, body, answered = ask(guarded, "POST" if path == "/v1/traces" else "GET", path, headers, {} if path == "/v1/traces" else None)
    assert status == 401 and json.loads(body)["error_code"] == "UNAUTHENTICATED" and json.loads(body)["message"]
    assert "Basic" in answered["WWW-Authenticate"] and "Bearer" in answered["WWW-Authenticate"]


def test_terns_own_paths_keep_terns_shape(guarded):
    status, body, _ = ask(guarded, "GET", "/api/tern/v1/models")
    assert status == 401 and json.loads(body)["error"]["code"] == "unauthenticated"


def test_health_and_server_info_are_open(guarded):
    assert ask(guarded, "GET", "/health")[0] == 200 and ask(guarded, "GET", "/api/3.0/mlflow/server-info")[0] == 200


def test_the_client_comes_in_with_a_token(guarded, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", guarded.tokens["editor"])
    client = mlflow.MlflowClient(guarded.url, guarded.url)
    run = client.create_run(client.create_experiment("by-token"))
    client.log_metric(run.info.run_id, "m", 1)
    client.log_text(run.info.run_id, "text", "file.txt")
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["file.txt"]


def test_the_client_comes_in_with_a_name_and_a_password(guarded, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "anybody")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", guarded.tokens["editor"])
    client = mlflow.MlflowClient(guarded.url, guarded.url)
    assert client.create_experiment("by-password")
    mlflow.set_tracking_uri(guarded.url)
    mlflow.set_experiment("by-password")
    with mlflow.start_span("with a password") as span:
        pass
    mlflow.flush_trace_async_logging()
    assert mlflow.get_trace(span.trace_id).data.spans[0].name == "with a password"


def test_a_viewer_may_look_and_not_touch(guarded, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", guarded.tokens["viewer"])
    client = mlflow.MlflowClient(guarded.url, guarded.url)
    assert client.search_experiments() and client.search_registered_models() is not None
    assert client.search_traces(locations=["0"]) == []
    calls = [
        lambda: client.create_experiment("x"), lambda: client.create_registered_model("x"), lambda: client.set_trace_tag("tr-x", "k", "v"),
        lambda: client.delete_traces("0", trace_ids=["x"]), lambda: client.link_traces_to_run(["x"], "y"),
        lambda: mlflow.MlflowClient(guarded.url)._tracing_client.log_assessment("tr-x", mlflow.entities.Feedback(name="f", value=1)),
        lambda: client.create_webhook("x", "https://1.1.1.1/x", ["prompt.created"]), lambda: client.list_webhooks(),
    ]
    for call in calls:
        with pytest.raises(MlflowException) as caught:
            call()
        assert caught.value.error_code == "PERMISSION_DENIED", caught.value
    headers = {"Authorization": f"Bearer {guarded.tokens['viewer']}"}
    status, body, _ = ask(guarded, "POST", "/v1/traces", headers, {"resourceSpans": []})
    assert status == 403 and json.loads(body)["error_code"] == "PERMISSION_DENIED"


def test_webhooks_are_an_admins(guarded, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", guarded.tokens["editor"])
    with pytest.raises(MlflowException) as caught:
        mlflow.MlflowClient(guarded.url, guarded.url).create_webhook("x", "https://1.1.1.1/x", ["prompt.created"])
    assert caught.value.error_code == "PERMISSION_DENIED"
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", ADMIN)
    client = mlflow.MlflowClient(guarded.url, guarded.url)
    client.delete_webhook(client.create_webhook("x", "https://1.1.1.1/x", ["prompt.created"]).webhook_id)


def test_a_revoked_token_opens_nothing_any_more(guarded, monkeypatch):
    token = guarded.api("POST", "tokens", {"name": "short", "role": "editor"}, token=ADMIN)[1]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    path = "/api/2.0/mlflow/experiments/search?max_results=1"
    assert [ask(guarded, "GET", path, headers)[0] for _ in range(3)] == [200] * 3
    assert guarded.api("DELETE", "tokens/short", token=ADMIN)[0] == 200
    assert ask(guarded, "GET", path, headers)[0] == 401


def test_the_command_line_is_refused_too(guarded):
    refused = tern("webhooks", server=guarded, environment={"TERN_TOKEN": guarded.tokens["viewer"]})
    assert refused.returncode == 4 and os.environ.get("TERN_TOKEN") is None
