"""Blobs and artifacts in a bucket: moto's S3 server, the unmodified mlflow client, and connections that break."""

import hashlib
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.parse
import uuid

import mlflow
import pytest
import requests
from s3_process import Proxy, S3Server, free_port
from tern_process import BINARY, ROOT, Server, tern

ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
MIB = 1 << 20


@pytest.fixture(scope="module")
def s3():
    with S3Server() as server:
        yield server


@pytest.fixture(scope="module")
def bucket(s3):
    s3.client().create_bucket(Bucket="tern-tests")
    return "tern-tests"


@pytest.fixture(scope="module")
def server(s3, bucket, tmp_path_factory):
    with Server(tmp_path_factory.mktemp("home"), environment=s3.environment(bucket)) as running:
        running.folder = tmp_path_factory.mktemp("projects")
        yield running


@pytest.fixture
def run(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    mlflow.set_experiment(f"s3-{uuid.uuid4().hex[:8]}")
    with mlflow.start_run() as run:
        yield run
    while mlflow.active_run():
        mlflow.end_run()


def keys(s3, prefix=""):
    pages = s3.client().get_paginator("list_objects_v2").paginate(Bucket="tern-tests", Prefix="tern/" + prefix)
    return {item["Key"].removeprefix("tern/"): item["Size"] for page in pages for item in page.get("Contents", [])}


def unfinished(s3):
    return s3.client().list_multipart_uploads(Bucket="tern-tests").get("Uploads", [])


def wait_until_nothing_is_unfinished(s3, timeout=15):
    give_up = time.monotonic() + timeout
    while unfinished(s3):
        assert time.monotonic() < give_up, unfinished(s3)
        time.sleep(0.1)


def write(path: pathlib.Path, size: int) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def root(run) -> str:
    return run.info.artifact_uri.removeprefix("mlflow-artifacts:/")


# Files of runs


@pytest.mark.parametrize("name", ["plain.bin", "with space.txt", "três 🦆.txt", "a&b=c+d.txt", "x'(y)!*~.txt", "MLmodel"])
def test_names_survive_the_bucket(server, run, s3, tmp_path, name):
    write(tmp_path / name, 1000)
    mlflow.log_artifact(str(tmp_path / name), artifact_path="deep/er folder")
    client = mlflow.MlflowClient()
    assert [(f.path, f.file_size) for f in client.list_artifacts(run.info.run_id, "deep/er folder")] == [("deep/er folder/" + name, 1000)]
    down = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="deep/er folder/" + name, dst_path=str(tmp_path / "down"))
    assert pathlib.Path(down).read_bytes() == (tmp_path / name).read_bytes()
    assert keys(s3, f"artifacts/{root(run)}") == {f"artifacts/{root(run)}/deep/er folder/{name}": 1000}
    answer = requests.get(server.url + ARTIFACTS + "/" + urllib.parse.quote(f"{root(run)}/deep/er folder/{name}"))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_names_that_the_client_itself_cannot_send(server, run, s3):
    """The mlflow client puts names into addresses as they are, so that '#', '?' and '%' mean something else; other clients can send them."""
    for name in ["a#b?c.txt", "100%.txt", "%41.txt", "a;b,c@d$e[f]{g}|h^i`.txt"]:
        url = f"{server.url}{ARTIFACTS}/{root(run)}/odd/{urllib.parse.quote(name)}"
        requests.put(url, data=name.encode()).raise_for_status()
        assert requests.get(url).content == name.encode()
        assert keys(s3, f"artifacts/{root(run)}/odd/") == {f"artifacts/{root(run)}/odd/{name}": len(name)}
        listed = requests.get(server.url + ARTIFACTS, params={"path": root(run) + "/odd"}).json()["files"]
        assert listed == [{"path": name, "is_dir": False, "file_size": len(name)}]
        assert requests.delete(url).status_code == 200


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 8 * MIB, 8 * MIB + 1, 20 * MIB + 7])
def test_files_of_every_size_come_back_the_same(server, run, s3, tmp_path, size):
    file = write(tmp_path / "file.bin", size)
    mlflow.log_artifact(str(file))
    down = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="file.bin", dst_path=str(tmp_path / "down"))
    assert hashlib.sha256(pathlib.Path(down).read_bytes()).digest() == hashlib.sha256(file.read_bytes()).digest()
    through = requests.get(f"{server.url}{ARTIFACTS}/{root(run)}/file.bin")
    assert hashlib.sha256(through.content).digest() == hashlib.sha256(file.read_bytes()).digest()
    assert int(through.headers["Content-Length"]) == size
    assert not (server.home / "artifacts").exists() and not (server.home / "blobs").exists()
    wait_until_nothing_is_unfinished(s3)


