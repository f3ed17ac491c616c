"""Tracking under load: Tern beside MLflow's own server and beside a bare SQLite insert loop, in one run on one machine.

usage: bench/tracking.py [--tern .build/release/tern] [--mlflow .setup/venv/bin/mlflow | --skip-mlflow] [--database postgresql://…]
                         [--seconds 10] [--sizes 5000,20000] [--tern-size 100000] [--points 100000] [--artifact-mb 200]
       bench/tracking.py --scale [--runs 100000] [--scale-points 100000000]      Tern alone, at the size that it promises

Prints a Markdown table with ratios, and with --out FILE everything as JSON. Every stage reads back what it wrote and fails when that is not all.
Clients are several processes with bodies made beforehand, each on one kept connection, acknowledging at once (TCP_QUICKACK) so that a server that
sends head and body apart does not wait for its client; the plain client, without that, is measured as well. Processor time is the server's, of
its process and all below it, less what it uses when nobody asks: a fair figure also while others use the machine.
"""

import argparse
import http.client
import json
import math
import multiprocessing
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
from compare import cpu, free_port, memory, processes  # noqa: E402

API = "/api/2.0/mlflow/"
QUICKACK = getattr(socket, "TCP_QUICKACK", None)
START = 1_700_000_000_000


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


class Client:
    """One kept connection; `quick` acknowledges each segment at once."""

    def __init__(self, port, quick=True):
        self.port, self.quick, self.connection = port, quick and QUICKACK is not None, None

    def request(self, method, path, body=None, kind="application/json"):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
            self.connection.connect()
            if self.quick:
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = self.connection.sock
        self.connection.request(method, path, body, {"Content-Type": kind} if body is not None else {})
        if self.quick:
            link.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
        answer = self.connection.getresponse()
        if self.quick:
            link.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
        data = answer.read()
        if answer.will_close:
            self.connection.close()
            self.connection = None
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return data

    def post(self, path, body):
        return json.loads(self.request("POST", API + path, body if isinstance(body, bytes) else json.dumps(body).encode()) or b"{}")

    def get(self, path):
        return json.loads(self.request("GET", API + path))

    def tern(self, method, path, body=None):
        return json.loads(self.request(method, "/api/tern/v1/" + path, json.dumps(body).encode() if body is not None else None))

    def experiment(self, name):
        return self.post("experiments/create", {"name": f"{name}-{time.time_ns()}"})["experiment_id"]

    def run(self, experiment, **fields):
        return self.post("runs/create", {"experiment_id": experiment, "start_time": START, **fields})["run"]["info"]["run_id"]


# ---------------------------------------------------------------- servers


