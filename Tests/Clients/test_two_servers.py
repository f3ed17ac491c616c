"""Two servers on one PostgreSQL database: they share the work, and each soon knows what the other changed."""

import concurrent.futures
import http.server
import json
import pathlib
import threading
import time

import mlflow
import pytest
from tern_process import ROOT, Server, tern, wait_for_run

MODELS = ROOT / "Tests" / "RegistryTests" / "Fixtures"


class Pair:
    def __init__(self, folder: pathlib.Path, database: str):
        self.folder = folder
        homes = [folder / "a", folder / "b"]
        # The files of both are the same folder, as on a shared disk: the rows name them, but do not hold them.
        (homes[0] / "blobs").mkdir(parents=True)
        homes[1].mkdir()
        (homes[1] / "blobs").symlink_to(homes[0] / "blobs")
        self.a, self.b = (Server(home, database=database) for home in homes)

    def __enter__(self):
        self.a.start()
        self.b.start()
        return self

    def __exit__(self, *_):
        self.a.stop()
        self.b.stop()

    def apply(self, text: str) -> pathlib.Path:
        project = self.folder / "project"
        project.mkdir(exist_ok=True)
        (project / "tern.yaml").write_text(text)
        applied = tern("apply", server=self.a, cwd=project)
        assert applied.returncode == 0, applied.stderr
        return project


@pytest.fixture
def pair(tmp_path, postgres):
    with Pair(tmp_path, postgres.create_database()) as running:
        yield running


def until(condition, seconds: float = 20):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if answer := condition():
            return answer
        time.sleep(0.02)
    raise TimeoutError("it never came")


def test_two_hundred_pipeline_runs_run_once_each_on_either_server(pair):
    project = pair.apply(
        "project: p\nowner: o\npipelines:\n  many:\n    params: {n: 0}\n    steps:\n"
        "      only: {run: 'echo $TERN_PARAM_N >> ran.txt', cache: false}\n"
    )
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(
            lambda n: (pair.a if n % 2 else pair.b).ok("POST", "pipelines/many/runs", {"params": {"n": n}})["id"], range(200)))
    assert len(set(runs)) == 200
    for number, run in enumerate(runs):
        # Whoever is asked knows.
        assert wait_for_run(pair.b if number % 2 else pair.a, run)["state"] == "succeeded"
    lines = [int(line) for line in (project / "ran.txt").read_text().split()]
    assert sorted(lines) == list(range(200))
    for server in (pair.a, pair.b):
        assert any((server.home / "jobs").rglob("*.log")), f"{server.home} did no work"
    assert pair.b.ok("GET", "ledger/verify")["verified"] is True


def test_a_token_made_or_revoked_on_one_counts_on_the_other(pair):
    token = pair.a.ok("POST", "tokens", {"name": "ann", "role": "viewer"})["token"]
    until(lambda: pair.b.api("GET", "models", token=token)[0] == 200)
    assert pair.b.api("POST", "tokens", {"name": "eve", "role": "editor"}, token=token)[0] == 403
    pair.b.ok("DELETE", "tokens/ann")
    until(lambda: pair.a.api("GET", "models", token=token)[0] == 401)


def test_a_release_on_one_is_what_the_other_routes_by(pair):
    pair.apply(
        "project: p\nowner: o\nmodels:\n  m: {purpose: a test, target: up, approvals: 0}\n"
        "endpoints:\n  price: {model: m, release: {strategy: all_at_once}}\n"
    )

    def served(server: Server):
        status, answer = server.api("GET", "endpoints/price")
        return [variant["reference"]["version"] for variant in answer["variants"]] if status == 200 else None

    def answering(server: Server):
        status, answer = server.api("GET", "/v2/models/price/ready")
        return status == 200

    for version, model in ((1, "good.onnx"), (2, "forest.onnx")):
        pair.a.ok("POST", "models/m/versions", {"path": str(MODELS / model)})
        pair.a.ok("POST", "endpoints/price/settle", {})
        assert served(pair.a) == [version]
        # By the routing table in its memory, not by the rows.
        until(lambda: answering(pair.b))
        until(lambda: f'version="{version}"' in metrics_after_a_request(pair.b))


def metrics_after_a_request(server: Server) -> str:
    described = server.ok("GET", "/v2/models/price")
    inputs = [{"name": each["name"], "datatype": each["datatype"], "shape": [1 if n < 0 else n for n in each["shape"]],
               "data": [0] * max(1, abs(each["shape"][-1]))} for each in described["inputs"]]
    server.ok("POST", "/v2/models/price/infer", {"inputs": inputs})
    return server.ok("GET", "/metrics")


def test_what_a_killed_server_was_at_is_taken_over_when_its_lease_runs_out(pair):
    project = pair.apply(
        "project: p\nowner: o\npipelines:\n  slow:\n    steps:\n"
        "      first: {run: 'echo once >> first.txt; echo 1 > $TERN_OUTPUT_A', out: [a]}\n"
        "      second: {run: 'echo more >> second.txt; sleep 3; cat $TERN_INPUT_A > $TERN_OUTPUT_B', in: [first/a], out: [b]}\n"
    )
    # So that the work is surely a's: b is not there when it is given.
    pair.b.stop()
    run = pair.a.ok("POST", "pipelines/slow/runs", {})["id"]
    until(lambda: (project / "second.txt").exists())
    pair.a.kill()
    pair.b.start()
    ended = wait_for_run(pair.b, run)
    assert ended["state"] == "succeeded", ended
    assert (project / "first.txt").read_text().count("once") == 1
    assert (project / "second.txt").read_text().count("more") == 2
    # Its endpoints are the other's now, too.
    until(lambda: pair.b.api("POST", "endpoints/none/settle", {})[0] == 404, seconds=40)
    pair.a.start()
    assert pair.a.ok("GET", f"pipeline-runs/{run}")["state"] == "succeeded"


def test_a_webhook_hears_of_each_change_once_and_in_order(tmp_path, postgres):
    heard = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]["name"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    database = postgres.create_database()
    environment = {"TERN_WEBHOOK_ALLOWED_SCHEMES": "http,https", "TERN_WEBHOOK_ALLOW_PRIVATE_IPS": "true"}
    try:
        with (
            Server(tmp_path / "a", database=database, environment=environment) as a,
            Server(tmp_path / "b", database=database, environment=environment) as b,
        ):
            clients = [mlflow.MlflowClient(server.url, server.url) for server in (a, b)]
            clients[0].create_webhook("w", f"http://127.0.0.1:{listener.server_port}/", ["registered_model.created"])
            names = [f"m{number}" for number in range(20)]
            for number, name in enumerate(names):
                clients[number % 2].create_registered_model(name)
            until(lambda: len(heard) >= 20)
            assert heard == names
            # Whoever delivers dies; the other goes on. What was heard but not yet written down may be told again.
            a.kill()
            clients[1].create_registered_model("last")
            until(lambda: "last" in heard, seconds=60)
            assert list(dict.fromkeys(heard)) == [*names, "last"] and len(heard) <= 22
    finally:
        listener.shutdown()
        listener.server_close()
