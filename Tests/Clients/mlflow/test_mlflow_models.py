"""Training with autolog, datasets and logged models through the unmodified mlflow client."""

import mlflow
import numpy as np
import pytest
from mlflow.models import infer_signature


@pytest.fixture
def data():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 3))
    return x, (x[:, 0] + x[:, 1] > 0).astype(int)


def test_autolog_records_training(client, experiment, data):
    from sklearn.ensemble import RandomForestClassifier

    x, y = data
    mlflow.sklearn.autolog(log_datasets=True)
    try:
        with mlflow.start_run() as run:
            RandomForestClassifier(n_estimators=5, random_state=0).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    got = client.get_run(run.info.run_id)
    assert got.data.params["n_estimators"] == "5"
    assert got.data.metrics["training_accuracy_score"] > 0.9
    assert got.inputs.dataset_inputs[0].tags[0].value == "train"
    assert len(got.outputs.model_outputs) == 1
    assert any(file.path.endswith(".png") for file in client.list_artifacts(run.info.run_id))
    model = client.get_logged_model(got.outputs.model_outputs[0].model_id)
    assert model.source_run_id == run.info.run_id


def test_grid_search_makes_child_runs(client, experiment, data):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    x, y = data
    mlflow.sklearn.autolog(max_tuning_runs=3, log_models=False)
    try:
        with mlflow.start_run() as parent:
            GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    children = client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert sorted(float(run.data.params["C"]) for run in children) == [0.1, 1.0, 10.0]
    assert "best_C" in client.get_run(parent.info.run_id).data.params


def test_a_logged_model_comes_back(client, experiment, data):
    from sklearn.linear_model import LogisticRegression

    x, y = data
    model = LogisticRegression().fit(x, y)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(model, name="classifier", signature=infer_signature(x, y), params={"C": 1.0})
        mlflow.log_metric("accuracy", 0.75, model_id=info.model_id)
    loaded = mlflow.sklearn.load_model(info.model_uri)
    assert (loaded.predict(x) == model.predict(x)).all()
    assert (mlflow.pyfunc.load_model(f"models:/{info.model_id}").predict(x) == model.predict(x)).all()
    logged = client.get_logged_model(info.model_id)
    assert str(logged.status) == "READY"
    assert logged.params["C"] == "1.0"
    assert [(m.key, m.value) for m in logged.metrics] == [("accuracy", 0.75)]
    assert [output.model_id for output in client.get_run(run.info.run_id).outputs.model_outputs] == [info.model_id]
    found = mlflow.search_logged_models(
        experiment_ids=[experiment.experiment_id],
        filter_string="metrics.accuracy > 0.7 AND name = 'classifier'",
        order_by=[{"field_name": "metrics.accuracy", "ascending": False}],
        output_format="list",
    )
    assert [m.model_id for m in found] == [info.model_id]
    client.set_logged_model_tags(info.model_id, {"stage": "new"})
    assert client.get_logged_model(info.model_id).tags["stage"] == "new"
    client.delete_logged_model_tag(info.model_id, "stage")
    assert "stage" not in client.get_logged_model(info.model_id).tags
    client.delete_logged_model(info.model_id)
    with pytest.raises(mlflow.MlflowException, match="not found"):
        client.get_logged_model(info.model_id)


def test_datasets_are_inputs_of_a_run(client, experiment):
    import pandas

    frame = pandas.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5]})
    dataset = mlflow.data.from_pandas(frame, source="/tmp/somewhere.csv", name="numbers")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
        mlflow.log_input(dataset, context="training")
    got = client.get_run(run.info.run_id)
    assert [(i.dataset.name, i.dataset.digest) for i in got.inputs.dataset_inputs] == [("numbers", dataset.digest)]
    found = client.search_runs([experiment.experiment_id], "datasets.name = 'numbers' AND datasets.context = 'training'")
    assert [r.info.run_id for r in found] == [run.info.run_id]