def test_parts_of_files_tags_and_heads(server, run, tmp_path):
    content = os.urandom(9 * MIB)
    url = f"{server.url}{ARTIFACTS}/{root(run)}/f.bin"
    assert requests.put(url, data=content).status_code == 200
    part = requests.get(url, headers={"Range": f"bytes={8 * MIB - 5}-{8 * MIB + 5}"})
    assert part.status_code == 206 and part.content == content[8 * MIB - 5 : 8 * MIB + 6]
    assert requests.get(url, headers={"Range": "bytes=-3"}).content == content[-3:]
    assert requests.get(url, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    head = requests.head(url)
    assert head.status_code == 200 and int(head.headers["Content-Length"]) == len(content) and head.headers["Last-Modified"]
    assert requests.get(url, headers={"If-None-Match": head.headers["ETag"]}).status_code == 304
    requests.put(url, data=b"other").raise_for_status()
    assert requests.get(url, headers={"If-None-Match": head.headers["ETag"]}).content == b"other"
    assert requests.get(url + "x").status_code == 404
    assert requests.get(f"{server.url}{ARTIFACTS}?path={root(run)}/f.bin").json() == {}
    assert requests.get(f"{server.url}{ARTIFACTS}/%2e%2e/x").status_code == 400


def test_folders_are_deleted_with_all_they_hold(server, run, s3, tmp_path):
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text(str(number))
    mlflow.log_artifacts(str(tmp_path), "many")
    mlflow.log_text("stays", "many more.txt")
    assert len(mlflow.MlflowClient().list_artifacts(run.info.run_id, "many")) == 30
    for _ in range(2):
        assert requests.delete(f"{server.url}{ARTIFACTS}/{root(run)}/many").json() == {}
    assert [f.path for f in mlflow.MlflowClient().list_artifacts(run.info.run_id)] == ["many more.txt"]
    assert len(keys(s3, f"artifacts/{root(run)}/")) == 1


def test_more_than_a_page_is_listed_and_deleted(server, run, s3):
    client = s3.client()
    for number in range(1100):
        client.put_object(Bucket="tern-tests", Key=f"tern/artifacts/{root(run)}/pages/{number:04}", Body=b"")
    assert len(mlflow.MlflowClient().list_artifacts(run.info.run_id, "pages")) == 1100
    requests.delete(f"{server.url}{ARTIFACTS}/{root(run)}/pages").raise_for_status()
    assert keys(s3, f"artifacts/{root(run)}/") == {}


# Straight to the bucket


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(4 * MIB))


@pytest.mark.parametrize("size", [6 * MIB, 10 * MIB, 100 * MIB])
def test_the_client_sends_parts_straight_to_the_bucket(server, run, s3, tmp_path, small_parts, size, monkeypatch):
    addresses = []
    real = requests.put
    monkeypatch.setattr(requests, "put", lambda url, **rest: addresses.append(url) or real(url, **rest))
    file = write(tmp_path / "big é.bin", size)
    mlflow.log_artifact(str(file), "models")
    assert len(addresses) == -(-size // (5 * MIB)) and all(url.startswith(s3.url + "/tern-tests/tern/artifacts/") for url in addresses)
    facts = s3.client().head_object(Bucket="tern-tests", Key=f"tern/artifacts/{root(run)}/models/big é.bin")
    assert facts["ContentLength"] == size and facts["ETag"].endswith(f'-{len(addresses)}"')
    assert [f.file_size for f in mlflow.MlflowClient().list_artifacts(run.info.run_id, "models")] == [size]
    down = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="models/big é.bin", dst_path=str(tmp_path / "down"))
    assert hashlib.sha256(pathlib.Path(down).read_bytes()).digest() == hashlib.sha256(file.read_bytes()).digest()
    wait_until_nothing_is_unfinished(s3)


