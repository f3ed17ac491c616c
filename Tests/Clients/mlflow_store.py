"""MLflow stores for the import tests: a small one with every feature, made by MLflow itself, and big ones made by SQL; and how to read both sides."""

import json
import math
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import textwrap
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent

# Runs in a process of its own: MLflow keeps its stores in module state.
FEATURES = textwrap.dedent(
    """
    import os, sys, math, json, pathlib
    import mlflow, pandas as pd
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag, LoggedModelInput, LoggedModelOutput, LoggedModelParameter, LoggedModelTag

    uri, artifacts = sys.argv[1], sys.argv[2]
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient(uri, uri)
    location = None if artifacts == "-" else pathlib.Path(artifacts).as_uri()
    first = client.create_experiment("first", artifact_location=location, tags={"team": "pricing", "note": "x'y\\"z"})
    second = client.create_experiment("second/ü", artifact_location=location and location + "/second")
    gone = client.create_experiment("gone", artifact_location=location and location + "/gone")

    run = client.create_run(first, run_name="all of it", tags={"who": "me", "empty": ""})
    rid = run.info.run_id
    for step in range(40):
        client.log_metric(rid, "loss", 1 / (step + 1), timestamp=1_700_000_000_000 + step, step=step)
    client.log_batch(rid, metrics=[Metric("val/loss", v, 1_700_000_000_000 + i, i) for i, v in enumerate(
        [float("nan"), float("inf"), float("-inf"), 0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308, -1e-300])])
    client.log_batch(rid, metrics=[Metric("same step", v, 1_700_000_000_000, 3) for v in (1.0, 2.0, float("nan"))])
    client.log_metric(rid, "negative", -1.5, timestamp=5, step=-7)
    client.log_batch(rid, params=[Param("lr", "0.1"), Param("empty", ""), Param("long", "ü" * 3000), Param("a/b.c d", "x\\ny")])
    client.set_tag(rid, "mlflow.note.content", "# A note")
    data = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3.5, 4.5]}), source="s3://bucket/x.csv", name="train", targets="y")
    client.log_inputs(rid, [mlflow.entities.DatasetInput(data._to_mlflow_entity(), [mlflow.entities.InputTag("mlflow.data.context", "training")])])
    folder = pathlib.Path(os.getcwd()) / "files"
    (folder / "deep/er").mkdir(parents=True, exist_ok=True)
    (folder / "empty.txt").write_text("")
    (folder / "deep/er/ü name.bin").write_bytes(bytes(range(256)) * 5000)
    (folder / "notes.md").write_text("# hello")
    client.log_artifacts(rid, str(folder))

    model = client.create_logged_model(
        first, name="boost", source_run_id=rid, tags={"k": "v"}, params={"depth": "3"}, model_type="regressor")
    client.log_model_artifacts(model.model_id, str(folder))
    client.finalize_logged_model(model.model_id, "READY")
    client.log_metric(rid, "auc", 0.75, timestamp=1_700_000_000_100, step=1, model_id=model.model_id, dataset_name="train", dataset_digest=data.digest)
    client.log_outputs(rid, [LoggedModelOutput(model.model_id, 4)])
    client.set_terminated(rid, "FINISHED")

    for status in ("FAILED", "KILLED"):
        other = client.create_run(second, run_name=status.lower())
        client.log_metric(other.info.run_id, "loss", 2.0, step=1)
        client.log_inputs(other.info.run_id, models=[LoggedModelInput(model.model_id)])
        client.set_terminated(other.info.run_id, status)
    running = client.create_run(second, run_name="running")
    deleted = client.create_run(second, run_name="deleted")
    client.log_param(deleted.info.run_id, "p", "1")
    client.delete_run(deleted.info.run_id)
    client.create_run("0", run_name="in default")
    client.log_metric(client.create_run(gone, run_name="in deleted").info.run_id, "m", 1.0)
    client.delete_experiment(gone)

    client.create_registered_model("price", tags={"owner": "ann"}, description="what it costs")
    client.create_registered_model("empty")
    source = f"{client.get_run(rid).info.artifact_uri}/deep"
    for number in range(4):
        client.create_model_version(
            "price", source if number % 2 == 0 else f"models:/{model.model_id}", run_id=rid,
            model_id=None if number % 2 == 0 else model.model_id,
            tags={"n": str(number)}, description=f"number {number}" if number else None)
    client.transition_model_version_stage("price", "1", "Production")
    client.transition_model_version_stage("price", "2", "Staging")
    client.set_registered_model_alias("price", "champion", "1")
    client.set_registered_model_alias("price", "next-one", "2")
    client.delete_model_version("price", "4")
    print(rid, model.model_id)
    """
)


