"""`tern export` writes everything as plain files, and `tern import tern` reads it back into another home: the round trip loses nothing."""

import csv
import json
import pathlib
import subprocess

from mlflow_store import Side, compare, compare_registry, make_features
from tern_process import Server, tern
from test_import_mlflow import bring


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
