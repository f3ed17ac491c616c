"""What the registry answers: card, lineage, deployments, evidence, approvals, comparison; and signatures held to at registration.

Through the unmodified mlflow client, the command line, the REST API and the pages.
"""

import json
import subprocess
import uuid

import mlflow
import numpy
import pandas
import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.types.schema import ColSpec, Schema
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from tern_process import Server, tern

PROJECT = """
project: answers
owner: answers-team@example.com
datasets:
  rows: {path: rows.csv}
pipelines:
  train:
    params: {level: 3}
    steps:
      fit: {run: cp $TERN_INPUT_MODEL_ONNX $TERN_OUTPUT_MODEL_ONNX && cp $TERN_INPUT_ROWS $TERN_OUTPUT_HOLDOUT_CSV,
            in: ["dataset:rows", "file:model.onnx"], out: [model.onnx, holdout.csv]}
      publish: {register: direction, from: fit/model.onnx, holdout: fit/holdout.csv, reference: fit/holdout.csv}
models:
  direction:
    purpose: Is a above b?
    target: y
    card: card.md
    inputs: unchanged
    gates: [{metric: f1, at_least: 0.6}]
endpoints:
  way: {model: direction}
"""

CARD = "# Direction\n\nUse it *only* here. <script>alert(1)</script>\n\n| who | when |\n|---|---|\n| grid | daily |\n"


def table(rows=400):
    frame = pandas.DataFrame(numpy.random.default_rng(0).normal(size=(rows, 2)).round(4), columns=["a", "b"])
    frame["y"] = (frame.a > frame.b).astype(int)
    return frame


