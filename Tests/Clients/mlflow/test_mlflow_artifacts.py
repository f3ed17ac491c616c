"""Files of runs, up and down, through the unmodified mlflow client."""

import os

import mlflow
import pytest


def test_files_and_folders_go_up_and_come_down(client, experiment, tmp_path):
    (tmp_path / "one.txt").write_text("one")
    (tmp_path / "dir" / "deep").mkdir(parents=True)
    (tmp_path / "dir" / "two.bin").write_bytes(os.urandom(3_000_000))
    (tmp_path / "dir" / "deep" / "três e.txt").write_text("olá")
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(tmp_path / "one.txt"))
        mlflow.log_artifacts(str(tmp_path / "dir"), artifact_path="data")
        mlflow.log_dict({"a": [1, 2]}, "config/settings.json")
        mlflow.log_text("hello", "notes.md")
    run_id = run.info.run_id
    assert sorted(f.path for f in client.list_artifacts(run_id)) == ["config", "data", "notes.md", "one.txt"]
    assert [(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id, "data")] == [
        ("data/deep", True, None),
        ("data/two.bin", False, 3_000_000),
    ]
    down = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="data", dst_path=str(tmp_path / "down"))
    assert (tmp_path / "dir" / "two.bin").read_bytes() == open(os.path.join(down, "two.bin"), "rb").read()
    assert open(os.path.join(down, "deep", "três e.txt")).read() == "olá"
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/config/settings.json") == {"a": [1, 2]}
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes.md") == "hello"


def test_a_file_can_be_replaced_and_a_missing_one_is_an_error(client, experiment, tmp_path):
    with mlflow.start_run() as run:
        mlflow.log_text("old", "a.txt")
        mlflow.log_text("new", "a.txt")
        mlflow.log_text("", "empty.txt")
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/a.txt") == "new"
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/empty.txt") == ""
    with pytest.raises(Exception, match="No such artifact|404|Failed to download"):
        mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/none.txt")


def test_paths_cannot_leave_the_store(server_url):
    import requests

    for path in ["../x", "a/../../x", "%2e%2e/x", "%252e%252e%252fx"]:
        url = f"{server_url}/api/2.0/mlflow-artifacts/artifacts/{path}"
        request = requests.Request("PUT", url, data=b"x").prepare()
        request.url = url
        assert requests.Session().send(request).status_code in (400, 404), path


def test_a_part_of_a_file_can_be_read(client, experiment, server_url):
    import requests

    with mlflow.start_run() as run:
        mlflow.log_text("0123456789", "digits.txt")
    path = run.info.artifact_uri.removeprefix("mlflow-artifacts:/") + "/digits.txt"
    answer = requests.get(f"{server_url}/api/2.0/mlflow-artifacts/artifacts/{path}", headers={"Range": "bytes=2-4"})
    assert answer.status_code == 206
    assert answer.text == "234"
    assert answer.headers["Content-Range"] == "bytes 2-4/10"