class Server:
    def __init__(self, name, command, folder):
        self.name, self.command, self.folder, self.idle = name, command, folder, 0.0

    def start(self):
        self.port = free_port()
        self.log = open(self.folder / "server.log", "ab")
        began = time.perf_counter()
        words = [word.format(port=self.port, folder=self.folder) for word in self.command]
        self.process = subprocess.Popen(words, cwd=self.folder, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        while time.perf_counter() - began < 180:
            try:
                Client(self.port).request("GET", "/health")
                return time.perf_counter() - began
            except (OSError, RuntimeError, http.client.HTTPException):
                if self.process.poll() is not None:
                    raise SystemExit(f"{self.name} ended: see {self.folder}/server.log")
                time.sleep(0.002)
        raise SystemExit(f"{self.name} did not become ready")

    def settle(self):
        """Waits until the work of starting is over, then sees what the server uses at rest."""
        for _ in range(40):
            before = cpu(self.process.pid)
            time.sleep(2)
            if cpu(self.process.pid) - before < 0.1:
                break
        before = cpu(self.process.pid)
        time.sleep(5)
        self.idle = max(0.0, (cpu(self.process.pid) - before) / 5)

    def stop(self):
        own = processes(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            pass
        for process in own:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.log.close()

    def used(self):
        return time.perf_counter(), cpu(self.process.pid)

    def since(self, mark):
        """Seconds of processor time since a mark, less those of rest."""
        return max(0.0, cpu(self.process.pid) - mark[1] - self.idle * (time.perf_counter() - mark[0]))


# ---------------------------------------------------------------- clients in processes of their own


def single_bodies(run):
    return (
        b'{"run_id":"%s","key":"loss","value":%.1f,"timestamp":%d,"step":%d}' % (run.encode(), n * 0.5, START + n, n) for n in range(10_000_000)
    )


def work_single(port, experiment, until, quick):
    client = Client(port, quick)
    run = client.run(experiment)
    times, count = [], 0
    for body in single_bodies(run):
        began = time.perf_counter()
        if began >= until:
            break
        client.request("POST", API + "runs/log-metric", body)
        times.append(time.perf_counter() - began)
        count += 1
    got = len(client.get(f"metrics/get-history?run_id={run}&metric_key=loss&max_results=1").get("metrics", []))
    latest = {m["key"]: m["value"] for m in client.get(f"runs/get?run_id={run}")["run"]["data"].get("metrics", [])}
    if count and (got != 1 or latest["loss"] != (count - 1) * 0.5):
        raise RuntimeError("a point that was acknowledged is not there")
    return count, times


def batch_body(run, first):
    points = ",".join('{"key":"m%d","value":%r,"timestamp":%d,"step":%d}' % (i % 10, (first + i) * 0.25, START + first + i, first + i) for i in range(1000))
    return ('{"run_id":"%s","metrics":[%s]}' % (run, points)).encode()


def work_batch(port, experiment, until, quick):
    client = Client(port, quick)
    run = client.run(experiment)
    # Made beforehand, and only the numbers that change are put in while the clock runs.
    bodies, made = [batch_body(run, first * 1000) for first in range(200)], 200
    times, count = [], 0
    while True:
        if count == made:
            run = client.run(experiment)
            bodies = [body.replace(bodies[0][11:43], run.encode()) for body in bodies]
            count_in_run, made = 0, made + 200
        began = time.perf_counter()
        if began >= until:
            break
        client.request("POST", API + "runs/log-batch", bodies[count % 200])
        times.append(time.perf_counter() - began)
        count += 1
    wanted, got, token = (count - (made - 200)) * 100, 0, ""
    while True:
        page = client.get(f"metrics/get-history?run_id={run}&metric_key=m0&max_results=25000" + (f"&page_token={urllib.parse.quote(token)}" if token else ""))
        got += len(page.get("metrics", []))
        token = page.get("next_page_token")
        if not token:
            break
    if got != wanted:
        raise RuntimeError(f"{got} points were read of {wanted}")
    return count * 1000, times


def work_cycle(port, experiment, until, quick):
    client = Client(port, quick)
    times, count = [], 0
    while time.perf_counter() < until:
        began = time.perf_counter()
        run = client.run(experiment)
        client.post("runs/log-batch", {"run_id": run, "params": [{"key": f"p{i}", "value": str(i * count)} for i in range(10)]})
        client.post("runs/update", {"run_id": run, "status": "FINISHED", "end_time": START + 5})
        times.append(time.perf_counter() - began)
        count += 1
    return count, times


def searched(i):
    """The metrics and params of the run number i."""
    dice = random.Random(i)
    metrics = {"acc": dice.random(), "loss": dice.random() * 2, **{f"x{k}": dice.random() for k in range(3)}}
    return metrics, {"lr": str(dice.choice([0.1, 0.01, 0.001])), "model": f"m{i % 5}", "depth": str(i % 12), "seed": str(i), "opt": "adam"}


def work_populate(port, experiment, first, last):
    client = Client(port)
    for i in range(first, last):
        run = client.run(experiment, start_time=START + i, run_name=f"run-{i}", tags=[{"key": "team", "value": f"t{i % 7}"}])
        metrics, params = searched(i)
        client.post(
            "runs/log-batch",
            {
                "run_id": run,
                "metrics": [{"key": key, "value": value, "timestamp": START, "step": 0} for key, value in metrics.items()],
                "params": [{"key": key, "value": value} for key, value in params.items()],
            })
    return last - first, []


def populate_mlflow(database, experiment, first, last):
    """The same runs straight into MLflow's tables: through its API 20,000 of them take it a quarter of an hour."""
    connection = sqlite3.connect(database, timeout=60)
    for i in range(first, last):
        run = f"{i:032x}"
        metrics, params = searched(i)
        connection.execute(
            "INSERT INTO runs (run_uuid, name, source_type, user_id, status, start_time, lifecycle_stage, artifact_uri, experiment_id)"
            " VALUES (?, ?, 'LOCAL', 'bench', 'RUNNING', ?, 'active', ?, ?)",
            (run, f"run-{i}", START + i, f"mlflow-artifacts:/{experiment}/{run}/artifacts", int(experiment)))
        points = [(key, value, START, run, 0, 0) for key, value in metrics.items()]
        connection.executemany("INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)", points)
        connection.executemany("INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)", points)
        connection.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", [(key, value, run) for key, value in params.items()])
        connection.executemany(
            "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", [("team", f"t{i % 7}", run), ("mlflow.runName", f"run-{i}", run)])
    connection.commit()
    connection.close()


def enter(work, arguments, barrier, answers):
    try:
        barrier.wait(120)
        answers.put(work(*(argument() if callable(argument) else argument for argument in arguments)))
    except BaseException as error:  # noqa: BLE001
        answers.put(repr(error))


def together(work, argument_lists):
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(len(argument_lists)), context.Queue()
    workers = [context.Process(target=enter, args=(work, arguments, barrier, answers)) for arguments in argument_lists]
    for worker in workers:
        worker.start()
    results = [answers.get() for _ in workers]
    for worker in workers:
        worker.join()
    for result in results:
        if isinstance(result, str):
            raise SystemExit(f"{work.__name__}: {result}")
    return sum(result[0] for result in results), [one for result in results for one in result[1]]


# ---------------------------------------------------------------- stages


def note(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def throughput(server, work, unit, clients, seconds, quick=True):
    experiment = Client(server.port).experiment(unit)
    mark, began = server.used(), time.perf_counter()
    count, times = together(work, [(server.port, experiment, lambda: time.perf_counter() + seconds, quick)] * clients)
    elapsed = sum(times) / clients if times else time.perf_counter() - began
    return {
        f"{unit} a second": count / elapsed, "p50 ms": percentile(times, 0.5) * 1e3, "p99 ms": percentile(times, 0.99) * 1e3,
        f"server CPU µs a {unit}": server.since(mark) / max(1, count) * 1e6, "count": count,
    }


SEARCHES = {
    "filtered and ordered by a metric": {"filter": "metrics.acc > 0.9", "order_by": ["metrics.loss ASC"], "max_results": 100},
    "default page": {"order_by": ["attributes.start_time DESC"], "max_results": 100},
    "metric and param": {"filter": "metrics.acc > 0.5 and params.model = 'm3'", "order_by": ["metrics.loss ASC"], "max_results": 100},
    "one param of many": {"filter": "params.seed = '77'", "max_results": 100},
}


def search(server, experiment, size, queries):
    client, answer = Client(server.port), {}
    matching = []
    for i in range(size):
        dice = random.Random(i)
        acc, loss = dice.random(), dice.random() * 2
        if acc > 0.9:
            matching.append((loss, i))
    expected = [f"run-{i}" for _, i in sorted(matching)[:100]]
    for name, body in SEARCHES.items():
        whole, times = {"experiment_ids": [experiment], **body}, []
        found = [run["info"]["run_name"] for run in client.post("runs/search", whole).get("runs", [])]
        if name == "filtered and ordered by a metric" and found != expected:
            raise SystemExit(f"{server.name}: a search of {size} runs answered others than it should")
        mark = server.used()
        for _ in range(queries):
            began = time.perf_counter()
            client.request("POST", API + "runs/search", json.dumps(whole).encode())
            times.append(time.perf_counter() - began)
        answer[name] = {
            "p50 ms": percentile(times, 0.5) * 1e3, "p99 ms": percentile(times, 0.99) * 1e3, "server CPU ms": server.since(mark) / queries * 1e3,
        }
    return answer


def history(server, points, is_tern):
    client = Client(server.port)
    run = client.run(client.experiment("history"))
    began = time.perf_counter()
    for first in range(0, points, 1000):
        body = {"run_id": run, "metrics": [{"key": "h", "value": float(i), "timestamp": START + i, "step": i} for i in range(first, first + 1000)]}
        client.post("runs/log-batch", body)
    answer = {"written s": time.perf_counter() - began}
    times = []
    for _ in range(3):
        began, found, token = time.perf_counter(), 0, ""
        while True:
            page = client.get(f"metrics/get-history?run_id={run}&metric_key=h" + (f"&page_token={urllib.parse.quote(token)}" if token else ""))
            found += len(page.get("metrics", []))
            token = page.get("next_page_token")
            if not token:
                break
        times.append(time.perf_counter() - began)
        if found != points:
            raise SystemExit(f"{server.name}: a history of {points} points had {found}")
    answer["whole s"] = statistics.median(times)
    def timed(ask, wanted):
        times = []
        for _ in range(7):
            began = time.perf_counter()
            if ask() != wanted:
                raise SystemExit(f"{server.name}: a curve does not have {wanted} points")
            times.append(time.perf_counter() - began)
        return statistics.median(times) * 1e3
    bulk = f"/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids={run}&metric_key=h&max_results=320"
    answer["sampled to 320 ms"] = timed(lambda: len(json.loads(client.request("GET", bulk))["metrics"]), 320)
    if is_tern:
        answer["curve of 320 ms"] = timed(
            lambda: len(client.tern("GET", f"metrics?runs={run}&key=h&points=320")["curves"][0]["buckets"]), 320)
    return answer


def artifact(server, megabytes, folder):
    file, client = folder / "big.bin", Client(server.port)
    with open(file, "wb") as out:
        for _ in range(megabytes):
            out.write(os.urandom(1 << 20))
    up, down = [], []
    for attempt in range(3):
        path = f"/api/2.0/mlflow-artifacts/artifacts/bench/{attempt}/big.bin"
        began = time.perf_counter()
        with open(file, "rb") as body:
            client.request("PUT", path, body, "application/octet-stream")
        up.append(megabytes / (time.perf_counter() - began))
        began = time.perf_counter()
        if len(client.request("GET", path)) != megabytes << 20:
            raise SystemExit(f"{server.name}: a file came back shorter")
        down.append(megabytes / (time.perf_counter() - began))
    file.unlink()
    return {"up MB/s": statistics.median(up), "down MB/s": statistics.median(down)}


def bare(folder, seconds):
    """SQLite alone, with the durability of both servers' default and the same rows: one row a point, a series table beside it."""
    answer = {}
    for name, rows in (("single points", 1), ("batches of 1000", 1000)):
        file = folder / f"bare{rows}.sqlite"
        link = sqlite3.connect(file, isolation_level=None)
        link.execute("PRAGMA journal_mode = WAL")
        link.execute("PRAGMA synchronous = FULL")
        link.execute("CREATE TABLE series (id INTEGER PRIMARY KEY, value REAL, timestamp INTEGER, step INTEGER)")
        link.execute(
            "CREATE TABLE points (series INTEGER, step INTEGER, timestamp INTEGER, value REAL, is_nan INTEGER,"
            " PRIMARY KEY (series, step, timestamp, value, is_nan)) WITHOUT ROWID")
        link.executemany("INSERT INTO series VALUES (?, 0, 0, 0)", [(n,) for n in range(10)])
        keys = min(10, rows)
        made = [[(i % keys, n * rows + i, START + n * rows + i, (n * rows + i) * 0.25, 0) for i in range(rows)] for n in range(20_000 // max(1, rows // 10))]
        count, began, used = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - began < seconds and count < len(made):
            batch = made[count]
            link.execute("BEGIN IMMEDIATE")
            link.executemany("INSERT INTO points VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", batch)
            link.executemany("UPDATE series SET step = ?, timestamp = ?, value = ? WHERE id = ?", [(p[1], p[2], p[3], p[0]) for p in batch[-keys:]])
            link.execute("COMMIT")
            count += 1
        elapsed, used = time.perf_counter() - began, time.process_time() - used
        answer[name] = {"points a second": count * rows / elapsed, "CPU µs a point": used / (count * rows) * 1e6}
        link.close()
    return answer


def measure(name, command, options, folder, is_tern, answer):
    """Fills `answer` as it goes, so that a run that is cut short has shown what it measured."""
    cold = []
    for attempt in range(3 if is_tern else 1):
        home = folder / f"{name}{attempt}"
        home.mkdir()
        server = Server(name, command, home)
        cold.append(server.start())
        if attempt < (2 if is_tern else 0):
            server.stop()
    answer["start to ready s"] = statistics.median(cold)
    try:
        note(f"{name}: at rest")
        server.settle()
        answer["idle memory MB"] = memory(server.process.pid)
        answer["processes"] = len(processes(server.process.pid))
        for key, work, unit in (("single", work_single, "call"), ("batch", work_batch, "point"), ("cycle", work_cycle, "cycle")):
            for clients in (1, 4):
                note(f"{name}: {key}, {clients} clients")
                answer[f"{key} {clients}"] = throughput(server, work, unit, clients, options.seconds)
        answer["single plain"] = throughput(server, work_single, "call", 1, min(5, options.seconds), quick=False)
        sizes = [int(size) for size in options.sizes.split(",") if size] + ([options.tern_size] if is_tern and options.tern_size else [])
        experiment, first = Client(server.port).experiment("search"), 0
        for size in sizes:
            note(f"{name}: {size} runs")
            if not is_tern:
                populate_mlflow(home / "mlflow.db", experiment, first, size)
                first = size
                answer[f"search {size}"] = search(server, experiment, size, max(5, options.queries // 5))
                continue
            mark, began = server.used(), time.perf_counter()
            parts = [(first + (size - first) * k // 4, first + (size - first) * (k + 1) // 4) for k in range(4)]
            together(work_populate, [(server.port, experiment, low, high) for low, high in parts])
            answer[f"populate {size}"] = {"runs a second": (size - first) / (time.perf_counter() - began), "server CPU ms a run": server.since(mark) / (size - first) * 1e3}
            first = size
            answer[f"search {size}"] = search(server, experiment, size, options.queries)
        note(f"{name}: history")
        answer["history"] = history(server, options.points, is_tern)
        note(f"{name}: artifacts")
        answer["artifact"] = artifact(server, options.artifact_mb, home)
        answer["memory after MB"] = memory(server.process.pid)
    finally:
        server.stop()


# ---------------------------------------------------------------- scale


PLACE = b"0123456789abcdef0123456789abcdef"


def scale_bodies(each, variants, seed):
    """Batches of ten metrics of `each` points, made once: only the run's id is put in while the server works."""
    dice, made = random.Random(seed), []
    for _ in range(variants):
        points = [(key, step, dice.random()) for step in range(each) for key in range(10)]
        parts = []
        for first in range(0, len(points), 1000):
            body = ",".join('{"key":"m%d","value":%.6f,"timestamp":%d,"step":%d}' % (k, value, START + step, step) for k, step, value in points[first:first + 1000])
            parts.append(b'{"run_id":"%s","metrics":[%s]}' % (PLACE, body.encode()))
        made.append(parts)
    return made


def work_scale(port, experiment, first, last, points):
    """Runs of ten metrics each, in batches of a thousand points, as trainings write them; the last point of each metric is the run's own."""
    client, count, each = Client(port), 0, points // 10
    if last == first:
        return 0, []
    made = scale_bodies(each - 1, 1 if points > 100_000 else 20, first)
    for i in range(first, last):
        dice = random.Random(i)
        run = client.run(experiment, start_time=START + i, run_name=f"run-{i}", tags=[{"key": "team", "value": f"t{i % 7}"}])
        for body in made[i % len(made)]:
            client.request("POST", API + "runs/log-batch", body.replace(PLACE, run.encode()))
        client.post("runs/log-batch", {
            "run_id": run,
            "params": [{"key": "lr", "value": str(dice.choice([0.1, 0.01, 0.001]))}, {"key": "model", "value": f"m{i % 5}"}, {"key": "seed", "value": str(i)}],
            "metrics": [{"key": f"m{k}", "value": dice.random(), "timestamp": START + each, "step": each} for k in range(10)],
        })
        count += each * 10
    return count, []


def scale(options, command, folder):
    home = folder / "scale"
    home.mkdir()
    server = Server("tern", command, home)
    server.start()
    answer = {}
    try:
        client = Client(server.port)
        experiment = client.experiment("scale")
        mark, began, done = server.used(), time.perf_counter(), 0
        small = options.scale_points * 7 // 10 // options.runs // 10 * 10
        note(f"{options.runs} runs of {small} points")
        step = max(4, options.runs // 20)
        for first in range(0, options.runs, step):
            last = min(options.runs, first + step)
            count, _ = together(work_scale, [
                (server.port, experiment, first + (last - first) * k // 4, first + (last - first) * (k + 1) // 4, small) for k in range(4)])
            done += count
            note(f"{last} runs, {done} points, {done / (time.perf_counter() - began):.0f} points a second")
        large = 30
        each = (options.scale_points - done) // large // 10_000 * 10_000
        note(f"{large} runs of {each} points")
        count, _ = together(work_scale, [(server.port, experiment, options.runs + large * k // 4, options.runs + large * (k + 1) // 4, each) for k in range(4)])
        done += count
        answer["points"], answer["runs"], answer["write s"] = done, options.runs + large, time.perf_counter() - began
        answer["server CPU µs a point"] = server.since(mark) / done * 1e6
        answer["database MB"] = sum(file.stat().st_size for file in home.rglob("*.sqlite*")) / 1e6
        answer["memory MB"] = memory(server.process.pid)
        long = [run["info"]["run_id"] for run in client.post("runs/search", {"experiment_ids": [experiment], "max_results": large})["runs"]]
        asks = {
            "page, default": ("POST", API + "runs/search", {"experiment_ids": [experiment], "max_results": 100}),
            "page, metric filter and order": ("POST", API + "runs/search", {"experiment_ids": [experiment], "max_results": 100, "filter": "metrics.m1 > 0.9", "order_by": ["metrics.m2 ASC"]}),
            "page, rare metric values": ("POST", API + "runs/search", {"experiment_ids": [experiment], "max_results": 100, "filter": "metrics.m1 > 0.9999", "order_by": ["metrics.m2 DESC"]}),
            "page, one param of many": ("POST", API + "runs/search", {"experiment_ids": [experiment], "max_results": 100, "filter": "params.seed = '4711'"}),
            "page, param of a fifth, by name": ("POST", API + "runs/search", {"experiment_ids": [experiment], "max_results": 100, "filter": "params.model = 'm3'", "order_by": ["run_name ASC"]}),
            "table of 100 with five columns": ("POST", "/api/tern/v1/runs/search", {"experiments": [experiment], "order": ["metrics.m1 DESC"], "columns": ["metrics.m1", "min(metrics.m1)", "metrics.m2", "params.lr", "tags.team"]}),
            "count of a filter": ("POST", "/api/tern/v1/runs/search", {"experiments": [experiment], "filter": "metrics.m1 > 0.5", "count": True, "limit": 1}),
            "columns": ("GET", f"/api/tern/v1/experiments/{experiment}/columns", None),
            f"curve of {each // 10} points in 300": ("GET", f"/api/tern/v1/metrics?runs={long[0]}&key=m1&points=300", None),
            "30 such curves": ("GET", f"/api/tern/v1/metrics?runs={','.join(long)}&key=m1&points=300", None),
            "sample of 320, as MLflow does": ("GET", f"{API}metrics/get-history-bulk-interval?run_ids={long[0]}&metric_key=m1&max_results=320", None),
            "first page of its history": ("GET", f"{API}metrics/get-history?run_id={long[0]}&metric_key=m1&max_results=25000", None),
        }
        for name, (method, path, body) in asks.items():
            times, data = [], None if body is None else json.dumps(body).encode()
            for _ in range(options.queries):
                start = time.perf_counter()
                client.request(method, path, data)
                times.append(time.perf_counter() - start)
            answer[name] = {"p50 ms": percentile(times, 0.5) * 1e3, "p99 ms": percentile(times, 0.99) * 1e3}
    finally:
        server.stop()
    print("\n| at scale | p50 ms | p99 ms |\n|---|---|---|")
    for name, value in answer.items():
        print(f"| {name} | {value['p50 ms']:.1f} | {value['p99 ms']:.1f} |" if isinstance(value, dict) else f"| {name} | {value:.6g} | |")
    return answer


# ---------------------------------------------------------------- table


def table(answer, sizes):
    tern, other = answer["tern"], answer.get("mlflow")
    rows = [("start to ready, s", ["start to ready s"], False), ("idle memory, MB (PSS)", ["idle memory MB"], False)]
    for clients in (1, 4):
        rows += [
            (f"log-metric, calls a second, {clients} client(s)", [f"single {clients}", "call a second"], True),
            (f"log-metric, server CPU µs a call, {clients} client(s)", [f"single {clients}", "server CPU µs a call"], False),
            (f"log-batch of 1000, points a second, {clients} client(s)", [f"batch {clients}", "point a second"], True),
            (f"log-batch of 1000, server CPU µs a point, {clients} client(s)", [f"batch {clients}", "server CPU µs a point"], False),
            (f"run cycles a second, {clients} client(s)", [f"cycle {clients}", "cycle a second"], True),
            (f"run cycle, server CPU µs, {clients} client(s)", [f"cycle {clients}", "server CPU µs a cycle"], False),
        ]
    rows.append(("log-metric by a plain client, p50 ms", ["single plain", "p50 ms"], False))
    for size in sizes:
        for name in SEARCHES:
            for figure in ("p50 ms", "p99 ms", "server CPU ms"):
                rows.append((f"search of {size} runs, {name}, {figure}", [f"search {size}", name, figure], False))
    rows += [
        ("history, whole, s", ["history", "whole s"], False), ("history, sampled to 320, ms", ["history", "sampled to 320 ms"], False),
        ("history, curve of 320 buckets, ms", ["history", "curve of 320 ms"], False), ("artifact up, MB/s", ["artifact", "up MB/s"], True),
        ("artifact down, MB/s", ["artifact", "down MB/s"], True), ("memory after all this, MB", ["memory after MB"], False),
    ]

    def pick(value, path):
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        return value

    print("\n| what | Tern | MLflow | Tern is |\n|---|---|---|---|")
    for name, path, is_more_better in rows:
        ours, theirs = pick(tern, path), pick(other, path)
        if ours is None:
            continue
        ratio = (ours / theirs if is_more_better else theirs / ours) if theirs and ours else None
        print(f"| {name} | {ours:.4g} | {'' if theirs is None else f'{theirs:.4g}'} | {'' if ratio is None else f'{ratio:.1f} × better'} |")
    if "bare" in answer:
        print("\n| beside a bare SQLite loop | Tern | bare | Tern takes |\n|---|---|---|---|")
        singles, batches = answer["bare"]["single points"], answer["bare"]["batches of 1000"]
        for name, ours, theirs in (
            ("CPU µs a point, single", tern["single 1"]["server CPU µs a call"], singles["CPU µs a point"]),
            ("CPU µs a point, batches of 1000", tern["batch 1"]["server CPU µs a point"], batches["CPU µs a point"]),
        ):
            print(f"| {name} | {ours:.4g} | {theirs:.4g} | {ours / theirs:.2f} × |")
        for name, ours, theirs in (
            ("points a second, single, 4 clients", tern["single 4"]["call a second"], singles["points a second"]),
            ("points a second, batches of 1000, 4 clients", tern["batch 4"]["point a second"], batches["points a second"]),
        ):
            print(f"| {name} | {ours:.4g} | {theirs:.4g} | {theirs / ours:.2f} × |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tern", type=lambda path: str(pathlib.Path(path).resolve()), default=str(ROOT / ".build/release/tern"))
    parser.add_argument("--mlflow", default=str(ROOT / ".setup/venv/bin/mlflow"))
    parser.add_argument("--skip-mlflow", action="store_true")
    parser.add_argument("--database", help="Tern's database; without it, SQLite in its home")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--sizes", default="5000,20000")
    parser.add_argument("--tern-size", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--artifact-mb", type=int, default=200)
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--scale-points", type=int, default=100_000_000)
    parser.add_argument("--folder", help="where the servers' homes go while it runs")
    parser.add_argument("--out")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tern-bench-", dir=options.folder))
    command = [options.tern, "server", "--home", "{folder}/home", "--port", "{port}"]
    if options.database:
        command += ["--database", options.database]
    answer = {}
    try:
        if options.scale:
            answer = scale(options, command, folder)
        else:
            answer = {"bare": bare(folder, options.seconds), "tern": {}}
            measure("tern", command, options, folder, True, answer["tern"])
            if not options.skip_mlflow:
                peer = [
                    options.mlflow, "server", "--host", "127.0.0.1", "--port", "{port}", "--backend-store-uri", "sqlite:///{folder}/mlflow.db",
                    "--artifacts-destination", "{folder}/artifacts",
                ]
                answer["mlflow"] = {}
                measure("mlflow", peer, options, folder, False, answer["mlflow"])
    finally:
        if not options.scale and answer.get("tern", {}).get("batch 4"):
            table(answer, [int(size) for size in options.sizes.split(",") if size] + ([options.tern_size] if options.tern_size else []))
        if options.out:
            pathlib.Path(options.out).write_text(json.dumps(answer, indent=1))
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