def onnx_of(classifier, frame, names=("a", "b")):
    """A model with an input for each column."""
    model = make_pipeline(ColumnTransformer([("f", "passthrough", ["a", "b"])]), classifier).fit(frame[["a", "b"]], frame.y)
    exported = convert_sklearn(
        model, initial_types=[(name, FloatTensorType([None, 1])) for name in ("a", "b")], options={id(classifier): {"zipmap": False}}, target_opset=17
    )
    for node in exported.graph.node:
        node.input[:] = [dict(zip(("a", "b"), names)).get(name, name) for name in node.input]
    for given, name in zip(exported.graph.input, names):
        given.name = name
    return exported


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A project in git, trained twice: version 1 is released and then replaced by version 2."""
    folder = tmp_path_factory.mktemp("project")
    frame = table()
    frame.to_csv(folder / "rows.csv", index=False)
    (folder / "model.onnx").write_bytes(onnx_of(LogisticRegression(), frame).SerializeToString())
    (folder / "card.md").write_text(CARD)
    (folder / "tern.yaml").write_text(PROJECT)
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    subprocess.run(["git", "-C", str(folder), "remote", "add", "origin", "https://me:secret@example.com/grid.git"], check=True)
    with Server(tmp_path_factory.mktemp("home")) as server:
        server.folder, server.frame = folder, frame
        for command in (["apply"], ["data", "add", "rows"]):
            done = tern(*command, server=server, cwd=folder)
            assert done.returncode == 0, done.stderr
        run_pipeline(server)
        (folder / "model.onnx").write_bytes(
            onnx_of(RandomForestClassifier(n_estimators=5, max_depth=2, random_state=0), frame).SerializeToString())
        run_pipeline(server)
        for version in (1, 2):
            server.ok("POST", f"models/direction/versions/{version}/approve", {"reason": f"checked {version}"})
            # The endpoint may have followed the approval by itself.
            done = tern("release", "way", "--version", str(version), server=server, cwd=folder)
            assert done.returncode == 0 or "already answers" in done.stderr, done.stderr + done.stdout
            server.ok("POST", "endpoints/way/settle", {})
        yield server


def run_pipeline(server):
    done = tern("run", "train", "--json", server=server, cwd=server.folder)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture
def registry(world):
    mlflow.set_tracking_uri(world.url)
    mlflow.set_registry_uri(world.url)
    mlflow.set_experiment(f"answers-{uuid.uuid4().hex[:8]}")
    yield mlflow.MlflowClient(world.url)
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture
def name():
    return f"answers-{uuid.uuid4().hex[:10]}"


def html(world, path):
    answer = requests.get(world.url + path, headers={"Accept": "text/html"}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_lineage_of_a_trained_version(world):
    lineage = world.ok("GET", "models/direction/versions/1/lineage")
    head = subprocess.run(["git", "-C", str(world.folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert lineage["code_commit"] == head and lineage["code_clean"] is True
    assert world.ok("GET", "models/direction/versions/2/lineage")["code_clean"] is False
    assert lineage["code_repository"] == "https://example.com/grid.git" and "secret" not in json.dumps(lineage)
    (data,) = lineage["datasets"]
    assert (data["name"], data["version"], data["rows"]) == ("rows", 1, 400)
    assert lineage["params"] == {"level": 3}
    assert lineage["run"]["params"]["level"] == "3" and lineage["run"]["name"]
    assert lineage["step"] == "publish" and len(lineage["holdout"]) == 64
    printed = tern("models", "lineage", "direction", "2", server=world, cwd=world.folder)
    assert printed.returncode == 0, printed.stderr
    assert f"{head}, with changes beside it" in printed.stdout
    assert "rows version 1, 400 rows" in printed.stdout
    assert "feature views" in printed.stdout and "not built" in printed.stdout
    as_json = tern("models", "lineage", "direction", "1", "--json", server=world, cwd=world.folder)
    assert json.loads(as_json.stdout) == lineage


def test_where_versions_answer_and_answered(world):
    first = world.ok("GET", "models/direction/versions/1")["deployments"]
    assert first and all(one["endpoint"] == "way" and one.get("to") for one in first)
    assert first[0]["role"] == "primary" and first[0]["share"] == 1 and first[0]["ended_by"] == "release.promoted"
    (now,) = [one for one in world.ok("GET", "models/direction/deployments")["deployments"] if not one.get("to")]
    assert (now["version"], now["role"], now["share"]) == (2, "primary", 1)
    shown = tern("models", "show", "direction", server=world, cwd=world.folder).stdout
    assert "way (primary 100 %)" in shown
    one = tern("models", "show", "direction", "1", server=world, cwd=world.folder).stdout
    assert "answered way as primary 100 % from" in one and "release.promoted" in one
    page = html(world, "/models/direction/versions/1")
    assert "ended by release.promoted" in page and "/endpoints/way" in page


def test_versions_are_compared(world):
    answer = world.ok("GET", "models/direction/compare?a=1&b=champion")
    assert (answer["from"]["version"], answer["to"]["version"]) == (1, 2)
    churn = answer["churn"]
    assert churn["rows"] == 400 and churn["kind"] == "classes"
    assert sum(flip["rows"] for flip in churn["flips"]) == round(churn["changed"] * 400)
    assert churn["mended"] + churn["broken"] == round(churn["changed"] * 400)
    # The same figure as a person would compute it.
    import onnxruntime

    answers = []
    for version in (1, 2):
        digest = world.ok("GET", f"models/direction/versions/{version}")["digest"]
        session = onnxruntime.InferenceSession(str(world.home / "blobs" / digest[:2] / digest[2:]))
        feed = {column: world.frame[[column]].to_numpy("float32") for column in ("a", "b")}
        answers.append(session.run(["output_label" if "output_label" in [o.name for o in session.get_outputs()] else "label"], feed)[0])
    assert churn["changed"] == pytest.approx(float((answers[0] != answers[1]).mean()))
    f1 = next(metric for metric in answer["metrics"] if metric["name"] == "f1" and metric["origin"] == "holdout")
    assert f1["delta"] == pytest.approx(f1["to"] - f1["from"]) and f1["verdict"] == ("better" if f1["delta"] > 0 else "worse")
    assert answer["data"][0]["same"] is True and answer["schema"] == [] and answer["params"] == []
    printed = tern("models", "compare", "direction", "1", "champion", server=world, cwd=world.folder)
    assert printed.returncode == 0 and "of 400 answers differ" in printed.stdout, printed.stderr
    page = html(world, "/models/direction/compare?a=1&b=2")
    assert "of 400 answers differ" in page and "Classes that changed" in page
    status, refused = world.api("GET", "models/direction/compare?a=1&b=nobody")
    assert status == 400 and "nobody" in refused["error"]["message"]
    assert world.api("GET", "models/direction/compare?a=1")[0] == 400
    assert world.api("GET", "models/direction/compare?a=1&b=99")[0] == 404


def test_cards_are_shown_and_harmless(world):
    assert world.ok("GET", "models/direction/card")["card"] == CARD
    page = html(world, "/models/direction")
    assert "<h2>Direction</h2>" in page and "<em>only</em>" in page and "<th>who</th>" in page
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page
    note = world.folder / "note.md"
    note.write_text("**second**")
    done = tern("models", "card", "direction", "2", "--set", str(note), server=world, cwd=world.folder)
    assert done.returncode == 0 and done.stdout.strip() == "**second**", done.stderr
    assert "<strong>second</strong>" in html(world, "/models/direction/versions/2")
    assert world.ok("GET", "models/direction/versions/1/card")["card"] == CARD
    assert world.api("POST", "models/direction/versions/1/card", {"card": "x" * (256 * 1024 + 1)})[0] == 400


def test_evidence_and_approvals_with_reasons(world):
    version = world.ok("GET", "models/direction/versions/2")
    (gate,) = version["gates"]
    assert gate["evidence"]["rows"] == 400 and gate["evidence"]["threshold"] == 0.6 and gate["verdict"] == "pass"
    assert [(word["verdict"], word["reason"]) for word in version["approvals"]] == [("approved", "checked 2")]
    assert tern("models", "withdraw", "direction", "2", "--reason", "", server=world, cwd=world.folder).returncode == 1
    done = tern("models", "withdraw", "direction", "2", "--reason", "looked again", server=world, cwd=world.folder)
    assert done.returncode == 0 and "pending_approval" in done.stdout, done.stderr
    done = tern("models", "approve", "direction", "2", "--reason", "fine after all", server=world, cwd=world.folder)
    assert "approved" in done.stdout
    words = world.ok("GET", "models/direction/versions/2")["approvals"]
    assert [word["verdict"] for word in words] == ["approved", "withdrawn", "approved"]
    page = html(world, "/models/direction/versions/2")
    for text in ("looked again", "fine after all", "<i>threshold</i> 0.6", "Withdraw my approval"):
        assert text in page


def test_inputs_that_must_stay_unchanged(world, tmp_path):
    other = tmp_path / "other.onnx"
    other.write_bytes(onnx_of(LogisticRegression(), world.frame, names=("a", "c")).SerializeToString())
    status, refused = world.api("POST", "models/direction/versions", {"path": str(other)})
    assert status == 400 and "must stay unchanged" in refused["error"]["message"] and "'c'" in refused["error"]["message"]
    assert len(world.ok("GET", "models/direction")["versions"]) == 2


def log_onnx(name, exported, signature, **arguments):
    with mlflow.start_run() as run:
        mlflow.log_param("trees", 60)
        mlflow.log_metric("val_loss", 0.25)
        mlflow.log_input(mlflow.data.from_pandas(table(50), name="market"), context="training")
        mlflow.onnx.log_model(exported, name="model", signature=signature, registered_model_name=name, **arguments)
    return run


def test_a_matching_signature_is_kept_beside_the_files_own(world, registry, name):
    frame = world.frame
    exported = to_onnx(LogisticRegression().fit(frame[["a", "b"]].to_numpy("float32"), frame.y), frame[["a", "b"]].to_numpy("float32")[:1],
                       options={"zipmap": False}, target_opset=17)
    run = log_onnx(name, exported, infer_signature(frame[["a", "b"]], frame.y), input_example=frame[["a", "b"]].head(40))
    version = world.ok("GET", f"models/{name}/versions/1")
    assert [field["name"] for field in version["declared_signature"]["inputs"]] == ["a", "b"]
    assert version["signature"]["inputs"][0]["name"] == "X"
    lineage = world.ok("GET", f"models/{name}/versions/1/lineage")
    assert lineage["run"]["id"] == run.info.run_id and lineage["run"]["metrics"] == {"val_loss": 0.25}
    assert lineage["params"] == {"trees": "60"} and lineage["datasets"][0]["name"] == "market"
    files = {file["name"]: file for file in lineage["environment_files"]}
    assert {"requirements.txt", "conda.yaml", "python_env.yaml"} <= set(files)
    assert "onnx" in files["requirements.txt"]["content"] and len(files["requirements.txt"]["digest"]) == 64
    # The logged example serves as the sample that two versions are asked about.
    other = to_onnx(LogisticRegression().fit(frame[["a", "b"]].to_numpy("float32"), 1 - frame.y), frame[["a", "b"]].to_numpy("float32")[:1],
                    options={"zipmap": False}, target_opset=17)
    log_onnx(name, other, infer_signature(frame[["a", "b"]].to_numpy("float32")))
    answer = world.ok("GET", f"models/{name}/compare?a=1&b=2")
    assert answer["churn"]["rows"] == 40 and answer["churn"]["changed"] == 1
    assert "input example of version 1" in answer["churn"]["sample"]
    html(world, f"/models/{name}/versions/1")
    html(world, f"/models/{name}/compare?a=1&b=2")


@pytest.mark.parametrize("columns, words", [
    ([("double", "a"), ("double", "age")], "'age' (double) is declared, and the ONNX file has no such input"),
    ([("double", "a"), ("string", "b")], "'b' is declared as string, and the ONNX file takes FP32 [-1, 1]"),
    ([("double", "a")], "the ONNX file takes 'b' (FP32 [-1, 1]), which is not declared"),
])
def test_a_signature_that_the_file_does_not_meet_is_refused(world, registry, name, columns, words):
    from mlflow.models import ModelSignature

    signature = ModelSignature(inputs=Schema([ColSpec(kind, column) for kind, column in columns]))
    with pytest.raises(MlflowException) as refused:
        log_onnx(name, onnx_of(LogisticRegression(), world.frame), signature)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    assert words in str(refused.value)
    assert registry.search_model_versions(f"name = '{name}'") == []


def test_other_flavours_keep_their_signature_as_given(world, registry, name):
    frame = world.frame
    model = LinearRegression().fit(frame[["a", "b"]], frame.y)
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="model", signature=infer_signature(frame[["a", "b"]], model.predict(frame[["a", "b"]])),
                                 registered_model_name=name)
    version = world.ok("GET", f"models/{name}/versions/1")
    assert version.get("digest") is None
    assert [field["name"] for field in version["declared_signature"]["inputs"]] == ["a", "b"]
    assert mlflow.pyfunc.load_model(f"models:/{name}/1").predict(frame[["a", "b"]]).shape == (400,)
    page = html(world, f"/models/{name}/versions/1")
    assert "As declared by its maker" in page and "Not an ONNX model" in page


def test_a_model_without_an_owner_is_not_released(world, registry, name):
    log_onnx(name, onnx_of(LogisticRegression(), world.frame), None)
    world.ok("POST", f"models/{name}/versions/1/approve", {"reason": "looks sound"})
    # tern.yaml cannot name such a model; this is what a request of one's own making gets.
    project = world.ok("GET", "project")["projects"][0]
    endpoint = project["endpoints"][0] | {"name": name, "model": name}
    project |= {"name": name, "datasets": [], "pipelines": [], "models": [], "monitors": [], "policies": [], "endpoints": [endpoint]}
    world.ok("POST", "project/apply", {"project": project})
    done = tern("release", name, "--version", "1", server=world, cwd=world.folder)
    assert done.returncode == 1 and "has no owner, so no version of it is released" in done.stderr
    assert world.ok("GET", f"models/{name}/deployments")["deployments"] == []


def test_an_mlflow_description_is_the_card(world, registry, name):
    registry.create_registered_model(name, description="Made by *hand*.")
    registry.create_model_version(name, "s3://bucket/x")
    assert world.ok("GET", f"models/{name}/versions/1/card")["card"] == "Made by *hand*."
    assert "Made by <em>hand</em>." in html(world, f"/models/{name}")


def test_searches_page_by_place(world, registry, name):
    for number in range(7):
        registry.create_registered_model(f"{name}-{number}", tags={"batch": name})
    first = registry.search_registered_models(f"tags.batch = '{name}'", max_results=3)
    registry.create_registered_model(f"{name}-0a", tags={"batch": name})
    second = registry.search_registered_models(f"tags.batch = '{name}'", max_results=3, page_token=first.token)
    third = registry.search_registered_models(f"tags.batch = '{name}'", max_results=3, page_token=second.token)
    found = [model.name for page in (first, second, third) for model in page]
    assert found == [f"{name}-{number}" for number in range(7)] and not third.token
    with pytest.raises(MlflowException, match="another order"):
        registry.search_registered_models(f"tags.batch = '{name}'", max_results=3, order_by=["timestamp DESC"], page_token=first.token)
