"""`tern sweep` over real commands: every method, early stopping, kill -9, bad files, commands that fail, stop and resume."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import mlflow
import pytest
from tern_process import BINARY, ROOT, Server, tern

# Tiny, since each trial is a process of its own; the MLflow client is imported by the tests that are about it.
LOGGER = '''
import json, os, sys, time, urllib.request

def log(key, value, step=0):
    body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": key, "value": value, "timestamp": int(time.time() * 1000), "step": step}
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers))

given = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
'''
TRAIN = LOGGER + '''
open("seen.txt", "a").write(os.environ["TERN_TRIAL"] + " " + os.environ["MLFLOW_RUN_ID"] + " " + json.dumps(given, sort_keys=True) + "\\n")
log("loss", (float(given["x"]) - 0.3) ** 2 + float(given.get("y", 0)))
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    venv = os.environ.get("TERN_PYTHON_VENV", sys.prefix)
    with Server(tmp_path_factory.mktemp("home"), environment={"TERN_PYTHON_VENV": venv}) as running:
        yield running


@pytest.fixture
def project(tmp_path):
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def sweep(server, project, text, *flags, script=None):
    """Writes the file, runs `tern sweep`, and answers its JSON."""
    (project / "sweep.yaml").write_text(text)
    if script:
        (project / "train.py").write_text(script)
    done = tern("sweep", str(project / "sweep.yaml"), "--json", *flags, server=server)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def wait(server, identity, condition, timeout=90):
    give_up = time.monotonic() + timeout
    while time.monotonic() < give_up:
        found = server.ok("GET", f"sweeps/{identity}")
        if condition(found):
            return found
        time.sleep(0.05)
    raise TimeoutError(json.dumps(found)[:3000])


def is_over(found):
    return found["state"] in ("finished", "stopped", "failed")


def test_a_grid_of_six_tries_every_combination_once(server, project):
    found = sweep(
        server, project,
        "name: six\nprogram: train.py\nmethod: grid\nmetric: {name: loss}\nparameters:\n  y: {values: [0, 5, 9]}\n  x: {values: [0.25, 1.0]}\n",
        "--parallel", "2",
    )
    assert found["state"] == "finished" and found["total"] == 6
    assert [t["params"] for t in found["trials"]] == [{"x": x, "y": y} for x in (0.25, 1.0) for y in (0, 5, 9)]
    assert {t["state"] for t in found["trials"]} == {"succeeded"}
    assert found["best"]["params"] == {"x": 0.25, "y": 0} and found["best"]["objective"] == pytest.approx(0.0025)
    assert found["best"]["command"] == "python train.py --x=0.25 --y=0"

    client = mlflow.MlflowClient(server.url)
    runs = client.search_runs([client.get_experiment_by_name("six").experiment_id], f"tags.`tern.sweep` = '{found['id']}'")
    assert len(runs) == 6 and len({run.data.tags["tern.trial"] for run in runs}) == 6
    assert {run.info.status for run in runs} == {"FINISHED"}
    by_trial = {int(run.data.tags["tern.trial"]): run for run in runs}
    for trial in found["trials"]:
        run = by_trial[trial["number"]]
        assert run.info.run_id == trial["run"] and run.info.run_name == f"six-{trial['number']}"
        assert run.data.params == {"x": str(trial["params"]["x"]), "y": str(trial["params"]["y"])}
        assert run.data.metrics["loss"] == trial["objective"]


def test_random_search_with_a_seed_is_repeatable(server, project):
    text = (
        "program: train.py\nmethod: random\nmetric: {name: loss, goal: minimize}\nrun_cap: 50\nparameters:\n"
        "  x: {min: 0.0, max: 1.0}\n  y: {distribution: q_uniform, min: 0, max: 2, q: 0.5}\n  deep: {parameters: {size: {min: 1, max: 9}}}\n"
    )
    first = sweep(server, project, text, "--seed", "7", "--count", "4")
    second = sweep(server, project, text, "--seed", "7", "--count", "4", "--parallel", "3")
    other = sweep(server, project, text, "--seed", "8", "--count", "4", "--parallel", "3")
    assert [t["params"] for t in first["trials"]] == [t["params"] for t in second["trials"]] != [t["params"] for t in other["trials"]]
    assert len(first["trials"]) == 4
    for trial in first["trials"]:
        assert 0 < trial["params"]["x"] < 1 and trial["params"]["y"] in (0, 0.5, 1, 1.5, 2) and 1 <= trial["params"]["deep"]["size"] <= 9
    # Nested parameters reach the command under their joined names.
    assert all("deep.size" in json.loads(line.split(" ", 2)[2]) for line in (project / "seen.txt").read_text().splitlines())


def test_bayes_finds_the_bottom_of_a_parabola_in_twelve(server, project):
    found = sweep(
        server, project,
        "program: train.py\nmethod: bayes\nmetric: {name: loss, goal: minimize}\nrun_cap: 12\nparameters:\n  x: {min: -5.0, max: 5.0}\n",
        "--seed", "3",
    )
    assert found["state"] == "finished" and len(found["trials"]) == 12
    assert found["best"]["objective"] < 0.01, found["best"]
    again = sweep(server, project, (project / "sweep.yaml").read_text(), "--seed", "3")
    assert [t["params"] for t in again["trials"]] == [t["params"] for t in found["trials"]]


def test_hyperband_stops_bad_trials_and_leaves_good_ones(server, project):
    script = LOGGER + (
        'level = float(given["x"])\n'
        'for step in range(1, 41):\n    log("loss", level + 1 / step, step)\n    time.sleep(0.05 if level < 1 else 0.3)\n'
    )
    found = sweep(
        server, project,
        "program: train.py\nmethod: grid\nmetric: {name: loss}\nparameters:\n  x: {values: [0.0, 0.1, 5.0, 6.0]}\n"
        "early_terminate: {type: hyperband, min_iter: 3, eta: 2}\n",
        "--parallel", "2", script=script,
    )
    states = {t["params"]["x"]: t["state"] for t in found["trials"]}
    assert states[0.0] == "succeeded" and states[6.0] == "pruned" and found["state"] == "finished", states
    pruned = next(t for t in found["trials"] if t["params"]["x"] == 6.0)
    assert 3 <= pruned["iterations"] < 40
    assert mlflow.MlflowClient(server.url).get_run(pruned["run"]).info.status == "KILLED"


def test_a_trial_that_reaches_the_target_ends_the_sweep(server, project):
    found = sweep(
        server, project,
        "program: train.py\nmethod: grid\nmetric: {name: loss, target: 0.01}\nparameters:\n  x: {values: [2.0, 0.3, 1.0, 3.0]}\n",
    )
    assert found["state"] == "finished" and found["ending"] == "target" and len(found["trials"]) == 2


@pytest.mark.skipif("TERN_URL" in os.environ, reason="needs a server to kill")
def test_kill_9_in_the_middle_loses_no_trial_and_doubles_none(tmp_path, project):
    venv = os.environ.get("TERN_PYTHON_VENV", sys.prefix)
    script = TRAIN.replace('log("loss"', 'log("loss", 99, 0)\ntime.sleep(0.5)\nlog("loss"', 1)
    (project / "train.py").write_text(script)
    (project / "sweep.yaml").write_text(
        "name: killed\nprogram: train.py\nmethod: grid\nmetric: {name: loss}\nparameters:\n  x: {values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]}\n"
    )
    with Server(tmp_path / "home", environment={"TERN_PYTHON_VENV": venv}) as server:
        started = tern("sweep", str(project / "sweep.yaml"), "--detach", "--parallel", "2", "--json", server=server)
        identity = json.loads(started.stdout)["id"]
        for kill, ended in enumerate((1, 3, 5)):
            wait(server, identity, lambda found: sum(t["state"] == "succeeded" for t in found["trials"]) >= ended)
            time.sleep(0.15 * kill)
            server.kill()
            server.start()
        found = wait(server, identity, is_over)
        assert found["state"] == "finished"
        assert [t["number"] for t in found["trials"]] == list(range(1, 9))
        assert {t["state"] for t in found["trials"]} == {"succeeded"}
        assert [t["params"]["x"] for t in found["trials"]] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
        for trial in found["trials"]:
            assert trial["objective"] == pytest.approx((trial["params"]["x"] - 0.3) ** 2)
        assert any(t["attempt"] > 1 for t in found["trials"])
        client = mlflow.MlflowClient(server.url)
        runs = client.search_runs([client.get_experiment_by_name("killed").experiment_id])
        assert sorted(run.info.run_id for run in runs) == sorted(t["run"] for t in found["trials"])
        assert {run.info.status for run in runs} == {"FINISHED"}
        # Every attempt of a trial logged to the same run.
        seen = [line.split(" ")[:2] for line in (project / "seen.txt").read_text().splitlines()]
        assert len({tuple(pair) for pair in seen}) == 8 < len(seen)
        assert server.ok("GET", "ledger/verify")["verified"] is True


def test_stop_ends_what_runs_and_resume_runs_it_again(server, project):
    (project / "train.py").write_text(TRAIN + 'import pathlib\nif not pathlib.Path("go").exists(): time.sleep(60)\n')
    (project / "sweep.yaml").write_text(
        "name: stopped\nprogram: train.py\nmethod: grid\nmetric: {name: loss}\nparameters:\n  x: {values: [1, 2, 3]}\n"
    )
    started = tern("sweep", str(project / "sweep.yaml"), "--detach", "--parallel", "2", server=server)
    identity = re.search(r"sweep ([0-9a-f]{8})", started.stdout + started.stderr).group(1)
    wait(server, identity, lambda found: sum(t["objective"] is not None for t in found["trials"]) == 2)
    assert tern("sweep", "stop", identity, server=server).returncode == 0
    found = wait(server, identity, is_over)
    assert found["state"] == "stopped" and [t["state"] for t in found["trials"]] == ["stopped", "stopped"]
    client = mlflow.MlflowClient(server.url)
    give_up = time.monotonic() + 20
    while client.get_run(found["trials"][0]["run"]).info.status != "KILLED" and time.monotonic() < give_up:
        time.sleep(0.05)
    assert client.get_run(found["trials"][0]["run"]).info.status == "KILLED"
    refused = tern("sweep", "pause", identity, server=server)
    assert refused.returncode == 1 and "it is stopped" in refused.stderr

    (project / "go").touch()
    resumed = tern("sweep", "resume", identity, "--json", server=server)
    found = json.loads(resumed.stdout)
    assert found["state"] == "finished" and [t["state"] for t in found["trials"]] == ["succeeded"] * 3
    assert [t["attempt"] for t in found["trials"]] == [2, 2, 1]
    spent = tern("sweep", "resume", identity, server=server)
    assert spent.returncode == 1 and "no trial left" in spent.stderr


def test_pause_starts_nothing_and_resume_goes_on(server, project):
    (project / "train.py").write_text(TRAIN + "time.sleep(0.4)\n")
    (project / "sweep.yaml").write_text("program: train.py\nmethod: random\nmetric: {name: loss}\nparameters: {x: {min: 0.0, max: 1.0}}\n")
    started = json.loads(tern("sweep", str(project / "sweep.yaml"), "--detach", "--count", "4", "--json", server=server).stdout)
    wait(server, started["id"], lambda found: len(found["trials"]) >= 1)
    assert tern("sweep", "pause", started["id"], server=server).returncode == 0
    paused = wait(server, started["id"], lambda found: all(t["state"] == "succeeded" for t in found["trials"]))
    time.sleep(0.5)
    assert server.ok("GET", f"sweeps/{started['id']}")["counts"] == paused["counts"]
    found = json.loads(tern("sweep", "resume", started["id"], "--count", "5", "--json", server=server).stdout)
    assert found["state"] == "finished" and len(found["trials"]) == 5


def test_a_command_that_fails_ends_the_sweep_after_five_and_says_why(server, project):
    done = tern_sweep(server, project, "raise SystemExit('no such data set')", "random", "{x: {min: 0.0, max: 1.0}}")
    assert done.returncode == 1
    assert "no such data set" in done.stdout and "exited with code 1" in done.stdout
    identity = re.search(r"sweep ([0-9a-f]{8}) failed", done.stdout).group(1)
    found = server.ok("GET", f"sweeps/{identity}")
    assert len(found["trials"]) == 5 and found["ending"] == "failures"
    assert "no such data set" in tern("sweep", "log", identity, "5", server=server).stdout


def test_a_trial_without_a_number_as_its_metric_fails(server, project):
    for line in ("pass", "log('loss', 'NaN')"):
        done = tern_sweep(server, project, LOGGER + line, "grid", "{x: {values: [1]}}")
        assert done.returncode == 1 and "metric 'loss' has no last value that is a number" in done.stdout


def test_a_trial_that_takes_too_long_is_stopped(server, project):
    done = tern_sweep(server, project, "import time; time.sleep(60)", "grid", "{x: {values: [1]}}", "--timeout", "1s")
    assert done.returncode == 1 and "took longer than 1s" in done.stdout


def tern_sweep(server, project, script, method, parameters, *flags):
    (project / "train.py").write_text(script)
    (project / "sweep.yaml").write_text(f"program: train.py\nmethod: {method}\nmetric: {{name: loss}}\nparameters: {parameters}\n")
    return tern("sweep", str(project / "sweep.yaml"), *flags, server=server)


def test_a_command_of_ones_own_gets_its_arguments_as_it_wants_them(server, project):
    (project / "sweep.yaml").write_text(
        "method: grid\nparameters: {lr: {value: 0.1}, on: {values: [true, false]}, deep: {parameters: {n: {value: 3}}}}\n"
        'command: ["${env}", sh, -c, "echo ${envvar:HOME} $0 $@ > out-$TERN_TRIAL; cat $1 >> out-$TERN_TRIAL; echo $TERN_PARAM_DEEP_N >> out-$TERN_TRIAL",'
        ' "${args_json}", "${args_json_file}", "${args_no_hyphens}", "${args_no_boolean_flags}"]\n'
    )
    done = tern("sweep", str(project / "sweep.yaml"), "--json", server=server)
    assert json.loads(done.stdout)["state"] == "finished", done.stdout
    for trial, flag in (("1", "True"), ("2", "False")):
        first, rest = (project / f"out-{trial}").read_text().split("\n", 1)
        nested = json.dumps({"deep": {"n": 3}, "lr": 0.1, "on": flag == "True"}, separators=(",", ":"))
        assert first.startswith(os.environ["HOME"]) and nested in first
        assert f"deep.n=3 lr=0.1 on={flag} --deep.n=3 --lr=0.1" in first
        assert first.endswith(" --on") == (flag == "True")
        assert rest == nested + "3\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("program: train.py\nmetod: grid\nparameters: {x: {value: 1}}\n", r":2:1: unknown key 'metod' \(did you mean 'method'\?\)"),
        ("program: t.py\nmethod: grud\nparameters: {x: {value: 1}}\n", r":2:9: method: there is no method 'grud' \(did you mean 'grid'\?\)"),
        ("program: t.py\nmethod: grid\nparameters:\n  lr:\n    min: 0.1\n    max: 0.2\n", r":5:5: parameters.lr: method grid cannot list the values of 'lr'"),
        ("program: t.py\nmethod: random\nparameters:\n  lr: {distribution: unifrom, min: 0, max: 1}\n", r":4:22: .*did you mean 'uniform'"),
        ("program: t.py\nmethod: random\nparameters:\n  lr: {min: 2, max: 1}\n", r":4:13: .*min 2 is not less than max 1"),
        ("program: t.py\nmethod: random\nparameters:\n  lr: {min: 0, max: 1, mu: 3}\n", r":4:24: .*unknown key 'mu'"),
        ("program: t.py\nmethod: random\nparameters:\n  lr: 0.1\n", r":4:7: .*a parameter must be a mapping, not '0.1' \(\{value: 0.1\}"),
        ("program: t.py\nmethod: bayes\nparameters: {x: {min: 0.0, max: 1}}\n", r":1:1: method bayes needs a metric"),
        ("program: t.py\nmethod: random\n", r":1:1: 'parameters' is missing"),
        ("method: random\nparameters: {x: {value: 1}}\n", r"'program' is missing"),
        ("program: t.py\nmethod: grid\nparameters: {x: {value: 1}}\ncommand: [python, '${arg}']\n", r":4:19: .*no macro '\$\{arg\}' \(did you mean '\$\{args\}'"),
        ("program: t.py\nmethod: grid\nparameters: {x: {value: 1}}\nearly_terminate: {type: hyperband}\nmetric: {name: l}\n", r":4:18: early_terminate: needs min_iter"),
        ("program: t.py\nmethod: grid\nparameters: {x: {values: [1, 2], probabilities: [0.5, 0.6]}}\n", r"add up to 1.1"),
        ("program: t.py\nmethod: grid\nscheduler: {engine: optuna}\nparameters: {x: {value: 1}}\n", r":3:1: 'scheduler' is not supported"),
        ("program: t.py\nmethod: grid\n  parameters: {x\n", r"sweep.yaml:\d+:\d+: not YAML"),
        ("program: t.py\nprogram: u.py\n", r"'program' stands twice"),
        ("- a\n- b\n", r"a mapping of keys to values"),
        ("", r"the file is empty"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_line_and_column(server, tmp_path, text, complaint):
    (tmp_path / "sweep.yaml").write_text(text)
    done = tern("sweep", str(tmp_path / "sweep.yaml"), server=server)
    assert done.returncode == 1
    assert re.search(complaint, done.stderr), done.stderr


def test_the_routes_refuse_what_makes_no_sense(server, project):
    definition = {"program": "train.py", "method": "random", "parameters": {"x": {"min": 0.0, "max": 1.0}}}
    for change, word in [
        ({"definition": None}, "definition"), ({"folder": None}, "folder"), ({"folder": "relative"}, "no folder"), ({"parallel": 0}, "parallel"),
        ({"parallel": 1000}, "parallel"), ({"count": -1}, "count"), ({"timeout": "soon"}, "timeout"), ({"seed": "x"}, "seed"), ({"colour": 1}, "colour"),
        ({"definition": definition | {"parameters": {"x": {"min": 0.0, "max": "a"}}}}, "parameters.x.max"),
        ({"definition": definition | {"parameters": {"x y": {"value": 1}}}}, "not a parameter's name"),
    ]:
        status, answer = server.api("POST", "sweeps", {"definition": definition, "folder": str(project)} | change)
        assert status == 400 and word in answer["error"]["message"], (change, answer)
    assert server.api("GET", "sweeps/nothing")[0] == 404
    assert server.api("POST", "sweeps/nothing/stop", {})[0] == 404
    assert server.api("GET", "sweeps/nothing/trials/1/log")[0] == 404


def test_the_dashboard_shows_sweeps(server, project):
    found = sweep(server, project, "name: shown\nprogram: train.py\nmethod: grid\nmetric: {name: loss}\nparameters: {x: {values: [0.1, 0.2]}}\n")
    assert f"/sweeps/{found['id']}" in server.ok("GET", "/sweeps")
    page = server.ok("GET", f"/sweeps/{found['id']}")
    assert "python train.py --x=0.2" in page and "finished" in page and found["trials"][0]["run"][:8] in page
    chart = server.ok("GET", f"/dashboard/data/sweeps/{found['id']}/trials")
    assert [axis["name"] for axis in chart["axes"]] == ["x", "loss"] and len(chart["series"][0]["values"]) == 2
    assert server.api("GET", "/sweeps/nothing")[0] == 404


def test_piped_output_is_plain_lines_and_the_list_shows_the_sweep(server, project):
    (project / "sweep.yaml").write_text("name: plain\nprogram: train.py\nmethod: grid\nmetric: {name: loss}\nparameters: {x: {values: [0.1, 0.2]}}\n")
    done = tern("sweep", str(project / "sweep.yaml"), server=server)
    assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr
    assert "trial 1: succeeded  loss 0.04  x=0.1" in done.stderr
    assert "again: python train.py --x=0.2" in done.stdout
    listed = tern("sweep", "list", server=server).stdout
    assert any(line.split("\t")[1] == "plain" and line.split("\t")[3] == "finished" for line in listed.splitlines())


def test_the_example_runs_with_the_mlflow_client(server, tmp_path):
    example = ROOT / "Examples" / "sweep"
    text = (example / "sweep.yaml").read_text().replace("run_cap: 20", "run_cap: 2")
    (tmp_path / "sweep.yaml").write_text(text)
    (tmp_path / "train.py").write_text((example / "train.py").read_text())
    done = tern("sweep", str(tmp_path / "sweep.yaml"), "--json", "--parallel", "2", server=server)
    found = json.loads(done.stdout)
    assert found["state"] == "finished" and found["counts"]["succeeded"] >= 1, found["trials"]
    run = mlflow.MlflowClient(server.url).get_run(found["best"]["run"])
    assert run.info.status == "FINISHED" and set(run.data.params) == {"learning_rate", "max_depth", "subsample", "trees"}
    assert 0 < found["best"]["objective"] < 0.7
