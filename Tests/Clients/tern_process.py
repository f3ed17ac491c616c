"""A `tern server` of a test's own, to be killed, restarted and refused; and the command line beside it."""

import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TERN_BINARY", str(ROOT / ".build" / "debug" / "tern"))
EXAMPLE = ROOT / "Examples" / "electricity"


class Server:
    def __init__(
        self, home: pathlib.Path, port: int = 0, environment: dict | None = None, database: str | None = None, arguments: list | None = None
    ):
        """`database` is the URL of a PostgreSQL database; without one the rows are in the home."""
        self.home, self.port, self.process, self.url = pathlib.Path(home), port, None, None
        self.arguments = arguments or []
        self.environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"} | (environment or {})
        if database:
            self.environment["TERN_DATABASE"] = database

    def start(self) -> "Server":
        self.process = subprocess.Popen(
            [BINARY, "server", "--home", str(self.home), "--port", str(self.port), *self.arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment,
        )
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), f"the server did not start: {line!r}"
        self.url = line.removeprefix("listening on ").strip()
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        if self.process:
            self.process.stdout.close()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_) -> None:
        self.stop()

    def api(self, method: str, path: str, body=None, token: str | None = None, raw: bytes | None = None, timeout: float = 120):
        """Status and decoded answer of a request below /api/tern/v1, or of a whole path that begins with a slash."""
        url = self.url + (path if path.startswith("/") else "/api/tern/v1/" + path)
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        try:
            return status, json.loads(content) if content else None
        except ValueError:
            return status, content.decode(errors="replace")

    def ok(self, method: str, path: str, body=None, **rest):
        status, answer = self.api(method, path, body, **rest)
        assert 200 <= status < 300, f"{method} {path}: {status} {answer}"
        return answer


def tern(*arguments: str, home=None, server: Server | None = None, cwd=None, environment=None, timeout: float = 300) -> subprocess.CompletedProcess:
    """The command line; `home` or `server` says whom it talks to."""
    command = [BINARY, *arguments]
    variables = os.environ | (environment or {})
    if home:
        variables["TERN_HOME"] = str(home)
    if server:
        variables["TERN_SERVER"] = server.url
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, timeout=timeout)


def wait_for_run(server: Server, run: str, timeout: float = 180) -> dict:
    """Until a pipeline run has ended."""
    give_up = time.monotonic() + timeout
    while time.monotonic() < give_up:
        answer = server.ok("GET", f"pipeline-runs/{run}")
        if answer["state"] in ("succeeded", "failed", "cancelled"):
            return answer
        time.sleep(0.1)
    raise TimeoutError(run)
