"""The model registry through the unmodified mlflow client: register, name, find, load back, delete."""

import uuid

import mlflow
import numpy as np
import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression


@pytest.fixture
def name():
    return f"model-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def data():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(80, 2)).astype("float32")
    return x, (x[:, 0] - x[:, 1] > 0).astype(int)


def register_sklearn(name, data):
    x, y = data
    model = LogisticRegression().fit(x, y)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(model, name="classifier", signature=infer_signature(x, y), registered_model_name=name)
    return model, run, info


def tern(server_url, path, **arguments):
    return requests.get(f"{server_url}/api/tern/v1/{path}", timeout=30, **arguments)


def test_a_model_logged_under_a_name_is_a_version(client, experiment, name, data):
    _, run, info = register_sklearn(name, data)
    assert str(info.registered_model_version) == "1"
    version = client.get_model_version(name, "1")
    assert version.status == "READY"
    assert version.run_id == run.info.run_id
    assert version.source.startswith("models:/m-")
    assert version.current_stage == "None"
    assert client.get_model_version_download_uri(name, "1").startswith("mlflow-artifacts:/")
    logged = client.get_logged_model(info.model_id)
    assert name in logged.tags["mlflow.modelVersions"]


def test_it_loads_back_by_alias_number_and_stage(client, experiment, name, data):
    model, _, _ = register_sklearn(name, data)
    client.set_registered_model_alias(name, "champion", "1")
    client.transition_model_version_stage(name, "1", "Production")
    x, _ = data
    for uri in [f"models:/{name}@champion", f"models:/{name}/1", f"models:/{name}/Production", f"models:/{name}/latest"]:
        loaded = mlflow.pyfunc.load_model(uri)
        assert (loaded.predict(x) == model.predict(x)).all(), uri


def test_a_version_from_a_runs_artifacts(client, experiment, name):
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "model/readme.txt")
    client.create_registered_model(name)
    version = client.create_model_version(name, f"runs:/{run.info.run_id}/model", run_id=run.info.run_id)
    assert int(version.version) == 1
    path = mlflow.artifacts.download_artifacts(f"models:/{name}/1")
    with open(f"{path}/readme.txt") as file:
        assert file.read() == "hello"


def test_an_onnx_model_can_be_served(client, experiment, server_url, name, data):
    onnx = pytest.importorskip("onnx")
    from skl2onnx import to_onnx

    x, y = data
    exported = to_onnx(LogisticRegression().fit(x, y), x[:1], options={"zipmap": False}, target_opset=17)
    assert isinstance(exported, onnx.ModelProto)
    with mlflow.start_run() as run:
        mlflow.onnx.log_model(exported, name="model", registered_model_name=name)
    version = tern(server_url, f"models/{name}/versions/1").json()
    assert version["status"] == "registered"
    assert len(version["digest"]) == 64
    assert [field["name"] for field in version["signature"]["inputs"]] == ["X"]
    assert version["run_id"] == run.info.run_id


def test_another_kind_of_model_says_why_no_gate_applies(client, experiment, server_url, name, data):
    register_sklearn(name, data)
    version = tern(server_url, f"models/{name}/versions/1").json()
    assert version.get("digest") is None
    assert version["gates"][0]["verdict"] == "skipped"
    assert "not an ONNX model" in version["gates"][0]["evidence"]["sentence"]


def test_numbers_are_not_used_again(client, name):
    client.create_registered_model(name)
    for number in (1, 2):
        assert int(client.create_model_version(name, f"s3://bucket/{number}").version) == number
    client.delete_model_version(name, "2")
    with pytest.raises(MlflowException, match=rf"Model Version \(name={name}, version=2\) not found"):
        client.get_model_version(name, "2")
    assert int(client.create_model_version(name, "s3://bucket/3").version) == 3


