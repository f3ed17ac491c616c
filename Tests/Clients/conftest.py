"""Starts the real server for each session of client tests: TERN_BINARY, or .build/debug/tern of this checkout.

Set TERN_URL to try the tests against a server that runs already.
"""

import os
import pathlib
import queue
import signal
import subprocess
import tempfile
import threading
import uuid

import pytest
from postgres_process import Postgres
from tern_process import Server, tern

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

READY = "listening on "


def find_binary() -> str:
    if named := os.environ.get("TERN_BINARY"):
        return named
    for folder in pathlib.Path(__file__).resolve().parents:
        if (folder / "Package.swift").exists():
            return str(folder / ".build" / "debug" / "tern")
    raise RuntimeError("no Package.swift above the tests: set TERN_BINARY")


@pytest.fixture(scope="session")
def server_url():
    if running := os.environ.get("TERN_URL"):
        yield running
        return
    binary = find_binary()
    assert os.path.exists(binary), f"no server at {binary}: build it, or set TERN_BINARY"
    with tempfile.TemporaryDirectory(prefix="tern-clients-") as home:
        process = subprocess.Popen([binary, "server", "--home", home, "--port", "0"], stdout=subprocess.PIPE, text=True)
        try:
            yield wait_until_ready(process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                pytest.fail("the server did not stop within 20 s of SIGTERM")


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server; `create_database()` answers the URL of a fresh database in it."""
    with tempfile.TemporaryDirectory(prefix="tern-postgres-", ignore_cleanup_errors=True) as folder:
        server = Postgres(pathlib.Path(folder) / "server").start()
        try:
            yield server
        finally:
            server.stop()


def wait_until_ready(process: subprocess.Popen, timeout: float = 30) -> str:
    """Reads the server's output, all its life, so that its pipe never fills; answers the address it announces."""
    addresses: queue.Queue = queue.Queue()

    def read():
        for line in process.stdout:
            if line.startswith(READY):
                addresses.put(line[len(READY) :].strip())
        addresses.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        address = addresses.get(timeout=timeout)
    except queue.Empty:
        address = None
    if address is None:
        process.kill()
        raise RuntimeError("the server did not say where it listens")
    return address


@pytest.fixture
def client(server_url):
    """The MLflow client, pointed at the server."""
    import mlflow

    mlflow.set_tracking_uri(server_url)
    mlflow.set_registry_uri(server_url)
    yield mlflow.MlflowClient(server_url)
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture
def experiment(client):
    """A fresh experiment, made the active one."""
    import mlflow

    name = f"test-{uuid.uuid4().hex[:12]}"
    mlflow.set_experiment(name)
    return client.get_experiment_by_name(name)


@pytest.fixture(scope="module")
def tern_server(tmp_path_factory):
    """A server of the module's own that can be given ONNX files to serve."""
    with ModelServer(tmp_path_factory.mktemp("home")) as server:
        server.folder = tmp_path_factory.mktemp("projects")
        yield server


class ModelServer(Server):
    def serve(self, endpoint: str, path: str) -> None:
        """Declares a model and an endpoint of that name, registers the file and waits until it answers."""
        folder = self.folder / endpoint
        folder.mkdir()
        (folder / "tern.yaml").write_text(
            f"project: {endpoint}\nowner: tests\nmodels:\n  {endpoint}-model: {{purpose: a test, target: y, approvals: 0}}\n"
            f"endpoints:\n  {endpoint}: {{model: {endpoint}-model}}\n"
        )
        applied = tern("apply", server=self, cwd=folder)
        assert applied.returncode == 0, applied.stderr
        self.ok("POST", f"models/{endpoint}-model/versions", {"path": str(path)})
        self.ok("POST", f"endpoints/{endpoint}/settle", {})