def make_features(uri: str, artifacts: str, folder: pathlib.Path) -> tuple[str, str]:
    """Everything that an import knows, in the store at `uri`; answers the id of the run that has most of it, and of its logged model."""
    script = folder / "features.py"
    script.write_text(FEATURES)
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_FILE_STORE": "true"}
    done = subprocess.run(
        [sys.executable, str(script), uri, artifacts], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    run, model = done.stdout.split()[-2:]
    return run, model


def make_big(path: pathlib.Path, runs: int, points_per_run: int, seed: int = 7) -> None:
    """Fills an MLflow SQLite database, whose tables exist, with many runs by SQL."""
    chance = random.Random(seed)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    experiment = connection.execute("SELECT max(experiment_id) + 1 FROM experiments").fetchone()[0]
    connection.execute(
        "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace) "
        "VALUES (?, 'big', '/nowhere', 'active', 1, 2, 'default')", (experiment,))
    keys = ["loss", "acc", "val/loss", "lr"]
    for number in range(runs):
        run = f"{chance.getrandbits(128):032x}"
        begun = 1_700_000_000_000 + number * 1000
        connection.execute(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version, "
            "lifecycle_stage, artifact_uri, experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', 'ann', 'FINISHED', ?, ?, '', 'active', ?, ?)",
            (run, f"run {number}", begun, begun + 500, f"/nowhere/{run}/artifacts", experiment))
        params = [(f"p{i}", str(chance.random()), run) for i in range(5)]
        connection.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", params)
        connection.executemany(
            "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)",
            [("mlflow.runName", f"run {number}", run), ("group", str(number % 7), run)])
        rows, latest = [], {}
        for index in range(points_per_run):
            key, step = keys[index % 4], index // 4
            rows.append((key, chance.gauss(0, 1), begun + step, run, step, 0))
            latest[key] = rows[-1]
        insert = "INSERT INTO {} (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)"
        connection.executemany(insert.format("metrics"), rows)
        connection.executemany(insert.format("latest_metrics"), latest.values())
    connection.commit()
    connection.close()


class Side:
    """One of the two sides, by MLflow's REST API."""

    def __init__(self, url: str, is_file_store: bool = False):
        self.url, self.is_file_store = url, is_file_store

    def call(self, method: str, endpoint: str, body=None, **query):
        url = f"{self.url}/api/2.0/mlflow/{endpoint}" + ("?" + urllib.parse.urlencode(query) if query else "")
        request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if body is not None else None)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.loads(answer.read())

    def pages(self, path: str, key: str, **body):
        while True:
            page = self.call("POST", path, body)
            yield from page.get(key, [])
            if not page.get("next_page_token"):
                return
            body["page_token"] = page["next_page_token"]

    def experiments(self) -> dict:
        return {e["name"]: e for e in self.pages("experiments/search", "experiments", max_results=1000, view_type="ALL")}

    def runs(self, experiment: str, whole: bool = True) -> dict:
        found = self.pages("runs/search", "runs", experiment_ids=[experiment], run_view_type="ALL", max_results=1000)
        # MLflow's search leaves out the models that a run read and made.
        return {run["info"]["run_id"]: self.run(run["info"]["run_id"]) if whole else run for run in found}

    def run(self, run: str) -> dict:
        return self.call("GET", "runs/get", run_id=run)["run"]

    def history(self, run: str, key: str) -> list:
        points, token = [], None
        while True:
            query = {"run_id": run, "metric_key": key, "max_results": 25000} | ({"page_token": token} if token else {})
            page = self.call("GET", "metrics/get-history", **query)
            points += [point(p) for p in page.get("metrics", [])]
            token = page.get("next_page_token")
            if not token:
                return sorted(points, key=repr)

    def files(self, run: str, path: str = "") -> dict:
        found = {}
        answer = self.call("GET", "artifacts/list", run_id=run, **({"path": path} if path else {}))
        for entry in answer.get("files", []):
            found |= self.files(run, entry["path"]) if entry["is_dir"] else {entry["path"]: entry.get("file_size", 0)}
        return found

    def download(self, run: str, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/get-artifact?" + urllib.parse.urlencode({"run_uuid": run, "path": path}), timeout=300) as answer:
            return answer.read()

    def models(self) -> dict:
        return {m["name"]: m for m in self.call("GET", "registered-models/search", max_results=1000).get("registered_models", [])}

    def versions(self, name: str) -> dict:
        found = self.call("GET", "model-versions/search", filter=f"name = '{name}'", max_results=10000).get("model_versions", [])
        return {v["version"]: v for v in found}


def point(p: dict) -> tuple:
    # Databases keep the greatest finite numbers for the infinities; file stores keep the infinities.
    value = min(max(float(p["value"]), -sys.float_info.max), sys.float_info.max) if float(p["value"]) == float(p["value"]) else math.nan
    return (p["timestamp"], p.get("step", 0), "nan" if math.isnan(value) else value + 0.0)


def pairs(items) -> dict:
    return {i["key"]: i["value"] for i in items or []}


def datasets(run: dict) -> list:
    inputs = run.get("inputs", {}).get("dataset_inputs", [])
    return sorted((json.dumps(i["dataset"], sort_keys=True), sorted(pairs(i.get("tags")).items())) for i in inputs)


def compare(source: Side, here: Side, histories: bool = True, files: bool = True) -> dict:
    """Everything of the source must be here, the same. Answers how much was compared."""
    counts = {"experiments": 0, "runs": 0, "points": 0, "files": 0}
    ours = here.experiments()
    for name, experiment in source.experiments().items():
        mine = ours[name]
        counts["experiments"] += 1
        assert mine["lifecycle_stage"] == experiment["lifecycle_stage"], name
        assert pairs(experiment.get("tags")).items() <= pairs(mine.get("tags")).items()
        mapped = here.runs(mine["experiment_id"])
        for run, theirs in source.runs(experiment["experiment_id"]).items():
            compare_run(source, here, theirs, mapped[run], counts, histories, files)
    return counts


def compare_run(source: Side, here: Side, theirs: dict, mine: dict, counts: dict, histories: bool, files: bool) -> None:
    counts["runs"] += 1
    run = theirs["info"]["run_id"]
    for field in ("run_name", "user_id", "status", "start_time", "end_time", "lifecycle_stage"):
        assert mine["info"].get(field) == theirs["info"].get(field), (run, field)
    assert pairs(theirs["data"].get("params")) == pairs(mine["data"].get("params")), run
    tags = pairs(mine["data"].get("tags"))
    assert pairs(theirs["data"].get("tags")).items() <= tags.items(), run
    assert "tern.import.state" not in tags, run
    assert datasets(theirs) == datasets(mine), run
    for kind, list_ in (("inputs", "model_inputs"), ("outputs", "model_outputs")):
        def links(side):
            return sorted((m["model_id"], m.get("step", 0)) for m in side.get(kind, {}).get(list_, []))
        assert links(theirs) == links(mine), run
    latest = {m["key"]: point(m) for m in theirs["data"].get("metrics", [])}
    ours = {m["key"]: point(m) for m in mine["data"].get("metrics", [])}
    if source.is_file_store:
        # It finds the latest with max() over NaN, which is whatever Python makes of it, and forgets the step of a point that names a dataset.
        assert latest.keys() == ours.keys(), run
        latest = {key: latest[key] for key in latest if key not in ("same step", "auc", "val/loss")}
        ours = {key: ours[key] for key in latest}
    assert latest == ours, run
    if histories:
        for key in (m["key"] for m in theirs["data"].get("metrics", [])):
            points, mine_points = source.history(run, key), here.history(run, key)
            if source.is_file_store and key == "auc":
                assert [p[1] for p in mine_points] == [1]
                mine_points = [(p[0], 0, p[2]) for p in mine_points]
            assert points == mine_points, (run, key)
            counts["points"] += len(points)
    if files:
        theirs_files = source.files(run)
        assert theirs_files == here.files(run), run
        for path in theirs_files:
            assert source.download(run, path) == here.download(run, path), (run, path)
            counts["files"] += 1


def compare_registry(source: Side, here: Side) -> int:
    compared = 0
    mine = here.models()
    for name, model in source.models().items():
        ours = mine[name]
        for field in ("description", "creation_timestamp"):
            assert ours.get(field) == model.get(field), (name, field)
        assert pairs(model.get("tags")) == pairs(ours.get("tags")), name
        def aliases(m):
            return {a["alias"]: str(a["version"]) for a in m.get("aliases", [])}
        assert aliases(model) == aliases(ours), name
        versions = here.versions(name)
        theirs = source.versions(name)
        assert set(versions) == set(theirs), name
        for number, version in theirs.items():
            for field in ("creation_timestamp", "last_updated_timestamp", "current_stage", "run_id", "user_id"):
                assert (versions[number].get(field) or "") == (version.get(field) or ""), (name, number, field)
            assert versions[number].get("description", "") == version.get("description", ""), (name, number)
            assert pairs(version.get("tags")) == pairs(versions[number].get("tags")), (name, number)
            compared += 1
    return compared
