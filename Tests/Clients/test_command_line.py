"""The command line as a person uses it: with a server, without one, for programs, with its variables."""

import json
import re
import subprocess

from tern_process import BINARY, ROOT, Server, tern


def test_without_a_server_a_command_brings_one_up_and_takes_it_down(tmp_path):
    (tmp_path / "tern.yaml").write_text("project: p\nowner: o\ndatasets:\n  rows: {path: rows.csv}\n")
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n3,4\n")
    first = tern("apply", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "+ dataset rows" in first.stdout
    assert "nothing to change" in tern("apply", cwd=tmp_path).stdout
    added = tern("data", "add", "rows", cwd=tmp_path)
    assert added.returncode == 0, added.stderr
    assert "rows version 1: 2 rows" in added.stdout
    listed = json.loads(tern("data", "list", "--json", cwd=tmp_path).stdout)
    assert listed["datasets"][0]["name"] == "rows"
    assert not (tmp_path / ".tern" / "server.json").exists()


def test_what_is_taken_out_of_the_file_is_taken_away(tmp_path):
    with Server(tmp_path / "home") as server:
        model = "models:\n  m: {purpose: p, target: y}\n"
        for name, text in (("one", "endpoints:\n  a: {model: m}\n  b: {model: m}\n"), ("two", "endpoints:\n  c: {model: m}\n")):
            (tmp_path / name).mkdir()
            (tmp_path / name / "tern.yaml").write_text(f"project: {name}\nowner: o\n{model}{text}")
            assert tern("apply", server=server, cwd=tmp_path / name).returncode == 0
        (tmp_path / "one" / "tern.yaml").write_text(f"project: one\nowner: o\n{model}endpoints:\n  a: {{model: m}}\n")
        assert "- endpoint b" in tern("apply", server=server, cwd=tmp_path / "one").stdout
        left = [each["declaration"]["name"] for each in server.ok("GET", "endpoints")["endpoints"]]
        assert left == ["a", "c"]
        assert server.api("GET", "endpoints/b")[0] == 404


def test_every_flag_has_its_variable(tmp_path):
    (tmp_path / "tern.yaml").write_text("project: p\nowner: o\n")
    answer = tern("check", environment={"TERN_PROJECT": str(tmp_path), "TERN_JSON": "1"})
    assert json.loads(answer.stdout)["name"] == "p"


def test_a_mistyped_command_is_guessed():
    answer = tern("chekc")
    assert answer.returncode == 2
    assert "tern check" in answer.stderr


def test_who_may_not_approve_ends_with_4(tmp_path):
    with Server(tmp_path / "home") as server:
        token = tern("token", "create", "--name", "alice", "--role", "approver", server=server)
        assert token.returncode == 0 and token.stdout.startswith("tern_")
        refused = tern("token", "create", "--name", "mallory", "--role", "admin", server=server)
        assert refused.returncode == 4
        assert "role admin" in refused.stderr
        wrong = tern("data", "list", server=server, environment={"TERN_TOKEN": "tern_wrong"})
        assert wrong.returncode == 4


def test_probes_answer_as_mlflow_and_monitors_expect(tmp_path):
    with Server(tmp_path / "home") as server:
        assert server.api("GET", "/health") == (200, "OK")
        assert server.api("GET", "/version")[1] == "3.17.2"
        assert server.api("GET", "/ping")[0] == 200
        assert "tern_" in server.api("GET", "/metrics")[1]


def test_the_ledger_verifies_and_lists(tmp_path):
    with Server(tmp_path / "home") as server:
        tern("token", "create", "--name", "bob", server=server)
        assert "token.created" in tern("log", server=server).stdout
        assert "verifies" in tern("log", "--verify", server=server).stdout


def test_init_writes_a_file_that_check_finds_sound(tmp_path):
    assert tern("init", str(tmp_path / "new")).returncode == 0
    assert tern("check", cwd=tmp_path / "new").returncode == 0
    assert tern("init", str(tmp_path / "new")).returncode == 1


def test_completion_scripts_are_shell(tmp_path):
    script = tern("completion", "bash").stdout
    assert "tern" in script
    assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0


def test_drift_compares_two_tables_offline(tmp_path):
    (tmp_path / "a.csv").write_text("x\n" + "".join(f"{n % 100}\n" for n in range(2000)))
    (tmp_path / "b.csv").write_text("x\n" + "".join(f"{n % 100 + 60}\n" for n in range(2000)))
    same = json.loads(tern("drift", str(tmp_path / "a.csv"), str(tmp_path / "a.csv"), "--json").stdout)
    moved = json.loads(tern("drift", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "--json").stdout)
    assert same["columns"][0]["drifted"] is False
    assert moved["columns"][0]["drifted"] is True


def test_the_documented_commands_exist():
    documented = set()
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        documented |= set(re.findall(r"(?:^|[`\s])tern ([a-z]+)(?:[ `]|$)", page.read_text(), re.MULTILINE))
    known = set(re.findall(r"^  ([a-z]+) ", subprocess.run([BINARY, "--help"], capture_output=True, text=True).stdout, re.MULTILINE))
    prose = {"takes", "is", "was", "and", "does", "kept"}
    assert documented - prose <= known, documented - prose - known
