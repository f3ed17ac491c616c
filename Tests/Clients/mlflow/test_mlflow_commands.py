"""MLflow's own command line, pointed at Tern by its environment."""

import os
import pathlib
import subprocess
import sys
import uuid

import mlflow

PROGRAM = str(pathlib.Path(sys.executable).parent / "mlflow")


def run(server_url, *arguments):
    done = subprocess.run(
        [PROGRAM, *arguments], env=os.environ | {"MLFLOW_TRACKING_URI": server_url}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_experiments_and_their_runs_are_managed(client, server_url):
    name = f"command-{uuid.uuid4().hex[:8]}"
    run(server_url, "experiments", "create", "-n", name)
    number = client.get_experiment_by_name(name).experiment_id
    run(server_url, "experiments", "rename", "-x", number, "--new-name", name + "-2")
    assert client.get_experiment(number).name == name + "-2"
    run(server_url, "experiments", "delete", "-x", number)
    assert client.get_experiment(number).lifecycle_stage == "deleted"
    run(server_url, "experiments", "restore", "-x", number)
    assert name + "-2" in run(server_url, "experiments", "search")
    logged = client.create_run(number, run_name="by hand").info.run_id
    client.log_metric(logged, "m", 2.5)
    assert logged in run(server_url, "runs", "list", "--experiment-id", number)
    assert "2.5" in run(server_url, "runs", "describe", "--run-id", logged)
    assert logged in run(server_url, "experiments", "csv", "-x", number)
    run(server_url, "runs", "delete", "--run-id", logged)
    assert client.get_run(logged).info.lifecycle_stage == "deleted"
    run(server_url, "runs", "restore", "--run-id", logged)
    assert client.get_run(logged).info.lifecycle_stage == "active"


def test_artifacts_go_up_and_come_down(client, experiment, server_url, tmp_path):
    with mlflow.start_run() as active:
        pass
    (tmp_path / "a.txt").write_text("words")
    run(server_url, "artifacts", "log-artifact", "-l", str(tmp_path / "a.txt"), "-r", active.info.run_id, "-a", "folder")
    assert "folder/a.txt" in run(server_url, "artifacts", "list", "-r", active.info.run_id, "-a", "folder")
    target = tmp_path / "down"
    target.mkdir()
    run(server_url, "artifacts", "download", "-r", active.info.run_id, "-a", "folder/a.txt", "-d", str(target))
    assert next(target.rglob("a.txt")).read_text() == "words"
