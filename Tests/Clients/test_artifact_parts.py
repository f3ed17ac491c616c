"""Uploads in parts and links on a server that keeps files on its own disk, through the unmodified mlflow client."""

import hashlib
import os
import pathlib
import time
import urllib.parse
import uuid

import mlflow
import pytest
import requests
from tern_process import Server

MIB = 1 << 20


@pytest.fixture
def small_parts(monkeypatch):
    # Without this the client asks for parts only where they go to an S3 server: to this machine's disk one piece is faster.
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(4 * MIB))


def sent(monkeypatch) -> list:
    addresses = []
    real = requests.put
    monkeypatch.setattr(requests, "put", lambda url, **rest: addresses.append(url) or real(url, **rest))
    return addresses


def digest(path) -> bytes:
    return hashlib.sha256(pathlib.Path(path).read_bytes()).digest()


def test_parts_go_to_the_server_and_become_one_file(client, experiment, tmp_path, small_parts, monkeypatch):
    addresses = sent(monkeypatch)
    (tmp_path / "big é.bin").write_bytes(os.urandom(23 * MIB + 5))
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(tmp_path / "big é.bin"), "in/deep")
    assert len(addresses) == 5 and all("/mlflow-artifacts/signed/" in address for address in addresses)
    assert [(f.path, f.file_size) for f in client.list_artifacts(run.info.run_id, "in/deep")] == [("in/deep/big é.bin", 23 * MIB + 5)]
    for forced in ["false", "true"]:
        monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", forced)
        folder = tmp_path / forced
        down = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="in/deep/big é.bin", dst_path=str(folder))
        assert digest(down) == digest(tmp_path / "big é.bin")


def test_an_upload_whose_parts_fail_leaves_nothing(client, experiment, tmp_path, small_parts, monkeypatch):
    real = requests.put

    def fail_late(url, **rest):
        if "part=2&" in url:
            raise requests.ConnectionError("cut")
        return real(url, **rest)

    monkeypatch.setattr(requests, "put", fail_late)
    (tmp_path / "big.bin").write_bytes(os.urandom(12 * MIB))
    with mlflow.start_run() as run, pytest.raises(Exception, match="cut|Failed to upload"):
        mlflow.log_artifact(str(tmp_path / "big.bin"))
    assert client.list_artifacts(run.info.run_id) == []


def test_links_work_where_a_token_is_wanted_and_a_restart_does_not_end_them(tmp_path, monkeypatch, small_parts):
    token = "secret-token-of-the-test"
    server = Server(tmp_path / "home", environment={"TERN_ADMIN_TOKEN": token}, arguments=["--host", "0.0.0.0"])
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)
    with server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        mlflow.set_tracking_uri(url)
        mlflow.set_experiment(f"guarded-{uuid.uuid4().hex[:8]}")
        (tmp_path / "big.bin").write_bytes(os.urandom(11 * MIB))
        with mlflow.start_run() as run:
            mlflow.log_artifact(str(tmp_path / "big.bin"))
        root = run.info.artifact_uri.removeprefix("mlflow-artifacts:/")
        assert requests.get(f"{url}/api/2.0/mlflow-artifacts/artifacts/{root}/big.bin").status_code == 401
        login = {"Authorization": f"Bearer {token}"}
        answer = requests.post(
            f"{url}/api/2.0/mlflow/artifacts/presigned-download-url", json={"run_id": run.info.run_id, "path": "big.bin"}, headers=login
        ).json()
        link = answer["presigned_url"]
        assert hashlib.sha256(requests.get(link).content).digest() == digest(tmp_path / "big.bin")
        begun = requests.post(
            f"{url}/api/2.0/mlflow-artifacts/mpu/create/{root}", json={"path": "later.bin", "num_parts": 2}, headers=login
        ).json()
        parts = [put_part(begun, 0, b"first, ")]
        brief = requests.post(
            f"{url}/api/2.0/mlflow/artifacts/presigned-download-url", headers=login,
            json={"run_id": run.info.run_id, "path": "big.bin", "expiration": 1},
        ).json()["presigned_url"]
        expires = urllib.parse.parse_qs(urllib.parse.urlparse(brief).query)["expires"][0]
    port = server.port
    with Server(tmp_path / "home", port=port, environment={"TERN_ADMIN_TOKEN": token}, arguments=["--host", "0.0.0.0"]):
        assert len(requests.get(link).content) == 11 * MIB
        parts.append(put_part(begun, 1, b"second"))
        done = requests.post(
            f"{url}/api/2.0/mlflow-artifacts/mpu/complete/{root}", headers=login,
            json={"path": "later.bin", "upload_id": begun["upload_id"], "parts": parts},
        )
        assert done.json() == {}
        assert requests.get(f"{url}/api/2.0/mlflow-artifacts/artifacts/{root}/later.bin", headers=login).content == b"first, second"
        wait_until(int(expires) + 1)
        late = requests.get(brief)
        assert late.status_code == 403 and "expired" in late.json()["message"]
        assert requests.get(link.replace("signature=", "signature=0")).status_code == 403
        assert requests.get(link.split("?")[0]).status_code == 403


def put_part(begun: dict, index: int, content: bytes) -> dict:
    credential = begun["credentials"][index]
    answer = requests.put(credential["url"], data=content, headers=credential["headers"])
    answer.raise_for_status()
    return {"part_number": credential["part_number"], "etag": answer.headers["ETag"], "url": credential["url"]}


def wait_until(second: int) -> None:
    while time.time() <= second:
        time.sleep(0.1)
