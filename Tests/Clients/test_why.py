"""`tern why`: from the endpoint to everything behind it, now and at any moment that the ledger knows."""

import json
import subprocess
import time

import numpy
import pandas
import pytest
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tern_process import Server, tern, wait_for_run

PROJECT = """
project: why
owner: why-team@example.com
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
    gates: [{metric: f1, at_least: 0.8}]
endpoints:
  way: {model: direction}
"""


def write_model(path, flip: bool) -> pandas.DataFrame:
    table = pandas.DataFrame(numpy.random.default_rng(0).normal(size=(400, 2)).round(4), columns=["a", "b"])
    table["y"] = (table.a > table.b).astype(int)
    classifier = LogisticRegression()
    model = make_pipeline(ColumnTransformer([("f", "passthrough", ["a", "b"])]), classifier)
    model.fit(table[["a", "b"]], 1 - table.y if flip else table.y)
    onnx = convert_sklearn(model, initial_types=[(name, FloatTensorType([None, 1])) for name in ("a", "b")], options={id(classifier): {"zipmap": False}})
    path.write_bytes(onnx.SerializeToString())
    return table


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write_model(folder / "model.onnx", flip=False).to_csv(folder / "rows.csv", index=False)
    (folder / "tern.yaml").write_text(PROJECT)
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    with Server(tmp_path_factory.mktemp("home")) as server:
        server.folder = folder
        assert tern("apply", server=server, cwd=folder).returncode == 0
        assert tern("data", "add", "rows", server=server, cwd=folder).returncode == 0
        server.before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 5))
        run = server.ok("POST", "pipelines/train/runs", {"reason": "for why"})
        server.run = wait_for_run(server, run["id"])
        assert server.run["state"] == "succeeded", server.run
        server.token = server.ok("POST", "tokens", {"name": "alice", "role": "approver"})["token"]
        server.ok("POST", "models/direction/versions/1/approve", {"reason": "the gate's numbers convince me"}, token=server.token)
        server.ok("POST", "endpoints/way/settle", {})
        yield server


def test_why_leads_from_the_endpoint_to_the_data(world):
    answer = json.loads(tern("why", "endpoint/way", "--json", server=world).stdout)
    (variant,) = answer["variants"]
    version = variant["version"]
    assert (variant["role"], version["model"], version["version"], version["status"]) == ("primary", "direction", 1, "approved")
    assert version["gates"][0]["verdict"] == "pass" and version["gates"][0]["evidence"]["value"] > 0.8
    assert [(each["by"], each["reason"]) for each in version["approvals"]] == [("alice", "the gate's numbers convince me")]
    lineage = version["lineage"]
    assert lineage["pipeline_run"] == world.run["id"]
    assert lineage["run"] == world.run["tracking_run"]
    assert lineage["params"] == {"level": 3}
    commit = subprocess.run(["git", "-C", str(world.folder), "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    assert (lineage["code_commit"], lineage["code_clean"]) == (commit, True)
    (dataset,) = lineage["datasets"]
    assert (dataset["name"], dataset["version"], len(dataset["digest"])) == ("rows", 1, 64)

    shown = tern("why", "endpoint/way", server=world).stdout
    for word in ("direction version 1", "alice", commit, "rows version 1", "f1"):
        assert word in shown, shown


def test_why_answers_for_the_past(world):
    early = tern("why", "endpoint/way", "--at", world.before, server=world)
    assert early.returncode == 1 and "no variants" in early.stderr
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5))
    then = json.loads(tern("why", "endpoint/way", "--at", now, "--json", server=world).stdout)
    assert then["variants"][0]["version"]["version"] == 1


def test_a_refused_version_ends_the_run_with_3_and_is_not_released(world):
    write_model(world.folder / "model.onnx", flip=True)
    refused = tern("run", "train", server=world, cwd=world.folder)
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert "at least 0.8 is asked" in refused.stdout
    assert tern("release", "way", "--version", "2", server=world).returncode == 3
    assert tern("release", "way", "--version", "2", "--override", "I insist", server=world).returncode == 4
    assert "v1" in tern("endpoints", server=world).stdout


def test_why_of_nothing_says_what_can_be_asked(world):
    answer = tern("why", "moon", server=world)
    assert answer.returncode == 1 and "endpoint/NAME" in answer.stderr