def test_an_upload_whose_parts_fail_is_aborted_by_the_client(server, run, s3, tmp_path, small_parts, monkeypatch):
    real = requests.put

    def fail_late(url, **rest):
        if "partNumber=2&" in url:
            raise requests.ConnectionError("cut")
        return real(url, **rest)

    monkeypatch.setattr(requests, "put", fail_late)
    with pytest.raises(Exception, match="cut|Failed to upload"):
        mlflow.log_artifact(str(write(tmp_path / "big.bin", 12 * MIB)))
    assert mlflow.MlflowClient().list_artifacts(run.info.run_id) == []
    wait_until_nothing_is_unfinished(s3)


def test_links_to_single_files(server, run, s3):
    up = server.ok("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", {"run_id": run.info.run_id, "path": "in/a b.txt"})
    assert up["presigned_url"].startswith(s3.url)
    requests.put(up["presigned_url"], data=b"hello", headers=up["headers"]).raise_for_status()
    assert [f.path for f in mlflow.MlflowClient().list_artifacts(run.info.run_id, "in")] == ["in/a b.txt"]
    down = server.ok(
        "POST", "/api/2.0/mlflow/artifacts/presigned-download-url", {"run_id": run.info.run_id, "path": "in/a b.txt", "expiration": 60}
    )
    assert down["file_size"] == 5
    answer = requests.get(down["presigned_url"])
    assert answer.content == b"hello"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a b.txt"' and answer.headers["Content-Type"].startswith("text/plain")
    # moto serves links that have expired; that the link says when it does is what can be seen here.
    query = urllib.parse.parse_qs(urllib.parse.urlparse(down["presigned_url"]).query)
    assert query["X-Amz-Expires"] == ["60"] and query["X-Amz-SignedHeaders"] == ["host"]
    info = server.ok("GET", "/api/3.0/mlflow/server-info")
    assert info["multipart_uploads_enabled"] is True and info["multipart_downloads_enabled"] is True


def test_links_can_be_turned_off(s3, bucket, tmp_path, small_parts):
    with Server(tmp_path / "home", environment=s3.environment(bucket, TERN_BLOBS_LINKS="off")) as server:
        info = server.ok("GET", "/api/3.0/mlflow/server-info")
        assert info["multipart_uploads_enabled"] is False and info["multipart_downloads_enabled"] is False
        status, answer = server.api("POST", "/api/2.0/mlflow-artifacts/mpu/create/x", {"path": "a", "num_parts": 1})
        assert status == 501 and answer["message"].startswith("Multipart upload is not supported for the current artifact repository")


# Models and data


def test_models_are_logged_and_loaded(server, run):
    import numpy
    from sklearn.linear_model import LogisticRegression

    x = numpy.random.default_rng(0).normal(size=(50, 2))
    model = LogisticRegression().fit(x, x[:, 0] > 0)
    info = mlflow.sklearn.log_model(model, name="model", input_example=x[:2])
    assert (mlflow.sklearn.load_model(info.model_uri).predict(x) == model.predict(x)).all()
    assert (mlflow.pyfunc.load_model(info.model_uri).predict(x) == model.predict(x)).all()


def test_an_onnx_model_of_a_run_is_registered_from_the_bucket_and_served(server, run, s3):
    import onnx

    model = onnx.load(str(ROOT / "Tests" / "ServingTests" / "Fixtures" / "columns.onnx"))
    info = mlflow.onnx.log_model(model, name="model")
    name = f"m-{uuid.uuid4().hex[:8]}"
    version = mlflow.register_model(info.model_uri, name)
    found = server.ok("GET", f"models/{name}/versions/{version.version}")
    digest = found["digest"]
    assert f"blobs/{digest[:2]}/{digest[2:]}" in keys(s3, "blobs/")
    assert list((server.home / "cache" / "blobs").glob(digest))


