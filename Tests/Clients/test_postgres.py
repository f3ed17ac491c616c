"""What is PostgreSQL's alone: it goes away and comes back, TLS, refusals."""

import os
import shutil
import subprocess
import time

from postgres_process import Postgres
from tern_process import Server, tern


def until(condition, seconds: float = 20):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if answer := condition():
            return answer
        time.sleep(0.02)
    raise TimeoutError("it never came")


def test_a_database_that_goes_away_is_unavailable_until_it_is_back(tmp_path, tmp_path_factory):
    own = Postgres(tmp_path_factory.mktemp("own") / "server").start()
    try:
        with Server(tmp_path / "home", database=own.create_database()) as server:
            server.ok("POST", "tokens", {"name": "ann", "role": "viewer"})
            for _ in range(2):
                own.kill()
                status, answer = server.api("GET", "tokens")
                assert (status, answer["error"]["code"]) == (503, "unavailable") and answer["error"]["hint"]
                assert server.api("POST", "tokens", {"name": "bob", "role": "viewer"})[0] == 503
                assert server.process.poll() is None
                own.start()
                until(lambda: server.api("GET", "tokens")[0] == 200)
                assert [each["name"] for each in server.ok("GET", "tokens")["tokens"]] == ["ann"]
    finally:
        own.stop()


def test_tls_is_demanded_and_checked_as_the_url_says(tmp_path, tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys")
    for above in (keys, keys.parent, keys.parent.parent):
        above.chmod(0o755)
    for name in ("server", "other"):
        subprocess.run(
            ["openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-keyout", keys / f"{name}.key", "-out", keys / f"{name}.crt"],
            check=True, capture_output=True)
    (keys / "server.key").chmod(0o600)
    if os.getuid() == 0:
        shutil.chown(keys / "server.key", "postgres")
    own = Postgres(
        tmp_path_factory.mktemp("own") / "server", "ssl=on", f"ssl_cert_file={keys}/server.crt", f"ssl_key_file={keys}/server.key").start()
    try:
        plain = own.create_database()
        checked = plain.replace("127.0.0.1", "localhost") + "?sslmode=verify-full&sslrootcert="
        with Server(tmp_path / "home", database=checked + str(keys / "server.crt")) as server:
            assert server.ok("GET", "tokens")["tokens"] == []
            encrypted = own.run("SELECT bool_and(s.ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'tern'", plain)
            assert encrypted == [(True,)]
        # Another authority, and a name that is not in the certificate.
        for url in (checked + str(keys / "other.crt"), plain + f"?sslmode=verify-full&sslrootcert={keys}/server.crt"):
            refused = tern("server", "--port", "0", home=tmp_path / "home", environment={"TERN_DATABASE": url})
            assert refused.returncode == 1 and "certificate" in refused.stderr, refused.stderr
    finally:
        own.stop()


def test_what_cannot_be_a_database_is_refused_with_a_reason(tmp_path, postgres):
    for url, words in (
        ("mysql://localhost/tern", "must be a URL such as postgresql://"),
        ("postgresql://tern@127.0.0.1:1/tern", "cannot be reached"),
        ("postgresql://tern@127.0.0.1/tern?sslmod=on", "sslmod"),
        (postgres.url.rsplit("/", 1)[0] + "/missing", "does not exist"),
        (postgres.url + "?options=-csearch_path%3Dmissing", "schema"),
    ):
        refused = tern("server", "--port", "0", home=tmp_path / "home", environment={"TERN_DATABASE": url})
        assert refused.returncode == 1 and words in refused.stderr, (url, refused.stderr)
    postgres.run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    refused = tern("server", "--port", "0", "--database", postgres.url.rsplit("/", 1)[0] + "/latin", home=tmp_path / "home")
    assert refused.returncode == 1 and "encoding is LATIN1" in refused.stderr


def test_the_password_is_told_to_nobody(tmp_path):
    url = "postgresql://tern:hunter2@127.0.0.1:1/tern"
    for arguments in (["server", "--port", "0"], ["doctor"]):
        answer = tern(*arguments, home=tmp_path / "home", environment={"TERN_DATABASE": url})
        assert "hunter2" not in answer.stdout + answer.stderr


def test_doctor_looks_at_the_database(tmp_path, postgres):
    answer = tern("doctor", home=tmp_path / "home", environment={"TERN_DATABASE": postgres.url})
    assert "answers" in answer.stdout, answer.stdout


def test_the_rows_of_a_newer_version_are_refused(tmp_path, postgres):
    url = postgres.create_database()
    with Server(tmp_path / "home", database=url):
        pass
    postgres.run("INSERT INTO migrations (name, applied_at) VALUES ('2099-01-future', 1)", url)
    refused = tern("server", "--port", "0", "--database", url, home=tmp_path / "home")
    assert refused.returncode == 1 and "newer Tern" in refused.stderr and "2099-01-future" in refused.stderr


def test_synchronous_commit_is_on_even_where_the_server_has_it_off(tmp_path, postgres):
    url = postgres.create_database()
    postgres.run(f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET synchronous_commit = off")
    postgres.run("CREATE TABLE seen (value text)", url)
    # A trigger tells what the server's own session has.
    with Server(tmp_path / "home", database=url) as server:
        postgres.run(
            "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$; "
            "CREATE TRIGGER look AFTER INSERT ON tokens FOR EACH ROW EXECUTE FUNCTION look()", url)
        server.ok("POST", "tokens", {"name": "ann", "role": "viewer"})
    assert postgres.run("SELECT value FROM seen", url) == [("on",)]
