"""Runs, parameters, metrics, tags, searches and errors through the unmodified mlflow client."""

import math
import time

import mlflow
import pytest
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException


def test_a_run_keeps_what_was_logged(client, experiment):
    with mlflow.start_run(run_name="first", tags={"team": "a"}, description="why") as run:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"width": 4, "name": "x"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "minus": -math.inf})
        mlflow.set_tag("phase", "train")
    got = client.get_run(run.info.run_id)
    assert got.info.run_name == "first"
    assert got.info.status == "FINISHED"
    assert got.info.end_time >= got.info.start_time
    assert got.info.artifact_uri == f"mlflow-artifacts:/{experiment.experiment_id}/{run.info.run_id}/artifacts"
    assert got.data.params == {"depth": "3", "width": "4", "name": "x"}
    assert got.data.metrics["loss"] == pytest.approx(0.2)
    assert math.isnan(got.data.metrics["nan"])
    assert got.data.metrics["inf"] == 1.7976931348623157e308
    assert got.data.metrics["minus"] == -1.7976931348623157e308
    assert got.data.tags["team"] == "a" and got.data.tags["phase"] == "train"
    assert got.data.tags["mlflow.note.content"] == "why"
    client.delete_tag(run.info.run_id, "phase")
    assert "phase" not in client.get_run(run.info.run_id).data.tags


def test_names_are_made_when_none_is_given(client, experiment):
    with mlflow.start_run() as run:
        pass
    assert len(client.get_run(run.info.run_id).info.run_name.split("-")) == 3


def test_nested_runs_know_their_parent(client, experiment):
    with mlflow.start_run(run_name="parent") as parent:
        for index in range(3):
            with mlflow.start_run(run_name=f"child-{index}", nested=True):
                mlflow.log_metric("score", index)
    children = client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.score DESC"])
    assert [run.info.run_name for run in children] == ["child-2", "child-1", "child-0"]


def test_metric_history_is_complete_and_ordered(client, experiment):
    with mlflow.start_run() as run:
        metrics = [Metric("m", value, timestamp, step) for step, (value, timestamp) in enumerate([(3.0, 30), (1.0, 10), (2.0, 20)])]
        client.log_batch(run.info.run_id, metrics=metrics, params=[Param("p", "1")], tags=[RunTag("t", "1")])
        client.log_batch(run.info.run_id, metrics=metrics)
    history = client.get_metric_history(run.info.run_id, "m")
    assert [(m.timestamp, m.step, m.value) for m in history] == [(10, 1, 1.0), (20, 2, 2.0), (30, 0, 3.0)]
    assert client.get_run(run.info.run_id).data.metrics["m"] == 2.0
    assert client.get_metric_history(run.info.run_id, "other") == []


def test_long_histories_come_in_pages(client, experiment):
    with mlflow.start_run() as run:
        for start in range(0, 26_000, 1000):
            client.log_batch(run.info.run_id, metrics=[Metric("m", i, 1, i) for i in range(start, start + 1000)])
    history = client.get_metric_history(run.info.run_id, "m")
    assert len(history) == 26_000
    assert [m.step for m in history] == list(range(26_000))


def test_runs_are_found_by_filter_and_in_order(client, experiment):
    for index in range(6):
        with mlflow.start_run(run_name=f"r{index}"):
            mlflow.log_param("kind", "even" if index % 2 == 0 else "odd")
            mlflow.log_metric("score", index)
            if index == 5:
                mlflow.log_metric("score", math.nan, step=1)

    def names(filter_string="", order_by=None):
        return [r.info.run_name for r in client.search_runs([experiment.experiment_id], filter_string, order_by=order_by)]

    assert names(order_by=["attributes.start_time ASC"]) == [f"r{i}" for i in range(6)]
    assert names("params.kind = 'even' AND metrics.score >= 2", ["metrics.score ASC"]) == ["r2", "r4"]
    assert names("attributes.run_name LIKE 'r%' and params.kind != 'even'", ["metrics.score DESC"]) == ["r3", "r1", "r5"]
    assert names("metrics.score > 100") == []
    assert names("tags.`mlflow.runName` ILIKE 'R3'") == ["r3"]
    assert names("status = 'FINISHED' AND params.missing IS NULL", ["params.kind DESC", "metrics.score ASC"])[:2] == ["r1", "r3"]
    frame = mlflow.search_runs(experiment_names=[experiment.name], filter_string="metrics.score < 3", order_by=["metrics.score"])
    assert list(frame["metrics.score"]) == [0.0, 1.0, 2.0]


