"""`tern import mlflow` from each form of an MLflow store, compared with the source through MLflow's own server, point by point and byte by byte.

TERN_TEST_FULL=1 makes the big store 5,000 runs with 5 million points; else it has 300 runs with 120,000.
"""

import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

import pytest
from mlflow_store import Side, compare, compare_registry, make_big, make_features
from tern_process import BINARY, Server, tern

FULL = os.environ.get("TERN_TEST_FULL") == "1"
BIG = (5000, 1000) if FULL else (300, 400)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class MLflowProcess:
    """A real `mlflow server` over a store."""

    def __init__(self, store: str, artifacts: pathlib.Path, folder: pathlib.Path):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = os.environ | {
            "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        self.log = open(folder / f"mlflow-{self.port}.log", "w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--artifacts-destination", str(artifacts),
             "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"],
            cwd=folder, env=environment, stdout=self.log, stderr=self.log, start_new_session=True)
        give_up = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(self.url + "/health", timeout=2).read()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < give_up, pathlib.Path(self.log.name).read_text()[-2000:]
                time.sleep(0.3)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A SQLite store with every feature, made by MLflow, and the server over it."""
    folder = tmp_path_factory.mktemp("mlflow")
    path = folder / "mlflow.db"
    artifacts = folder / "artifacts"
    artifacts.mkdir()
    run, model = make_features(f"sqlite:///{path}", str(artifacts), folder)
    server = MLflowProcess(f"sqlite:///{path}", artifacts, folder)
    yield folder, path, Side(server.url), run, model
    server.stop()


def bring(server: Server, *arguments: str, **rest) -> dict:
    done = tern("import", *arguments, "--json", server=server, **rest)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["equal"] and not report["failures"], json.dumps(report, indent=1) + done.stderr
    return report


def check_models(server: Server, model: str) -> None:
    found = server.ok("GET", f"/api/2.0/mlflow/logged-models/{model}")["model"]
    assert found["info"]["name"] == "boost" and found["info"]["status"] == "LOGGED_MODEL_READY" and found["info"]["model_type"] == "regressor"
    assert {p["key"]: p["value"] for p in found["data"]["params"]} == {"depth": "3"}
    assert [(m["key"], m["value"], m["step"], m["dataset_name"]) for m in found["data"]["metrics"]] == [("auc", 0.75, 1, "train")]
    listed = server.ok("GET", f"/api/2.0/mlflow/logged-models/{model}/artifacts/directories")["files"]
    assert {f["path"] for f in listed} == {"deep", "empty.txt", "notes.md"}


def test_sqlite_database_comes_over_whole(store, tmp_path):
    _, path, source, run, model = store
    with Server(tmp_path / "home") as server:
        dry = json.loads(tern("import", "mlflow", str(path), "--dry-run", "--json", server=server).stdout)
        assert dry["dry_run"] and dry["counts"]["runs"]["source"] == 7
        assert [e["name"] for e in server.ok("POST", "/api/2.0/mlflow/experiments/search", {"max_results": 10})["experiments"]] == ["Default"]

        report = bring(server, "mlflow", str(path))
        here = Side(server.url)
        counts = compare(source, here)
        assert counts["experiments"] == 4 and counts["runs"] == 7 and counts["files"] == 3
        assert counts["points"] == report["counts"]["points"]["here"] == 40 + 8 + 3 + 1 + 1 + 3
        assert compare_registry(source, here) == 3
        check_models(server, model)
        # The source of a version is where its files lie now, and they can be downloaded from there.
        version = here.versions("price")["1"]
        experiment = here.experiments()["first"]["experiment_id"]
        assert version["source"] == f"mlflow-artifacts:/{experiment}/{run}/artifacts/deep"
        # A number that was deleted there is not given again here.
        made = server.ok("POST", "/api/2.0/mlflow/model-versions/create", {"name": "price", "source": "s3://b/x"})
        assert made["model_version"]["version"] == "5"

        again = bring(server, "mlflow", f"sqlite:///{path}")
        assert again["already"] == 7 and again["counts"]["points"]["here"] == report["counts"]["points"]["here"]
        verified = bring(server, "mlflow", str(path), "--verify")
        assert verified["already"] == 0 and verified["counts"]["points"] == report["counts"]["points"]


def test_it_comes_onto_postgresql_too(store, postgres, tmp_path):
    _, path, source, _, model = store
    with Server(tmp_path / "home", database=postgres.create_database()) as server:
        bring(server, "mlflow", str(path))
        counts = compare(source, Side(server.url))
        assert counts["runs"] == 7 and counts["points"] == 56 and counts["files"] == 3
        assert compare_registry(source, Side(server.url)) == 3
        check_models(server, model)
        assert bring(server, "mlflow", str(path))["already"] == 7
        assert bring(server, "mlflow", str(path), "--verify")["counts"]["points"] == {"source": 56, "here": 56}


def test_what_the_source_gains_later_comes_with_the_next_import(store, tmp_path):
    folder, path, _, run, _ = store
    copy = tmp_path / "copy.db"
    with sqlite3.connect(path) as original, sqlite3.connect(copy) as other:
        original.backup(other)
    with Server(tmp_path / "home") as server:
        bring(server, "mlflow", str(copy))
        with sqlite3.connect(copy) as database:
            database.execute("INSERT INTO metrics VALUES ('loss', 0.5, 1800000000000, ?, 99, 0)", (run,))
            database.execute("UPDATE latest_metrics SET value = 0.5, step = 99, timestamp = 1800000000000 WHERE run_uuid = ? AND key = 'loss'", (run,))
        report = bring(server, "mlflow", str(copy))
        assert report["already"] == 6
        latest = {m["key"]: m["value"] for m in server.ok("GET", f"/api/2.0/mlflow/runs/get?run_id={run}")["run"]["data"]["metrics"]}
        assert latest["loss"] == 0.5


def test_tracking_server_comes_over_whole(store, tmp_path):
    _, _, source, _, model = store
    with Server(tmp_path / "home") as server:
        report = bring(server, "mlflow", source.url)
        counts = compare(source, Side(server.url))
        assert counts["points"] == report["counts"]["points"]["here"] == 56 and counts["files"] == 3
        assert compare_registry(source, Side(server.url)) == 3
        check_models(server, model)
        assert bring(server, "mlflow", source.url)["already"] == 7


def test_postgresql_database_comes_over_whole(postgres, tmp_path):
    # SQLAlchemy chooses its driver by the scheme; what people have in their MLflow's settings is understood here as it is.
    url = postgres.create_database().replace("postgresql://", "postgresql+psycopg2://")
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    _, model = make_features(url, str(artifacts), tmp_path)
    source = MLflowProcess(url, artifacts, tmp_path)
    try:
        with Server(tmp_path / "home") as server:
            report = bring(server, "mlflow", url)
            counts = compare(Side(source.url), Side(server.url))
            assert counts["runs"] == 7 and counts["files"] == 3
            assert counts["points"] == report["counts"]["points"]["here"] == 56
            assert compare_registry(Side(source.url), Side(server.url)) == 3
            check_models(server, model)
            assert bring(server, "mlflow", url)["already"] == 7
    finally:
        source.stop()


def test_mlruns_folder_comes_over_whole(tmp_path):
    folder = tmp_path / "mlruns"
    run, model = make_features(folder.as_uri(), "-", tmp_path)
    source = MLflowProcess(folder.as_uri(), tmp_path / "unused", tmp_path)
    try:
        with Server(tmp_path / "home") as server:
            report = bring(server, "mlflow", str(folder))
            counts = compare(Side(source.url, is_file_store=True), Side(server.url))
            assert counts["runs"] == 7 and counts["files"] == 3
            assert counts["points"] == report["counts"]["points"]["here"] == 56
            assert compare_registry(Side(source.url, is_file_store=True), Side(server.url)) == 3
            check_models(server, model)
            assert bring(server, "mlflow", str(folder))["already"] == 7
            # NaN of a model is one, too; a database of MLflow's writes 0 for it.
            (metrics,) = folder.glob(f"*/models/{model}/metrics")
            (metrics / "odd").write_text(f"1700000000000 nan 2 {run}\n")
            bring(server, "mlflow", str(folder))
            found = server.ok("GET", f"/api/2.0/mlflow/logged-models/{model}")["model"]["data"]["metrics"]
            assert [m["value"] for m in found if m["key"] == "odd"] == ["NaN"]
            # What a file tells twice is one point.
            with open(next(folder.glob(f"*/{run}/metrics/loss")), "a") as file:
                file.write("1700000000000 1.0 0\n1700000000000 1.0 0\n")
            assert bring(server, "mlflow", str(folder))["counts"]["points"] == {"source": 56, "here": 56}
    finally:
        source.stop()


def test_names_and_numbers_that_are_taken_are_mapped(store, tmp_path):
    _, path, source, _, _ = store
    with Server(tmp_path / "home") as server:
        # Number 1 is another experiment here; 'second/ü' is here already and keeps its own tags.
        for name in ("mine", "second/ü"):
            server.ok("POST", "/api/2.0/mlflow/experiments/create", {"name": name, "tags": [{"key": "mine", "value": "1"}]})
        report = bring(server, "mlflow", str(path))
        assert any("experiment 1 (first)" in line for line in report["mapped"]), report["mapped"]
        compare(source, Side(server.url))
        assert "mine" in Side(server.url).experiments()


def test_a_run_that_is_here_from_elsewhere_is_left_alone(store, tmp_path):
    _, path, _, run, _ = store
    with Server(tmp_path / "home") as server:
        bring(server, "mlflow", str(path))
        with sqlite3.connect(tmp_path / "home" / "tern.sqlite") as database:
            database.execute("DELETE FROM imports WHERE subject = ?", (f"run/{run}",))
            database.execute("UPDATE run_params SET value = 'mine' WHERE run_id = ? AND key = 'lr'", (run,))
        done = tern("import", "mlflow", str(path), "--json", server=server)
        assert done.returncode == 1
        report = json.loads(done.stdout)
        assert [f for f in report["failures"] if run in f and "param 'lr'" in f], report["failures"]


def test_a_big_store_interrupted_and_resumed(store, tmp_path):
    """The importer is killed twice and the server once; then everything is compared with the source, by SQL on one side and the API on the other."""
    path = tmp_path / "big.db"
    with sqlite3.connect(store[1]) as original, sqlite3.connect(path) as other:
        original.backup(other)
    make_big(path, *BIG)
    server = Server(tmp_path / "home").start()
    try:
        command = [BINARY, "import", "mlflow", str(path), "--no-files", "--json"]
        environment = os.environ | {"TERN_SERVER": server.url}
        total = BIG[0] * BIG[1]

        def imported() -> int:
            with sqlite3.connect(f"file:{tmp_path}/home/tern.sqlite?mode=ro", uri=True) as database:
                return database.execute("SELECT count(*) FROM imports WHERE state = 'complete'").fetchone()[0]

        for part in (0.1, 0.4):
            importer = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while imported() < BIG[0] * part:
                assert importer.poll() is None, "it ended before it could be killed"
                time.sleep(0.02)
            importer.kill()
            importer.wait()
        importer = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while imported() < BIG[0] * 0.7:
            assert importer.poll() is None, importer.stderr.read()
            time.sleep(0.02)
        server.kill()
        time.sleep(1)
        server.start()
        output, errors = importer.communicate(timeout=3000)
        report = json.loads(output)
        assert importer.returncode == 0 and report["equal"], json.dumps(report, indent=1)[:3000] + errors
        assert 0 < report["already"] < BIG[0]
        assert report["counts"]["points"]["here"] == report["counts"]["points"]["source"] == total + 56
        compare_with_sql(path, Side(server.url))
        last = bring(server, "mlflow", str(path), "--no-files")
        assert last["already"] == BIG[0] + 7
    finally:
        server.stop()


def compare_with_sql(path: pathlib.Path, here: Side) -> None:
    connection = sqlite3.connect(path)
    experiment = here.experiments()["big"]["experiment_id"]
    runs = here.runs(experiment, whole=False)
    assert len(runs) == BIG[0]
    compared = 0
    for run, name, begun, ended in connection.execute(
            "SELECT run_uuid, name, start_time, end_time FROM runs WHERE experiment_id = (SELECT experiment_id FROM experiments WHERE name = 'big')"):
        mine = runs[run]
        assert (mine["info"]["run_name"], mine["info"]["start_time"], mine["info"]["end_time"]) == (name, begun, ended)
        assert {p["key"]: p["value"] for p in mine["data"]["params"]} == dict(
            connection.execute("SELECT key, value FROM params WHERE run_uuid = ?", (run,)))
        points: dict = {}
        for key, stamp, step, value in connection.execute("SELECT key, timestamp, step, value FROM metrics WHERE run_uuid = ?", (run,)):
            points.setdefault(key, []).append((stamp, step, value))
        for key, theirs in points.items():
            assert here.history(run, key) == sorted(theirs, key=repr), (run, key)
            compared += len(theirs)
    assert compared == BIG[0] * BIG[1]
    connection.close()


@pytest.mark.parametrize("text, message", [
    ("http://127.0.0.1:1", "no answer"), ("/nowhere/at/all", "nothing at"), ("mysql://h/d", "cannot read"),
    ("postgresql://nobody@127.0.0.1:1/none", "does not answer"),
])
def test_a_source_that_is_not_there_is_named(tmp_path, text, message):
    with Server(tmp_path / "home") as server:
        done = tern("import", "mlflow", text, server=server)
        assert done.returncode == 1 and message in done.stderr


def test_a_file_that_is_no_store_is_refused(tmp_path):
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE x (y)")
    (tmp_path / "text.db").write_text("hello " * 1000)
    with Server(tmp_path / "home") as server:
        for file, message in (("other.db", "not an MLflow database"), ("text.db", "not a SQLite database")):
            done = tern("import", "mlflow", str(tmp_path / file), server=server)
            assert done.returncode == 1 and message in done.stderr, done.stderr
