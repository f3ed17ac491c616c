"""Webhooks by the unmodified client: made, listed, changed, tested; delivered in order, signed, again after a failure and after kill -9."""

import base64
import hashlib
import hmac
import http.server
import json
import queue
import threading
import time

import mlflow
import pytest
from mlflow.entities.webhook import WebhookEvent
from mlflow.exceptions import MlflowException
from tern_process import Server, tern

OPEN = {"TERN_WEBHOOK_ALLOWED_SCHEMES": "http,https", "TERN_WEBHOOK_ALLOW_PRIVATE_IPS": "true"}


class Listener:
    """Takes what is posted; `answers` are the next statuses, 200 after them."""

    def __init__(self):
        self.received, self.answers = queue.Queue(), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.answers.pop(0) if outer.answers else 200
                outer.received.put((dict(self.headers), body, status))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, timeout=30):
        headers, raw, status = self.received.get(timeout=timeout)
        self.raw = raw
        return headers, json.loads(raw), status

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("home"), environment=OPEN) as server:
        yield server


@pytest.fixture
def hooks(open_server):
    mlflow.set_tracking_uri(open_server.url)
    mlflow.set_registry_uri(open_server.url)
    client = mlflow.MlflowClient(open_server.url, open_server.url)
    yield client
    for webhook in client.list_webhooks():
        client.delete_webhook(webhook.webhook_id)


def test_webhooks_are_made_listed_changed_and_deleted(hooks):
    made = [hooks.create_webhook(f"hook-{i}", "http://127.0.0.1:1/x", ["registered_model.created"], description="d'; --", secret="s") for i in range(3)]
    assert made[0].status.value == "ACTIVE" and made[0].description == "d'; --" and made[0].secret is None
    page = hooks.list_webhooks(max_results=2)
    assert [w.name for w in page] == ["hook-2", "hook-1"]
    assert [w.name for w in hooks.list_webhooks(max_results=2, page_token=page.token)] == ["hook-0"]
    changed = hooks.update_webhook(made[0].webhook_id, name="new", events=["model_version.created", "prompt.created"], status="DISABLED", url="https://127.0.0.1/y")
    assert (changed.name, changed.status.value, changed.url) == ("new", "DISABLED", "https://127.0.0.1/y")
    assert {str(e) for e in changed.events} == {"model_version.created", "prompt.created"}
    assert hooks.get_webhook(made[0].webhook_id).last_updated_timestamp >= changed.creation_timestamp
    hooks.delete_webhook(made[0].webhook_id)
    for call in (hooks.get_webhook, hooks.delete_webhook, hooks.test_webhook):
        with pytest.raises(MlflowException, match=f"Webhook with ID {made[0].webhook_id} not found."):
            call(made[0].webhook_id)


def test_secrets_never_come_out(open_server, hooks):
    hooks.create_webhook("quiet", "http://127.0.0.1:1/x", ["registered_model.created"], secret="the-secret-word")
    for path in ("/api/2.0/mlflow/webhooks", "/api/tern/v1/webhooks", "/api/tern/v1/ledger?limit=1000"):
        status, answer = open_server.api("GET", path)
        assert status == 200 and "the-secret-word" not in json.dumps(answer)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"name": "A b"}, "Webhook name 'A b' is invalid. It must start and end with a letter or digit, be less than 63 characters long"),
        ({"name": "-a"}, "is invalid"),
        ({"url": "ftp://x/"}, "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: http, https."),
        ({"url": " "}, "Webhook URL cannot be empty or just whitespace"),
        ({"url": "http:///x"}, "Webhook URL must include a hostname"),
        ({"events": []}, "Webhook events must be a non-empty list of WebhookEvent objects: []."),
        ({"name": ""}, "Missing value for required parameter 'name'"),
        ({"events": None}, "Missing value for required parameter 'events'"),
        ({"name": 5}, "Invalid value 5 for parameter 'name' supplied:  Hint: Value was of type 'int'."),
        ({"events": "x"}, "Hint: Value was of type 'str'."),
        ({"events": [{"entity": "REGISTERED_MODEL", "action": "DELETED"}]}, "Invalid action 'deleted' for entity 'registered_model'. Valid actions are: ['created']"),
        ({"events": [{"entity": "WHAT", "action": "DELETED"}]}, "Invalid value"),
    ],
)
def test_bad_webhooks_are_refused(open_server, change, words):
    body = {"name": "a", "url": "http://127.0.0.1:1/x", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]} | change
    status, answer = open_server.api("POST", "/api/2.0/mlflow/webhooks", body)
    assert status == 400 and words in answer["message"] and answer["error_code"] == "INVALID_PARAMETER_VALUE", answer


