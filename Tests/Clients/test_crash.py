"""kill -9 at random moments of a replay loses nothing that was acknowledged, and everything goes on where it stood."""

import csv
import datetime
import json
import os
import pathlib
import random
import subprocess
import threading
import time

import pytest
from tern_process import BINARY, EXAMPLE, ROOT, Server, tern, wait_for_run


@pytest.fixture
def market(tmp_path):
    """The example with a home of its own, ready to serve: data, first model, approval, release."""
    home = tmp_path / "home"
    venv = pathlib.Path(os.environ.get("TERN_PYTHON_VENV", ROOT / ".setup" / "venv"))
    server = Server(home, environment={"TERN_PYTHON_VENV": str(venv), "TERN_ALERT_WEBHOOK": ""}).start()
    try:
        first = tmp_path / "first.csv"
        with open(EXAMPLE / "data" / "electricity.csv") as source, open(first, "w") as target:
            target.writelines(line for number, line in enumerate(source) if number <= 180 * 48)
        applied = tern("apply", server=server, cwd=EXAMPLE)
        assert applied.returncode == 0, applied.stderr
        server.ok("POST", "datasets/market/versions", {"path": str(first)})
        run = server.ok("POST", "pipelines/train/runs", {"reason": "test"})
        ended = wait_for_run(server, run["id"])
        assert ended["state"] == "succeeded", ended
        server.ok("POST", "models/price-direction/versions/1/approve", {"reason": "test"})
        server.ok("POST", "endpoints/price/settle", {})
        yield server
    finally:
        server.stop()


def test_five_kills_in_the_middle_of_a_replay_lose_nothing(market):
    server = market
    environment = os.environ | {"TERN_SERVER": server.url}
    replay = subprocess.Popen(
        [BINARY, "replay", "price", str(EXAMPLE / "data" / "electricity.csv"), "--time", "settled_at", "--target", "up",
         "--from", "1996-11-02T14:00:00Z", "--to", "1997-05-20", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )
    chance = random.Random(int(os.environ.get("TERN_TEST_SEED", time.time_ns() % 10_000)))
    kills = 0
    while kills < 5 and replay.poll() is None:
        time.sleep(chance.uniform(0.3, 1.5))
        if replay.poll() is not None:
            break
        server.kill()
        server.start()
        kills += 1
    output, errors = replay.communicate(timeout=600)
    assert replay.returncode == 0, errors
    assert kills == 5, f"the replay was over after {kills} kills"
    told = json.loads(output)
    assert told["failed"] == 0

    server.ok("POST", "endpoints/price/settle", {}, timeout=600)
    report = server.ok("GET", "endpoints/price/report?window=365d")
    rows = sum(window["variants"]["kept"]["rows"] for window in report["windows"])
    labelled = sum(window["variants"]["kept"]["labelled"] for window in report["windows"])
    # A request whose answer was lost is sent again, so there may be more than were acknowledged, never fewer.
    assert rows >= told["rows"]
    assert labelled >= told["feedback"] == told["rows"]
    assert server.ok("GET", "ledger/verify")["verified"] is True

    for run in server.ok("GET", "pipeline-runs?limit=100")["runs"]:
        assert run["state"] in ("succeeded", "failed"), run
    for retraining in server.ok("GET", "endpoints/price/retrainings")["retrainings"]:
        assert retraining["state"] not in ("planned", "running"), retraining


def test_a_pipeline_step_that_was_running_when_the_server_died_runs_again(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "tern.yaml").write_text(
        "project: p\nowner: o\npipelines:\n  slow:\n    steps:\n"
        "      first: {run: 'echo once >> first.txt; echo 1 > $TERN_OUTPUT_A', out: [a]}\n"
        "      second: {run: 'echo more >> second.txt; sleep 2; cat $TERN_INPUT_A > $TERN_OUTPUT_B', in: [first/a], out: [b]}\n"
    )
    with Server(tmp_path / "home") as server:
        assert tern("apply", server=server, cwd=project).returncode == 0
        run = server.ok("POST", "pipelines/slow/runs", {})
        give_up = time.monotonic() + 20
        while not (project / "second.txt").exists() and time.monotonic() < give_up:
            time.sleep(0.02)
        server.kill()
        server.start()
        ended = wait_for_run(server, run["id"])
        assert ended["state"] == "succeeded", ended
        assert (project / "first.txt").read_text().count("once") == 1
        assert (project / "second.txt").read_text().count("more") == 2
