"""Tern beside MLflow's own server, in one run on one machine: start, memory, logging; and Tern's single-row predictions.

usage: bench/compare.py [--tern .build/release/tern] [--seconds 5] [--skip-mlflow]
Prints a Markdown table; docs/benchmarks.md holds the last one. Only loopback addresses are used.
"""

import argparse
import http.client
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def processes(root: int) -> list[int]:
    """A process and all below it."""
    found, children = [], {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
            except (OSError, IndexError):
                pass
    queue = [root]
    while queue:
        process = queue.pop()
        found.append(process)
        queue += children.get(process, [])
    return found


def memory(root: int) -> float:
    """Resident megabytes of a process and all below it; pages that they share count once (PSS)."""
    total = 0
    for process in processes(root):
        try:
            for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total / 1024


def resident(root: int) -> float:
    """Resident megabytes, shared pages counted in each process."""
    total = 0
    for process in processes(root):
        try:
            total += int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            pass
    return total / 1e6


def cpu(root: int) -> float:
    """Seconds of processor time of a process and all below it."""
    ticks = 0
    for process in processes(root):
        try:
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        except (OSError, IndexError):
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self, name: str, command: list[str], port: int, folder: str):
        self.name, self.port = name, port
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd=folder)
        while True:
            try:
                if self.request("GET", "/health")[0] == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.perf_counter() - began > 120:
                sys.exit(f"{name} did not start")
            time.sleep(0.002)
        self.ready = time.perf_counter() - began

    def request(self, method: str, path: str, body=None, connection=None):
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        data = json.dumps(body).encode() if body is not None else None
        if connection.sock:
            # Without this a server that answers in two segments waits 40 ms for our delayed acknowledgement, which is not its work.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        connection.request(method, path, body=data, headers={"Content-Type": "application/json"} if data else {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


def repeat(seconds: float, call) -> list[float]:
    taken, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return taken


def logging(server: Server, seconds: float) -> dict:
    """log-metric, and batches of 1000, from one connection."""
    connection = server.connect()
    api = "/api/2.0/mlflow/runs/"
    _, answer = server.request("POST", api + "create", {"experiment_id": "0", "start_time": 1}, connection)
    run = json.loads(answer)["run"]["info"]["run_id"]
    step = iter(range(100_000_000))

    def metric():
        status, answer = server.request("POST", api + "log-metric", {"run_id": run, "key": "m", "value": 1.5, "timestamp": 1, "step": next(step)}, connection)
        assert status == 200, answer

    def batch():
        points = [{"key": f"k{index}", "value": index, "timestamp": 1, "step": next(step)} for index in range(1000)]
        status, answer = server.request("POST", api + "log-batch", {"run_id": run, "metrics": points}, connection)
        assert status == 200, answer

    before = cpu(server.process.pid)
    single = repeat(seconds, metric)
    single_cpu = (cpu(server.process.pid) - before) / len(single)
    batches = repeat(seconds, batch)
    return {
        "log-metric, calls a second": len(single) / sum(single),
        "log-metric, p50 ms": statistics.median(single) * 1000,
        "log-metric, server CPU ms": single_cpu * 1000,
        "log-batch of 1000, points a second": 1000 * len(batches) / sum(batches),
    }


def predictions(server: Server, tern: str, seconds: float) -> dict:
    """Single rows of seven columns through the Open Inference Protocol, JSON, one connection: logged, durable, shadowless."""
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.onnx"
        subprocess.run([sys.executable, str(ROOT / "bench" / "make_model.py"), str(model)], check=True)
        (pathlib.Path(folder) / "tern.yaml").write_text(
            "project: bench\nowner: bench\nmodels:\n  forest: {purpose: bench, target: y, approvals: 0}\nendpoints:\n  bench: {model: forest}\n")
        subprocess.run([tern, "apply", "--server", f"http://127.0.0.1:{server.port}", "--project", folder], check=True, stdout=subprocess.DEVNULL)
        status, answer = server.request("POST", "/api/tern/v1/models/forest/versions", {"path": str(model)})
        assert status == 201, answer
        server.request("POST", "/api/tern/v1/endpoints/bench/settle", {})
        connection = server.connect()
        body = {"inputs": [{"name": f"c{index}", "shape": [1, 1], "datatype": "FP32", "data": [0.5]} for index in range(7)]}

        def predict():
            status, answer = server.request("POST", "/v2/models/bench/infer", body, connection)
            assert status == 200, answer

        repeat(0.5, predict)
        before = cpu(server.process.pid)
        taken = repeat(seconds, predict)
        used = cpu(server.process.pid) - before
        return {
            "prediction, calls a second": len(taken) / sum(taken),
            "prediction, p50 ms": statistics.median(taken) * 1000,
            "prediction, p99 ms": statistics.quantiles(taken, n=100)[98] * 1000,
            "prediction, server CPU µs": used / len(taken) * 1e6,
        }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tern", default=str(ROOT / ".build" / "release" / "tern"))
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--skip-mlflow", action="store_true")
    options = parser.parse_args()
    results: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder:
        starts = []
        for attempt in range(5):
            port = free_port()
            server = Server("tern", [options.tern, "server", "--home", f"{folder}/tern{attempt}", "--port", str(port)], port, folder)
            starts.append(server.ready)
            if attempt < 4:
                server.stop()
        time.sleep(2)
        results["Tern"] = {"start to ready, s": statistics.median(starts), "idle memory, MB (PSS)": memory(server.process.pid),
                           "idle memory, MB (resident)": resident(server.process.pid)}
        results["Tern"] |= logging(server, options.seconds) | predictions(server, options.tern, options.seconds)
        server.stop()
        if not options.skip_mlflow:
            port = free_port()
            mlflow = pathlib.Path(sys.executable).parent / "mlflow"
            command = [str(mlflow), "server", "--host", "127.0.0.1", "--port", str(port), "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
                       "--artifacts-destination", f"{folder}/artifacts"]
            server = Server("mlflow", command, port, folder)
            time.sleep(5)
            results["MLflow"] = {"start to ready, s": server.ready, "idle memory, MB (PSS)": memory(server.process.pid),
                                 "idle memory, MB (resident)": resident(server.process.pid)} | logging(server, options.seconds)
            server.stop()

    print("| what | Tern | MLflow 3.17.2 | Tern is |\n|---|---|---|---|")
    for what, mine in results["Tern"].items():
        other = results.get("MLflow", {}).get(what)
        better = "" if other is None else f"{(mine / other if 'a second' in what else other / mine):.1f} times better"
        print(f"| {what} | {mine:,.3g} | {'' if other is None else f'{other:,.3g}'} | {better} |")


if __name__ == "__main__":
    main()
