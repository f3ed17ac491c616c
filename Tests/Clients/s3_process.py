"""An S3 server of a test's own (moto), and a proxy that can cut or spoil what goes through it."""

import socket
import subprocess
import sys
import threading
import time

import boto3
import botocore.config


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class S3Server:
    """moto's server, which keeps buckets in memory; it checks the sizes of parts and their tags, but no expiry and no Content-MD5."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                assert self.process.poll() is None, "moto did not start"
                time.sleep(0.1)
        raise TimeoutError("moto")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)

    def client(self, key: str = "test", secret: str = "test"):
        return boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret,
            config=botocore.config.Config(s3={"addressing_style": "path"}),
        )

    def environment(self, bucket: str, **more) -> dict:
        return {
            "TERN_BLOBS": f"s3://{bucket}/tern", "AWS_ENDPOINT_URL_S3": self.url, "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        } | more


class Proxy:
    """Passes bytes on to a server. `cut_after`: a connection is cut once that many bytes went up on it, for the first `cuts` such connections.
    `spoil`: a byte far into each of the first `spoils` large bodies is changed."""

    def __init__(self, target_port: int):
        self.target = target_port
        self.cut_after = None
        self.cuts = 0
        self.was_cut = 0
        self.spoils = 0
        self.was_spoiled = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            threading.Thread(target=self.up, args=(near, far), daemon=True).start()
            threading.Thread(target=self.down, args=(far, near), daemon=True).start()

    def up(self, near, far):
        passed = 0
        spoiled = False
        try:
            while data := near.recv(65536):
                passed += len(data)
                with self.lock:
                    if self.cut_after is not None and passed > self.cut_after and self.was_cut < self.cuts:
                        self.was_cut += 1
                        break
                    if passed > 200_000 and len(data) > 1000 and not spoiled and self.was_spoiled < self.spoils:
                        self.was_spoiled += 1
                        spoiled = True
                        data = data[:500] + bytes([data[500] ^ 1]) + data[501:]
                far.sendall(data)
        except OSError:
            pass
        self.close(near, far)

    def down(self, far, near):
        try:
            while data := far.recv(65536):
                near.sendall(data)
        except OSError:
            pass
        self.close(near, far)

    @staticmethod
    def close(*sockets):
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