def test_results_are_paged(client, experiment):
    for index in range(5):
        client.create_run(experiment.experiment_id, start_time=index + 1)
    seen, token = [], None
    while True:
        page = client.search_runs([experiment.experiment_id], max_results=2, page_token=token)
        seen += [run.info.start_time for run in page]
        token = page.token
        if not token:
            break
    assert seen == [5, 4, 3, 2, 1]


def test_runs_are_deleted_and_restored(client, experiment):
    run = client.create_run(experiment.experiment_id)
    client.delete_run(run.info.run_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    assert len(client.search_runs([experiment.experiment_id])) == 0
    assert len(client.search_runs([experiment.experiment_id], run_view_type=ViewType.DELETED_ONLY)) == 1
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.set_tag(run.info.run_id, "a", "b")
    client.restore_run(run.info.run_id)
    client.set_tag(run.info.run_id, "a", "b")


def test_experiments_are_made_renamed_deleted_and_restored(client):
    name = f"life-{time.time_ns()}"
    experiment_id = client.create_experiment(name, tags={"owner": "me"})
    assert client.get_experiment(experiment_id).tags == {"owner": "me"}
    client.set_experiment_tag(experiment_id, "more", "1")
    client.delete_experiment_tag(experiment_id, "owner")
    client.rename_experiment(experiment_id, name + "-2")
    got = client.get_experiment_by_name(name + "-2")
    assert got.experiment_id == experiment_id and got.tags == {"more": "1"}
    assert client.get_experiment_by_name(name) is None
    run = client.create_run(experiment_id)
    client.delete_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(MlflowException, match="already exists"):
        client.create_experiment(name + "-2")
    with pytest.raises(MlflowException, match="deleted"):
        mlflow.set_experiment(name + "-2")
    client.restore_experiment(experiment_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "active"
    found = client.search_experiments(filter_string=f"name = '{name}-2'")
    assert [e.experiment_id for e in found] == [experiment_id]
    assert client.get_experiment("0").name == "Default"


def test_wrong_requests_are_refused_in_words(client, experiment):
    with pytest.raises(MlflowException, match="Run with id=.* not found") as unknown:
        client.get_run("0" * 32)
    assert unknown.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    run = client.create_run(experiment.experiment_id)
    client.log_param(run.info.run_id, "p", 1)
    client.log_param(run.info.run_id, "p", 1)
    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_param(run.info.run_id, "p", 2)
    with pytest.raises(MlflowException, match="at character") as filtered:
        client.search_runs([experiment.experiment_id], "metrics.a > 1 OR metrics.b > 2")
    assert filtered.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException, match="Invalid attribute key"):
        client.search_runs([experiment.experiment_id], "nope = 'x'")
    with pytest.raises(MlflowException, match="No Experiment with id=987654 exists"):
        client.create_run("987654")


def test_long_values_are_cut(client, experiment):
    run = client.create_run(experiment.experiment_id)
    client.log_param(run.info.run_id, "p", "x" * 7000)
    client.set_tag(run.info.run_id, "t", "y" * 9000)
    got = client.get_run(run.info.run_id)
    assert len(got.data.params["p"]) == 6000
    assert len(got.data.tags["t"]) == 8000
