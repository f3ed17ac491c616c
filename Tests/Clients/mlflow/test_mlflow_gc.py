"""What is deleted can be restored until garbage is collected; then rows, files and names are gone, as with `mlflow gc`."""

import uuid

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException


def collect(server_url, **what):
    answer = requests.post(f"{server_url}/api/tern/v1/gc", json={"older_than": "0s"} | what, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_deleted_runs_and_experiments_go_for_good_and_free_their_names(client, server_url):
    name = f"gc-{uuid.uuid4().hex[:8]}"
    number = mlflow.set_experiment(name).experiment_id
    with mlflow.start_run() as kept:
        mlflow.log_metric("m", 1)
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1)
        mlflow.log_text("words", "a.txt")
    client.delete_run(run.info.run_id)
    assert collect(server_url, runs=[run.info.run_id], dry_run=True)["runs"] == 1
    client.restore_run(run.info.run_id)
    client.delete_run(run.info.run_id)
    assert collect(server_url, runs=[run.info.run_id])["runs"] == 1
    with pytest.raises(MlflowException, match="not found"):
        client.get_run(run.info.run_id)
    files = f"{server_url}/api/2.0/mlflow-artifacts/artifacts/{number}/{run.info.run_id}/artifacts/a.txt"
    assert requests.get(files, timeout=30).status_code == 404
    assert client.get_run(kept.info.run_id).data.metrics == {"m": 1}
    client.delete_experiment(number)
    with pytest.raises(MlflowException, match="already exists"):
        client.create_experiment(name)
    assert collect(server_url, experiments=[number])["experiments"] == 1
    again = client.create_experiment(name)
    assert again != number and client.search_runs([again]) == []


def test_what_is_not_deleted_is_never_collected(client, experiment, server_url):
    run = client.create_run(experiment.experiment_id).info.run_id
    requests.post(f"{server_url}/api/tern/v1/gc", json={"runs": [run], "older_than": "0s"}, timeout=60)
    assert client.get_run(run).info.lifecycle_stage == "active"