def test_private_addresses_are_refused_unless_allowed(server_url, client):
    for url, words in [
        ("http://example.com/x", "Invalid webhook URL scheme: 'http'. Allowed schemes are: https."),
        ("https://127.0.0.1/x", "Webhook URL must not resolve to a non-public IP address. '127.0.0.1' resolves to 127.0.0.1."),
        ("https://10.1.2.3/x", "non-public IP address"), ("https://[::1]/x", "non-public IP address"), ("https://localhost/x", "non-public IP address"),
        ("https://[::ffff:192.168.1.1]/x", "non-public IP address"), ("https://169.254.169.254/latest", "non-public IP address"),
        ("https://127.1/x", "not a canonical IP address literal"), ("https://no.such.host.invalid/x", "Cannot resolve Webhook URL hostname"),
    ]:
        with pytest.raises(MlflowException) as caught:
            client.create_webhook("private", url, ["registered_model.created"])
        assert words in str(caught.value), (url, str(caught.value))


def test_every_event_arrives_in_order_and_signed(hooks, listener):
    events = [e for e in ALL if not e.startswith("budget")]
    hooks.create_webhook("all", listener.url, events, secret="s3cret")
    run = hooks.create_run(hooks.create_experiment(f"hooks-{time.time_ns()}"))
    hooks.create_registered_model("m", tags={"a": "b"}, description="a model")
    hooks.create_model_version("m", f"{run.info.artifact_uri}/model", run.info.run_id, tags={"x": "y"}, description="v")
    hooks.set_registered_model_tag("m", "not", "an event")
    hooks.set_model_version_tag("m", "1", "k", "v")
    hooks.delete_model_version_tag("m", "1", "k")
    hooks.set_registered_model_alias("m", "champion", "1")
    hooks.delete_registered_model_alias("m", "champion")
    mlflow.genai.register_prompt("p", "Hello {{name}}", commit_message="first", tags={"t": "u"})
    got = []
    while not got or got[-1]["entity"] != "prompt_version":
        headers, body, _ = listener.next()
        got.append(body)
        assert headers["X-MLflow-Signature"] == signature("s3cret", headers, listener.raw)
    names = [f"{b['entity']}.{b['action']}" for b in got]
    assert names[:6] == [
        "registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted", "model_version_alias.created",
        "model_version_alias.deleted",
    ]
    assert got[0]["data"] == {"name": "m", "tags": {"a": "b"}, "description": "a model"}
    assert got[1]["data"]["name"] == "m" and got[1]["data"]["version"] == "1" and got[1]["data"]["run_id"] == run.info.run_id
    assert got[1]["data"]["tags"] == {"x": "y"} and got[1]["data"]["description"] == "v" and "/model" in got[1]["data"]["source"]
    assert got[2]["data"] == {"name": "m", "version": "1", "key": "k", "value": "v"} and got[3]["data"] == {"name": "m", "version": "1", "key": "k"}
    assert got[4]["data"] == {"name": "m", "alias": "champion", "version": "1"} and got[5]["data"] == {"name": "m", "alias": "champion"}
    assert "prompt.created" in names and got[-1]["data"]["template"] == "Hello {{name}}" and got[-1]["data"]["name"] == "p"


ALL = [
    "registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted", "model_version_alias.created",
    "model_version_alias.deleted", "prompt.created", "prompt_version.created", "prompt_tag.set", "prompt_tag.deleted", "prompt_version_tag.set",
    "prompt_version_tag.deleted", "prompt_alias.created", "prompt_alias.deleted", "budget_policy.exceeded",
]


def signature(secret, headers, body):
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def test_the_signature_is_mlflows(hooks, listener):
    from mlflow.webhooks.delivery import _generate_hmac_signature

    webhook = hooks.create_webhook("signed", listener.url, ["registered_model.created"], secret="s3cret ü")
    result = hooks.test_webhook(webhook.webhook_id)
    assert result.success and result.response_status == 200 and result.response_body == "thanks"
    headers, body, _ = listener.received.get(timeout=10)
    assert headers["X-MLflow-Signature"] == _generate_hmac_signature(
        "s3cret ü", headers["X-MLflow-Delivery-Id"], headers["X-MLflow-Timestamp"], body.decode())
    assert headers["X-MLflow-Signature"] == signature("s3cret ü", headers, body)
    assert abs(int(headers["X-MLflow-Timestamp"]) - time.time()) < 60


