"""`tern export` writes everything as plain files, and `tern import tern` reads it back into another home: the round trip loses nothing."""

import csv
import json
import pathlib
import subprocess

from mlflow_store import Side, compare, compare_registry, make_features
from s3_process import S3Server
from tern_process import Server, tern
from test_import_mlflow import bring

PROJECT = """
project: tour
owner: tests
models:
  line: {purpose: a test, target: y, approvals: 0, gates: [{metric: f1, at_least: 0.6}]}
"""


def test_round_trip(tmp_path):
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    run, model = make_features(f"sqlite:///{tmp_path}/mlflow.db", str(artifacts), tmp_path)
    folder = tmp_path / "export"
    with Server(tmp_path / "one") as one:
        bring(one, "mlflow", str(tmp_path / "mlflow.db"))
        done = tern("export", str(folder), "--json", server=one)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["counts"] | {"bytes": 0} == {
            "experiments": 4, "runs": 7, "points": 56, "logged_models": 1, "files": 6, "registered_models": 2, "model_versions": 3, "bytes": 0}
        # Plain files that other programs read: sha256sum, a CSV reader, a JSON reader.
        checked = subprocess.run(["sha256sum", "--check", "--quiet", "checksums.sha256"], cwd=folder, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout
        home = next(folder.glob(f"experiments/*/runs/{run}"))
        rows = list(csv.DictReader((home / "metrics.csv").open()))
        assert len(rows) == 53 and {r["key"] for r in rows} == {"loss", "val/loss", "same step", "negative", "auc"}
        assert json.loads((home / "run.json").read_text())["params"]["lr"] == "0.1"
        assert (home / "artifacts" / "notes.md").read_text() == "# hello"
        again = tern("export", str(folder), server=one)
        assert again.returncode == 1 and "not empty" in again.stderr

        with Server(tmp_path / "two") as two:
            report = bring(two, "tern", str(folder))
            assert report["counts"]["points"] == {"source": 56, "here": 56}
            counts = compare(Side(one.url), Side(two.url))
            assert counts["runs"] == 7 and counts["files"] == 3
            assert compare_registry(Side(one.url), Side(two.url)) == 3
            assert bring(two, "tern", str(folder))["already"] == 7
            # And what came back goes out again the same.
            second = tmp_path / "second"
            assert tern("export", str(second), server=two).returncode == 0
            for path in folder.glob("experiments/**/metrics.csv"):
                assert (second / path.relative_to(folder)).read_bytes() == path.read_bytes()

    # A file that somebody changed is found.
    notes = home / "artifacts" / "notes.md"
    notes.write_text("# changed")
    with Server(tmp_path / "three") as three:
        done = tern("import", "tern", str(folder), server=three)
        assert done.returncode == 1 and "notes.md" in done.stderr + done.stdout and "SHA-256 differs" in done.stderr + done.stdout


def write_classifier(folder: pathlib.Path) -> None:
    """A project with an ONNX model that tells whether a is above b, and a table that says the same."""
    import numpy
    import pandas
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    frame = pandas.DataFrame(numpy.random.default_rng(1).normal(size=(200, 2)).round(3), columns=["a", "b"])
    frame["y"] = (frame.a > frame.b).astype(int)
    model = make_pipeline(ColumnTransformer([("f", "passthrough", ["a", "b"])]), LogisticRegression()).fit(frame[["a", "b"]], frame.y)
    inputs = [(name, FloatTensorType([None, 1])) for name in ("a", "b")]
    exported = convert_sklearn(model, initial_types=inputs, options={id(model.steps[-1][1]): {"zipmap": False}}, target_opset=17)
    (folder / "tern.yaml").write_text(PROJECT)
    (folder / "line.onnx").write_bytes(exported.SerializeToString())
    frame.to_csv(folder / "holdout.csv", index=False)


def test_round_trip_between_buckets_onto_postgresql(postgres, tmp_path):
    """What Tern registered itself and what lies in a run's files: both come back with their ONNX files, and the gates can judge them."""
    project = tmp_path / "project"
    project.mkdir()
    write_classifier(project)
    folder = tmp_path / "export"
    with S3Server() as s3:
        for bucket in ("one", "two"):
            s3.client().create_bucket(Bucket=bucket)
        with Server(tmp_path / "one", environment=s3.environment("one")) as one, \
                Server(tmp_path / "two", environment=s3.environment("two"), database=postgres.create_database()) as two:
            assert tern("apply", server=one, cwd=project).returncode == 0
            first = one.ok("POST", "models/line/versions", {"path": str(project / "line.onnx"), "holdout": str(project / "holdout.csv")})
            assert first["status"] == "approved", first["gates"]
            run = one.ok("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0", "run_name": "maker"})["run"]["info"]
            place = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
            one.ok("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{place}/made/model.onnx", raw=(project / "line.onnx").read_bytes())
            one.ok("POST", "/api/2.0/mlflow/model-versions/create", {
                "name": "line", "source": run["artifact_uri"] + "/made", "run_id": run["run_id"]})
            model = one.ok("POST", "/api/2.0/mlflow/logged-models", {"experiment_id": "0", "name": "odd"})["model"]["info"]["model_id"]
            one.ok("POST", "/api/2.0/mlflow/runs/log-metric", {
                "run_id": run["run_id"], "key": "odd", "value": "NaN", "timestamp": 5, "step": 2, "model_id": model})

            done = tern("export", str(folder), "--json", server=one)
            assert done.returncode == 0 and json.loads(done.stdout)["counts"]["model_versions"] == 2, done.stderr
            assert (folder / "registry" / "line" / "1.onnx").read_bytes() == (project / "line.onnx").read_bytes()
            # The first server's bucket is not needed for what follows.
            one.kill()
            report = bring(two, "tern", str(folder))
            assert report["counts"]["model_versions"] == {"source": 2, "here": 2}
            for number in (1, 2):
                version = two.ok("GET", f"models/line/versions/{number}")
                assert (version["digest"], version["status"]) == (first["digest"], "registered"), version
            assert s3.client().list_objects_v2(Bucket="two", Prefix="tern/blobs/")["KeyCount"] > 0
            (metric,) = two.ok("GET", f"/api/2.0/mlflow/logged-models/{model}")["model"]["data"]["metrics"]
            assert (metric["key"], metric["value"], metric["step"]) == ("odd", "NaN", 2)

            assert tern("apply", server=two, cwd=project).returncode == 0
            for number in (1, 2):
                judged = two.ok("POST", f"models/line/versions/{number}/gates", {"holdout": str(project / "holdout.csv")})
                assert judged["status"] == "approved" and judged["gates"][0]["verdict"] == "pass", judged
            again = bring(two, "tern", str(folder))
            assert again["already"] == 1 and two.ok("GET", "models/line/versions/1")["status"] == "approved"

        # A file that was changed on the way is refused, and the rest comes over.
        (folder / "registry" / "line" / "1.onnx").write_bytes(b"something else")
        with Server(tmp_path / "three") as three:
            done = tern("import", "tern", str(folder), "--json", server=three)
            (failure,) = json.loads(done.stdout)["failures"]
            assert done.returncode == 1 and "version 1 of line" in failure and "SHA-256 differs" in failure