def test_a_model_comes_back_from_the_bucket_when_the_cache_is_gone(s3, bucket, tmp_path):
    home = tmp_path / "home"
    environment = s3.environment(bucket)
    onnx = ROOT / "Tests" / "ServingTests" / "Fixtures" / "columns.onnx"
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "tern.yaml").write_text(
        "project: p\nowner: tests\nmodels:\n  m: {purpose: a test, target: y, approvals: 0}\nendpoints:\n  e: {model: m}\n"
    )
    (folder / "data.csv").write_text("a,b\n1,2\n3,4\n")
    with Server(home, environment=environment) as server:
        applied = tern("apply", server=server, cwd=folder)
        assert applied.returncode == 0, applied.stderr
        digest = server.ok("POST", "models/m/versions", {"path": str(onnx)})["digest"]
        server.ok("POST", "datasets/d/versions", {"path": str(folder / "data.csv")})
        copy = home / "cache" / "blobs" / digest
        assert copy.exists()
    copy.unlink()
    with Server(home, environment=environment) as server:
        assert requests.get(f"{server.url}/api/tern/v1/datasets/d/versions/1/file").text == "a,b\n1,2\n3,4\n"
        server.ok("POST", "endpoints/e/settle", {})
        assert hashlib.sha256(copy.read_bytes()).hexdigest() == digest
    # A blob that was changed in the bucket is not served.
    copy.unlink()
    s3.client().put_object(Bucket=bucket, Key=f"tern/blobs/{digest[:2]}/{digest[2:]}", Body=b"something else")
    with Server(home, environment=environment) as server:
        question = {"inputs": [{"name": "a", "datatype": "FP32", "shape": [1, 1], "data": [1]}]}
        status, answer = server.api("POST", "/v2/models/e/infer", question)
        assert status == 503 and "changed where they lie" in json.dumps(answer), (status, answer)
        assert not copy.exists() and not list((home / "cache" / "blobs" / "incoming").iterdir())


# What breaks


def half_upload(url: str, path: str, announced: int, sent: int) -> None:
    address = urllib.parse.urlparse(url)
    with socket.create_connection((address.hostname, address.port)) as line:
        line.sendall(f"PUT {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {announced}\r\n\r\n".encode())
        line.sendall(os.urandom(sent))


def test_a_client_that_goes_away_leaves_nothing(server, run, s3):
    requests.put(f"{server.url}{ARTIFACTS}/{root(run)}/old.bin", data=b"old").raise_for_status()
    for name in ["old.bin", "new.bin"]:
        half_upload(server.url, f"{ARTIFACTS}/{root(run)}/{name}", 40 * MIB, 20 * MIB)
        half_upload(server.url, f"{ARTIFACTS}/{root(run)}/{name}", 1000, 500)
    give_up = time.monotonic() + 20
    while True:
        time.sleep(0.5)
        if not unfinished(s3) or time.monotonic() > give_up:
            break
    assert unfinished(s3) == []
    assert keys(s3, f"artifacts/{root(run)}/") == {f"artifacts/{root(run)}/old.bin": 3}
    assert requests.get(f"{server.url}{ARTIFACTS}/{root(run)}/old.bin").content == b"old"


@pytest.fixture(scope="module")
def proxied(s3, bucket, tmp_path_factory):
    """A server whose way to the bucket leads over a proxy that breaks on demand."""
    with Proxy(s3.port) as proxy:
        environment = s3.environment(bucket, AWS_ENDPOINT_URL_S3=proxy.url)
        with Server(tmp_path_factory.mktemp("home"), environment=environment) as server:
            yield server, proxy


@pytest.fixture
def broken_way(proxied):
    server, proxy = proxied
    yield server, proxy
    proxy.cut_after, proxy.cuts, proxy.was_cut, proxy.spoils, proxy.was_spoiled = None, 0, 0, 0, 0