def test_names_descriptions_and_tags(client, name):
    client.create_registered_model(name, tags={"team": "grid"}, description="first")
    client.create_model_version(name, "s3://bucket/x", tags={"kind": "test"}, description="v")
    with pytest.raises(MlflowException, match="already exists"):
        client.create_registered_model(name)
    client.set_registered_model_tag(name, "team", "wind")
    client.set_model_version_tag(name, "1", "kind", "real")
    client.update_registered_model(name, "second")
    client.update_model_version(name, "1", "better")
    model = client.get_registered_model(name)
    assert (model.description, model.tags) == ("second", {"team": "wind"})
    version = client.get_model_version(name, "1")
    assert (version.description, version.tags) == ("better", {"kind": "real"})
    client.delete_registered_model_tag(name, "team")
    client.delete_model_version_tag(name, "1", "kind")
    assert client.get_registered_model(name).tags == {}
    assert client.get_model_version(name, "1").tags == {}
    client.rename_registered_model(name, name + "-new")
    assert client.get_model_version(name + "-new", "1").description == "better"
    client.delete_registered_model(name + "-new")
    with pytest.raises(MlflowException, match="not found"):
        client.get_registered_model(name + "-new")


def test_aliases_move_and_go(client, name):
    client.create_registered_model(name)
    for number in (1, 2):
        client.create_model_version(name, f"s3://bucket/{number}")
    client.set_registered_model_alias(name, "best", "1")
    client.set_registered_model_alias(name, "best", "2")
    assert int(client.get_model_version_by_alias(name, "best").version) == 2
    assert client.get_model_version(name, "2").aliases == ["best"]
    assert {alias: int(version) for alias, version in client.get_registered_model(name).aliases.items()} == {"best": 2}
    client.delete_registered_model_alias(name, "best")
    with pytest.raises(MlflowException, match="Registered model alias best not found"):
        client.get_model_version_by_alias(name, "best")
    with pytest.raises(MlflowException, match="reserved"):
        client.set_registered_model_alias(name, "v7", "1")


def test_stages_archive_what_was_there(client, name):
    client.create_registered_model(name)
    for number in (1, 2):
        client.create_model_version(name, f"s3://bucket/{number}")
    client.transition_model_version_stage(name, "1", "Staging")
    moved = client.transition_model_version_stage(name, "2", "staging", archive_existing_versions=True)
    assert moved.current_stage == "Staging"
    assert client.get_model_version(name, "1").current_stage == "Archived"
    assert [int(v.version) for v in client.get_latest_versions(name, ["Staging"])] == [2]
    with pytest.raises(MlflowException, match="Invalid Model Version stage"):
        client.transition_model_version_stage(name, "1", "Limbo")


def test_searches_filter_order_and_page(client, name):
    names = [f"{name}-{letter}" for letter in "abc"]
    for each in names:
        client.create_registered_model(each, tags={"batch": name})
        client.create_model_version(each, "s3://bucket/x", run_id=None, tags={"batch": name})
    found = client.search_registered_models(f"tags.batch = '{name}'", order_by=["name DESC"])
    assert [model.name for model in found] == names[::-1]
    assert [int(model.latest_versions[0].version) for model in found] == [1, 1, 1]
    first = client.search_registered_models(f"name LIKE '{name}%'", max_results=2)
    assert [model.name for model in first] == names[:2]
    rest = client.search_registered_models(f"name LIKE '{name}%'", max_results=2, page_token=first.token)
    assert [model.name for model in rest] == names[2:]
    assert not rest.token
    versions = client.search_model_versions(f"name = '{names[1]}'")
    assert [(version.name, int(version.version)) for version in versions] == [(names[1], 1)]
    assert len(client.search_model_versions(f"tags.batch = '{name}'")) == 3
    assert client.search_model_versions(f"tags.batch = '{name}' AND version_number > 1") == []
    with pytest.raises(MlflowException) as refused:
        client.search_registered_models("size > 3")
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_source_that_is_not_the_runs_own_is_refused(client, experiment, name):
    client.create_registered_model(name)
    with mlflow.start_run() as run:
        mlflow.log_text("x", "model/x.txt")
    with pytest.raises(MlflowException, match="Invalid model version source"):
        client.create_model_version(name, "mlflow-artifacts:/0/elsewhere/artifacts/model", run_id=run.info.run_id)
    with pytest.raises(MlflowException, match="Invalid model version source"):
        client.create_model_version(name, "/etc")
    assert client.search_model_versions(f"name = '{name}'") == []
