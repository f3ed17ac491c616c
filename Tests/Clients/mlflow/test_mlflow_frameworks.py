"""What scripts in the wild do: autologging frameworks, many runs at once, system metrics, evaluation, large files."""

import concurrent.futures
import hashlib
import multiprocessing
import os
import time

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="module")
def table():
    features, target = make_classification(300, 6, random_state=7)
    return pd.DataFrame(features, columns=[f"f{index}" for index in range(6)]), target


def test_xgboost_autolog_records_each_round_and_the_model(client, experiment, table):
    import xgboost

    features, target = table
    mlflow.xgboost.autolog()
    try:
        with mlflow.start_run() as run:
            train = xgboost.DMatrix(features[:200], label=target[:200])
            check = xgboost.DMatrix(features[200:], label=target[200:])
            parameters = {"objective": "binary:logistic", "eval_metric": ["logloss", "auc"], "max_depth": 3, "seed": 1}
            booster = xgboost.train(parameters, train, num_boost_round=12, evals=[(train, "train"), (check, "check")], verbose_eval=False)
    finally:
        mlflow.xgboost.autolog(disable=True)
    got = client.get_run(run.info.run_id)
    assert got.info.status == "FINISHED"
    assert got.data.params["max_depth"] == "3" and got.data.params["num_boost_round"] == "12"
    history = client.get_metric_history(run.info.run_id, "check-logloss")
    assert [point.step for point in history] == list(range(12))
    assert got.data.metrics["check-logloss"] == history[-1].value
    assert {file.path for file in client.list_artifacts(run.info.run_id)} >= {"feature_importance_weight.json", "feature_importance_weight.png"}
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    np.testing.assert_allclose(loaded.predict(features[200:]), booster.predict(check), rtol=1e-6)


def test_xgboost_in_sklearn_clothes_is_logged_too(client, experiment, table):
    import xgboost

    features, target = table
    mlflow.xgboost.autolog()
    try:
        with mlflow.start_run() as run:
            xgboost.XGBClassifier(n_estimators=5, max_depth=2).fit(features, target, eval_set=[(features, target)], verbose=False)
    finally:
        mlflow.xgboost.autolog(disable=True)
    assert len(client.get_metric_history(run.info.run_id, "validation_0-logloss")) == 5


def test_sklearn_pipelines_and_regressors_are_logged(client, experiment):
    features, target = make_regression(100, 4, random_state=1)
    mlflow.sklearn.autolog(log_datasets=True)
    try:
        model = make_pipeline(StandardScaler(), LinearRegression()).fit(features, target)
        score = model.score(features, target)
        run = mlflow.last_active_run()
    finally:
        mlflow.sklearn.autolog(disable=True)
    got = client.get_run(run.info.run_id)
    assert got.data.metrics["training_r2_score"] == pytest.approx(score)
    assert "standardscaler" in got.data.params["steps"].lower() or "standardscaler" in got.data.params
    assert got.inputs.dataset_inputs and got.outputs.model_outputs


def log_one_run(arguments):
    """In a process of its own, as a launcher of parallel trainings would."""
    url, experiment, index = arguments
    os.environ["MLFLOW_TRACKING_URI"] = url
    import mlflow as own

    own.set_tracking_uri(url)
    own.set_experiment(experiment_id=experiment)
    with own.start_run(run_name=f"worker-{index}") as run:
        own.log_param("index", index)
        for step in range(50):
            own.log_metric("loss", index + 1 / (step + 1), step=step)
    return run.info.run_id


def test_processes_log_side_by_side(client, experiment, server_url):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        runs = pool.map(log_one_run, [(server_url, experiment.experiment_id, index) for index in range(6)])
    assert len(set(runs)) == 6
    for index, run in enumerate(runs):
        assert client.get_run(run).data.params == {"index": str(index)}
        assert [point.value for point in client.get_metric_history(run, "loss")] == [index + 1 / (step + 1) for step in range(50)]


def test_threads_log_into_one_run(client, experiment):
    run = client.create_run(experiment.experiment_id).info.run_id

    def work(thread):
        for start in range(0, 200, 50):
            client.log_batch(run, metrics=[Metric(f"m{thread}", step, step, step) for step in range(start, start + 50)])
            client.set_tag(run, f"t{thread}", str(start))
        client.log_param(run, f"p{thread}", thread)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    got = client.get_run(run)
    assert got.data.params == {f"p{thread}": str(thread) for thread in range(8)}
    for thread in range(8):
        assert [point.step for point in client.get_metric_history(run, f"m{thread}")] == list(range(200))