@pytest.mark.parametrize("size", [3 * MIB, 30 * MIB])
def test_a_cut_on_the_way_to_the_bucket_is_repaired(broken_way, s3, size):
    server, proxy = broken_way
    proxy.cut_after, proxy.cuts = MIB, 2
    content = os.urandom(size)
    url = f"{server.url}{ARTIFACTS}/repaired-{size}/f.bin"
    answer = requests.put(url, data=content)
    assert answer.status_code == 200, answer.text
    assert proxy.was_cut == 2
    assert requests.get(url).content == content
    wait_until_nothing_is_unfinished(s3)


@pytest.mark.parametrize("size", [3 * MIB, 30 * MIB])
def test_a_way_that_stays_cut_is_an_error_and_leaves_nothing(broken_way, s3, size):
    server, proxy = broken_way
    proxy.cut_after, proxy.cuts = MIB, 10_000
    answer = requests.put(f"{server.url}{ARTIFACTS}/cut-{size}/f.bin", data=os.urandom(size))
    assert answer.status_code == 503 and "no answer from s3://tern-tests" in answer.json()["message"], answer.text
    assert proxy.was_cut > 4
    assert keys(s3, f"artifacts/cut-{size}/") == {}
    wait_until_nothing_is_unfinished(s3)


@pytest.mark.parametrize("size", [3 * MIB, 20 * MIB])
def test_bytes_that_are_spoiled_on_the_way_are_sent_again(broken_way, s3, size):
    server, proxy = broken_way
    proxy.spoils = 1
    content = os.urandom(size)
    url = f"{server.url}{ARTIFACTS}/spoiled-{size}/f.bin"
    assert requests.put(url, data=content).status_code == 200
    assert proxy.was_spoiled == 1
    assert requests.get(url).content == content


@pytest.mark.parametrize("size", [3 * MIB, 20 * MIB])
def test_a_way_that_always_spoils_stores_nothing(broken_way, s3, size):
    server, proxy = broken_way
    proxy.spoils = 10_000
    answer = requests.put(f"{server.url}{ARTIFACTS}/always-{size}/f.bin", data=os.urandom(size))
    assert answer.status_code == 500 and "did not keep what was sent" in answer.json()["message"], answer.text
    assert keys(s3, f"artifacts/always-{size}/") == {}
    wait_until_nothing_is_unfinished(s3)


def test_stale_uploads_are_aborted_at_the_start_and_other_peoples_are_not(s3, bucket, tmp_path):
    client = s3.client()
    for key in ["tern/artifacts/1/left", "tern/blobs/ab/left", "other/left"]:
        upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"x")
    time.sleep(1.1)
    with Server(tmp_path / "home", environment=s3.environment(bucket, TERN_BLOBS_STALE="1s")):
        give_up = time.monotonic() + 15
        while len(unfinished(s3)) > 1 and time.monotonic() < give_up:
            time.sleep(0.1)
    left = unfinished(s3)
    assert [upload["Key"] for upload in left] == ["other/left"]
    client.abort_multipart_upload(Bucket=bucket, Key="other/left", UploadId=left[0]["UploadId"])


def test_a_bucket_that_goes_away_is_an_error_until_it_is_back(tmp_path):
    with S3Server() as mortal:
        mortal.client().create_bucket(Bucket="tern-tests")
        server = Server(tmp_path / "home", environment=mortal.environment("tern-tests")).start()
    try:
        answer = requests.put(f"{server.url}{ARTIFACTS}/1/a.txt", data=b"x")
        assert answer.status_code == 503 and "is the S3 server up" in answer.json()["message"]
        assert server.ok("GET", "/health") == "OK"
        assert requests.get(f"{server.url}/api/2.0/mlflow/experiments/search?max_results=5").status_code == 200
    finally:
        server.stop()


# What is refused at the start


def refused(tmp_path, environment) -> str:
    done = subprocess.run(
        [BINARY, "server", "--home", str(tmp_path / "home"), "--port", "0"], env=os.environ | environment, capture_output=True, text=True,
        timeout=120,
    )
    assert done.returncode != 0, done.stdout
    return done.stderr