@pytest.mark.parametrize("event", ALL)
def test_a_test_sends_mlflows_own_example(hooks, listener, event):
    from mlflow.webhooks.types import get_example_payload_for_event

    webhook = hooks.create_webhook("example", listener.url, ["registered_model.created"])
    assert hooks.test_webhook(webhook.webhook_id, event).success
    headers, body, _ = listener.next()
    assert body["data"] == get_example_payload_for_event(WebhookEvent.from_str(event)) and f"{body['entity']}.{body['action']}" == event
    assert "X-MLflow-Signature" not in headers


def test_a_test_of_what_does_not_answer_says_so(hooks):
    webhook = hooks.create_webhook("dead", "http://127.0.0.1:9/x", ["registered_model.created"])
    result = hooks.test_webhook(webhook.webhook_id)
    assert not result.success and result.error_message.startswith("Failed to test webhook:")


def test_a_failure_is_tried_again_and_keeps_the_order(open_server, hooks, listener):
    listener.answers = [503, 500]
    webhook = hooks.create_webhook("flaky", listener.url, ["registered_model.created"])
    for name in ("r1", "r2"):
        hooks.create_registered_model(name)
    seen = [listener.next() for _ in range(4)]
    assert [(body["data"]["name"], status) for _, body, status in seen] == [("r1", 503), ("r1", 500), ("r1", 200), ("r2", 200)]
    assert len({headers["X-MLflow-Delivery-Id"] for headers, _, _ in seen[:3]}) == 1
    last = wait_for(open_server, webhook.webhook_id, lambda d: d and d[0]["state"] == "delivered" and len(d) == 2)
    assert [(d["state"], d["attempts"]) for d in last] == [("delivered", 1), ("delivered", 3)]


def test_what_is_refused_for_good_is_given_up_and_told(open_server, hooks, listener):
    listener.answers = [404]
    webhook = hooks.create_webhook("gone", listener.url, ["registered_model.created"])
    hooks.create_registered_model("given-up")
    hooks.create_registered_model("next-one")
    assert [listener.next()[1]["data"]["name"] for _ in range(2)] == ["given-up", "next-one"]
    deliveries = wait_for(open_server, webhook.webhook_id, lambda d: len(d) == 2 and d[0]["state"] == "delivered")
    assert (deliveries[1]["state"], deliveries[1]["status"], deliveries[1]["problem"]) == ("failed", 404, "HTTP 404")
    entries = open_server.ok("GET", "ledger?kind=webhook.undeliverable")["entries"]
    assert entries[-1]["data"]["event"] == "registered_model.created"
    shown = tern("webhooks", server=open_server)
    assert shown.returncode == 0 and "gone" in shown.stdout and "delivered" in shown.stdout
    listed = tern("webhooks", "deliveries", webhook.webhook_id, server=open_server)
    assert "HTTP 404" in listed.stdout, listed.stdout + listed.stderr


def test_a_disabled_webhook_gets_nothing(open_server, hooks, listener):
    off = hooks.create_webhook("off", listener.url, ["registered_model.created"], status="DISABLED")
    on = hooks.create_webhook("on", listener.url, ["registered_model.created"])
    hooks.create_registered_model("once")
    wait_for(open_server, on.webhook_id, lambda d: len(d) == 1 and d[0]["state"] == "delivered")
    assert open_server.ok("GET", f"webhooks/{off.webhook_id}/deliveries")["deliveries"] == [] and listener.received.qsize() == 1


def test_nothing_is_lost_by_kill_9(tmp_path, listener):
    server = Server(tmp_path / "home", environment=OPEN).start()
    try:
        client = mlflow.MlflowClient(server.url, server.url)
        listener.answers = [503] * 2
        client.create_webhook("survivor", listener.url, ["registered_model.created"])
        names = [f"kept-{i}" for i in range(5)]
        for name in names:
            client.create_registered_model(name)
        server.kill()
        server = Server(tmp_path / "home", environment=OPEN).start()
        got = []
        while set(got) != set(names):
            _, body, status = listener.next(timeout=60)
            if status == 200 and body["data"]["name"] not in got:
                got.append(body["data"]["name"])
        assert got == names
    finally:
        server.stop()


def wait_for(server, webhook, is_done, timeout=30):
    give_up = time.monotonic() + timeout
    while True:
        deliveries = server.ok("GET", f"webhooks/{webhook}/deliveries")["deliveries"]
        if is_done(deliveries):
            return deliveries
        assert time.monotonic() < give_up, deliveries
        time.sleep(0.1)
