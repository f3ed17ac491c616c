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


def documented_commands():
    """Every command that a page shows as code, with the page: from spans in backticks, fenced blocks and indented lines."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "Sources").rglob("README.md"))]
    for page in pages:
        text = page.read_text()
        pieces = re.findall(r"`([^`\n]+)`", text)
        is_fenced = False
        for line in text.splitlines():
            if line.startswith("```"):
                is_fenced = not is_fenced
            elif is_fenced or line.startswith("    "):
                pieces.append(line.strip())
        for piece in pieces:
            for part in re.split(r"&& | #", piece):
                # What follows two spaces tells what the command does.
                if found := re.match(r"(?:\$ )?(?:[A-Z_]+=\S+ )*tern (\S.*?)(?:\s{2,}|$)", part.strip()):
                    yield page.name, found[1].split()


def test_the_documented_commands_exist():
    helps = {}

    def help_of(*command):
        if command not in helps:
            answer = subprocess.run([BINARY, *command, "--help"], capture_output=True, text=True)
            helps[command] = answer.stdout if answer.returncode == 0 else ""
        return helps[command]

    def subcommands(*command):
        listing = help_of(*command).partition("SUBCOMMANDS:")[2]
        return re.findall(r"^  ([a-z]+)(?: |$)", listing, re.MULTILINE), re.findall(r"^  ([a-z]+) \(default\)", listing, re.MULTILINE)

    wrong, count = [], 0
    for page, words in documented_commands():
        if not re.fullmatch(r"[a-z]+", words[0]):
            continue
        count += 1
        shown = f"{page}: tern {' '.join(words)}"
        names, _ = subcommands()
        if words[0] not in names:
            wrong.append(f"{shown}: no command {words[0]}")
            continue
        names, default = subcommands(words[0])
        asked = words[1].split("|") if names and len(words) > 1 and re.fullmatch(r"[a-z|]+", words[1]) else []
        wrong += [f"{shown}: no subcommand {name}" for name in asked if name not in names]
        known = "".join(help_of(words[0], name) for name in asked if name in names) or help_of(words[0]) + "".join(
            help_of(words[0], name) for name in default)
        for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(words)):
            if not re.search(rf"(?<![\w-]){flag}(?![\w-])", known):
                wrong.append(f"{shown}: no flag {flag}")
    assert not wrong, "\n".join(wrong)
    assert count > 100
