"""kill -9 under full write load, twenty times: what was acknowledged is there exactly once, and nothing is half there.

On SQLite the server is killed; on PostgreSQL the server in some rounds and the database in the others. The writers never repeat a request,
so that whatever is there twice was doubled by the server.
"""

import http.client
import json
import os
import random
import threading
import time
import urllib.parse

import pytest
from postgres_process import Postgres
from tern_process import Server

ROUNDS = int(os.environ.get("TERN_TEST_KILLS", "20"))
BATCH = 40


class Writer(threading.Thread):
    """Writes one kind of thing and remembers which writes were acknowledged and which may have been made."""

    def __init__(self, server: Server, experiment: str, number: int):
        super().__init__(daemon=True)
        self.server, self.experiment, self.number = server, experiment, number
        self.acknowledged, self.unknown, self.refused = set(), set(), 0
        self.over = threading.Event()
        self.connection = None
        self.problem = None

    def post(self, path: str, body: dict):
        """The answer; None when nobody knows what became of the request."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            self.connection.request("POST", "/api/2.0/mlflow/" + path, json.dumps(body), {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            content = json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            self.connection = None
            time.sleep(0.02)
            return None
        if answer.status == 200:
            return content
        # The database was away: refused, but it may be that only the answer to the commit was lost.
        assert answer.status == 503, (answer.status, content)
        self.refused += 1
        time.sleep(0.02)
        return None

    def note(self, item, answer):
        (self.unknown if answer is None else self.acknowledged).add(item)
        return answer

    def run(self):
        try:
            for step in range(10_000_000):
                if self.over.is_set():
                    return
                self.write(step)
        except Exception as error:  # shown by the test
            self.problem = error

    def get(self, path: str, **query) -> dict:
        return self.server.ok("GET", f"/api/2.0/mlflow/{path}?{urllib.parse.urlencode(query)}")

    def history(self, key: str) -> list:
        points, token = [], ""
        while True:
            page = self.get("metrics/get-history", run_id=self.target, metric_key=key, max_results=20_000, **({"page_token": token} if token else {}))
            points += [(point["step"], point["timestamp"], point["value"]) for point in page.get("metrics", [])]
            token = page.get("next_page_token")
            if not token:
                return points


class Points(Writer):
    def write(self, step):
        point = (step, 1000 + step, step / 7)
        self.note(point, self.post("runs/log-metric", {
            "run_id": self.target, "key": f"single-{self.number}", "value": point[2], "timestamp": point[1], "step": step}))

    def check(self):
        found = self.history(f"single-{self.number}")
        check(found, self.acknowledged, self.unknown)


class Batches(Writer):
    def points(self, number):
        return [(number * BATCH + offset, 5, float(number)) for offset in range(BATCH)]

    def write(self, step):
        metrics = [{"key": f"batch-{self.number}", "step": at, "timestamp": when, "value": value} for at, when, value in self.points(step)]
        tags = [{"key": f"batch-{self.number}", "value": str(step)}]
        self.note(step, self.post("runs/log-batch", {"run_id": self.target, "metrics": metrics, "tags": tags}))

    def check(self):
        found = self.history(f"batch-{self.number}")
        by_batch = {}
        for point in found:
            by_batch.setdefault(point[0] // BATCH, []).append(point)
        # Whole or not at all, also those that nobody acknowledged.
        for number, points in by_batch.items():
            assert sorted(points) == self.points(number), f"batch {number} is half there"
        check(list(by_batch), self.acknowledged, self.unknown)


class Runs(Writer):
    def write(self, step):
        name = f"run-{self.number}-{step}"
        self.note(name, self.post("runs/create", {
            "experiment_id": self.experiment, "start_time": step, "run_name": name, "tags": [{"key": "writer", "value": f"w{self.number}"}]}))

    def check(self):
        names, token = [], None
        while True:
            body = {"experiment_ids": [self.experiment], "filter": f"tags.writer = 'w{self.number}'", "max_results": 5000}
            page = self.server.ok("POST", "/api/2.0/mlflow/runs/search", body | ({"page_token": token} if token else {}))
            names += [run["info"]["run_name"] for run in page.get("runs", [])]
            token = page.get("next_page_token")
            if not token:
                break
        check(names, self.acknowledged, self.unknown)


class Tags(Writer):
    def write(self, step):
        self.note(f"tag-{self.number}-{step}", self.post("runs/set-tag", {"run_id": self.target, "key": f"tag-{self.number}-{step}", "value": str(step)}))

    def check(self):
        tags = self.get("runs/get", run_id=self.target)["run"]["data"]["tags"]
        keys = [tag["key"] for tag in tags if tag["key"].startswith(f"tag-{self.number}-")]
        check(keys, self.acknowledged, self.unknown)


def check(found: list, acknowledged: set, unknown: set):
    assert len(found) == len(set(found)), "something is there twice"
    found = set(found)
    assert not acknowledged - found, f"{len(acknowledged - found)} acknowledged writes are gone"
    assert not found - acknowledged - unknown, "there is what nobody wrote"
    assert acknowledged, "nothing was acknowledged: the test did not test"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_twenty_kills_under_load_lose_nothing_and_double_nothing(database, tmp_path, tmp_path_factory):
    chance = random.Random(int(os.environ.get("TERN_TEST_SEED", time.time_ns() % 10_000)))
    own = None
    if database == "postgresql":
        own = Postgres(tmp_path_factory.mktemp("own") / "server").start()
    server = Server(tmp_path / "home", database=own.create_database() if own else None)
    try:
        server.start()
        experiment = server.ok("POST", "/api/2.0/mlflow/experiments/create", {"name": "kills"})["experiment_id"]
        writers = [kind(server, experiment, number) for number, kind in enumerate([Points, Points, Points, Batches, Batches, Runs, Tags])]
        for writer in writers:
            run = server.ok("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": experiment, "run_name": f"target {writer.number}"})
            writer.target = run["run"]["info"]["run_id"]
        for writer in writers:
            writer.start()
        for number in range(ROUNDS):
            time.sleep(chance.uniform(0.2, 1.2))
            if own and number % 2:
                own.kill()
                time.sleep(chance.uniform(0, 0.3))
                own.start()
                assert server.process.poll() is None, "the server died with its database"
            else:
                server.kill()
                server.start()
        time.sleep(0.5)
        for writer in writers:
            writer.over.set()
        for writer in writers:
            writer.join(60)
            assert writer.problem is None, writer.problem
        # Once more from cold, so that nothing is answered from memory.
        server.kill()
        if own:
            own.kill()
            own.start()
        server.start()
        for writer in writers:
            writer.check()
        assert server.ok("GET", "ledger/verify")["verified"] is True
        total = sum(len(writer.acknowledged) for writer in writers)
        assert sum(len(writer.unknown) for writer in writers) > 0, "no kill hit a write under way"
        print(f"{database}: {ROUNDS} kills, {total} writes acknowledged, {sum(len(writer.unknown) for writer in writers)} without an answer, "
              f"{sum(writer.refused for writer in writers)} refused")
    finally:
        server.stop()
        if own:
            own.stop()