def test_three_levels_of_nested_runs(client, experiment):
    with mlflow.start_run(run_name="outer") as outer:
        with mlflow.start_run(run_name="middle", nested=True) as middle:
            with mlflow.start_run(run_name="inner", nested=True) as inner:
                mlflow.log_metric("depth", 3)
        mlflow.log_metric("depth", 1)
    parent = client.get_parent_run
    assert parent(inner.info.run_id).info.run_id == middle.info.run_id
    assert parent(middle.info.run_id).info.run_id == outer.info.run_id
    assert parent(outer.info.run_id) is None


def test_an_exception_ends_a_run_as_failed_and_a_run_can_be_taken_up_again(client, experiment):
    with pytest.raises(ZeroDivisionError):
        with mlflow.start_run() as run:
            mlflow.log_metric("before", 1)
            1 / 0
    assert client.get_run(run.info.run_id).info.status == "FAILED"
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("after", 2)
    got = client.get_run(run.info.run_id)
    assert got.info.status == "FINISHED" and got.data.metrics == {"before": 1, "after": 2}


def test_system_metrics_are_logged_while_a_run_is_active(client, experiment):
    mlflow.set_system_metrics_sampling_interval(0.3)
    mlflow.set_system_metrics_samples_before_logging(1)
    try:
        with mlflow.start_run(log_system_metrics=True) as run:
            time.sleep(2)
    finally:
        mlflow.set_system_metrics_sampling_interval(None)
        mlflow.set_system_metrics_samples_before_logging(None)
    metrics = client.get_run(run.info.run_id).data.metrics
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} <= set(metrics)
    assert len(client.get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")) >= 2


def test_evaluate_logs_metrics_tables_and_pictures(client, experiment, table):
    features, target = table
    model = LogisticRegression().fit(features, target)
    with mlflow.start_run() as run:
        logged = mlflow.sklearn.log_model(model, name="model", input_example=features[:3])
        result = mlflow.models.evaluate(
            logged.model_uri, features.assign(y=target), targets="y", model_type="classifier", evaluator_config={"log_explainer": False})
    got = client.get_run(run.info.run_id).data.metrics
    assert got["accuracy_score"] == pytest.approx(model.score(features, target)) == result.metrics["accuracy_score"]
    assert {"roc_auc", "f1_score", "log_loss"} <= set(got)
    assert any(file.path.endswith(".png") for file in client.list_artifacts(run.info.run_id))
    assert any(metric.key == "accuracy_score" for metric in client.get_logged_model(logged.model_id).metrics)


def test_an_evaluation_can_be_held_to_a_threshold(client, experiment, table):
    from mlflow.models import MetricThreshold

    features, target = table
    model = LogisticRegression().fit(features, target)
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(model, name="model")
        result = mlflow.models.evaluate(
            logged.model_uri, features.assign(y=target), targets="y", model_type="classifier", evaluator_config={"log_explainer": False})
    with pytest.raises(MlflowException, match="accuracy_score"):
        mlflow.validate_evaluation_results(
            validation_thresholds={"accuracy_score": MetricThreshold(threshold=1.01, greater_is_better=True)}, candidate_result=result)


def test_tables_figures_texts_dictionaries_and_images_are_artifacts(client, experiment):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plot

    with mlflow.start_run() as run:
        mlflow.log_text("füße", "notes/text.txt")
        mlflow.log_dict({"a": [1, 2]}, "config.json")
        figure, axes = plot.subplots()
        axes.plot([1, 2])
        mlflow.log_figure(figure, "figure.png")
        plot.close(figure)
        mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), "image.png")
        mlflow.log_table({"question": ["a", "b"], "answer": [1, 2]}, "table.json")
        mlflow.log_table({"question": ["c"], "answer": [3]}, "table.json")
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes/text.txt") == "füße"
    assert mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/config.json") == {"a": [1, 2]}
    assert list(mlflow.load_table("table.json", run_ids=[run.info.run_id])["answer"]) == [1, 2, 3]
    assert mlflow.artifacts.load_image(f"runs:/{run.info.run_id}/image.png").size == (4, 4)


@pytest.mark.parametrize("size", [0, 1, 70_000, 20_000_000, 1_000_000_000], ids=["0 B", "1 B", "70 kB", "20 MB", "1 GB"])
def test_files_of_any_size_come_back_as_they_were(client, experiment, tmp_path, size):
    piece = np.random.default_rng(size).integers(0, 256, 1_000_000, dtype=np.uint8).tobytes()
    sent, digest, left = tmp_path / "file.bin", hashlib.sha256(), size
    with sent.open("wb") as file:
        while left:
            part = piece[: min(left, len(piece))]
            file.write(part)
            digest.update(part)
            left -= len(part)
    run = client.create_run(experiment.experiment_id).info.run_id
    client.log_artifact(run, str(sent), "deep/folder")
    sent.unlink()
    assert client.list_artifacts(run, "deep/folder")[0].file_size == size
    came = client.download_artifacts(run, "deep/folder/file.bin", str(tmp_path))
    with open(came, "rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == digest.hexdigest()
    os.unlink(came)