def test_what_cannot_work_is_said_at_the_start(s3, bucket, tmp_path):
    assert "make the bucket 'none-such'" in refused(tmp_path, s3.environment("none-such"))
    nobody = refused(tmp_path, s3.environment(bucket, AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{free_port()}"))
    assert "no answer from s3://tern-tests/tern" in nobody and "AWS_ENDPOINT_URL_S3" in nobody
    assert "no credentials for S3" in refused(tmp_path, s3.environment(bucket, AWS_ACCESS_KEY_ID="", HOME=str(tmp_path)))
    assert "is not a place for blobs" in refused(tmp_path, {"TERN_BLOBS": "/some/folder"})
    assert "TERN_BLOBS_CACHE" in refused(tmp_path, s3.environment(bucket, TERN_BLOBS_CACHE="much"))


def test_credentials_are_checked_by_another_implementation(tmp_path):
    """With authentication on, moto computes every signature anew with botocore and compares."""
    import boto3

    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    with S3Server() as guarded:
        iam = boto3.client(
            "iam", endpoint_url=guarded.url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        guarded.client().create_bucket(Bucket="tern-tests")
        iam.create_user(UserName="tern")
        key = iam.create_access_key(UserName="tern")["AccessKey"]
        iam.put_user_policy(UserName="tern", PolicyName="all", PolicyDocument=json.dumps(policy))
        requests.post(f"{guarded.url}/moto-api/reset-auth", data=b"0").raise_for_status()
        right = guarded.environment("tern-tests", AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
        for wrong in [{"AWS_SECRET_ACCESS_KEY": "wrong"}, {"AWS_ACCESS_KEY_ID": "AKIAWRONG"}]:
            said = refused(tmp_path, right | wrong)
            assert "AWS_ACCESS_KEY_ID" in said and "403" in said, said
        # The same credentials from a file.
        (tmp_path / "credentials").write_text(
            f"[team]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        )
        by_file = right | {
            "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "team",
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        }
        with Server(tmp_path / "home", environment=by_file) as server:
            for name in ["a b+c/é#%.txt", "x'(y)!*~/=&.bin"]:
                url = f"{server.url}{ARTIFACTS}/1/{urllib.parse.quote(name)}"
                content = os.urandom(10 * MIB)
                assert requests.put(url, data=content).status_code == 200
                assert requests.get(url).content == content
                assert requests.get(f"{server.url}{ARTIFACTS}", params={"path": "1/" + name.split("/")[0]}).json()["files"]
                assert requests.delete(url).status_code == 200


def resident(server: Server, what: str = "VmHWM") -> int:
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(what)


class Long:
    """A body of so many bytes that is never in memory."""

    def __init__(self, total: int):
        self.left, self.piece = total, os.urandom(MIB)

    def __len__(self) -> int:
        return self.left

    def read(self, wanted: int = -1) -> bytes:
        taken = self.piece[: min(self.left, len(self.piece), wanted if wanted >= 0 else MIB)]
        self.left -= len(taken)
        return taken


@pytest.mark.parametrize(("where", "total", "bound"), [("disk", 1024 * MIB, 150 * MIB), ("s3", 256 * MIB, 200 * MIB)])
def test_large_files_pass_in_constant_memory(s3, bucket, tmp_path, where, total, bound):
    environment = s3.environment(bucket) if where == "s3" else {}
    with Server(tmp_path / "home", environment=environment) as server:
        url = f"{server.url}{ARTIFACTS}/1/large-{where}.bin"
        requests.put(url, data=b"warm").raise_for_status()
        before = resident(server)
        assert requests.put(url, data=Long(total)).status_code == 200
        after_up = resident(server)
        assert requests.get(url, headers={"Range": "bytes=0-0"}).headers["Content-Range"] == f"bytes 0-0/{total}"
        got = 0
        with requests.get(url, stream=True) as answer:
            for chunk in answer.iter_content(MIB):
                got += len(chunk)
        assert got == total
        grown = resident(server) - before
        print(f"{where}: {before / MIB:.0f} MiB before, {after_up / MIB:.0f} after the upload, {resident(server) / MIB:.0f} after the download")
        assert grown < bound, grown / MIB
        requests.delete(url)
