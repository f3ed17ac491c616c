"""`tern import wandb`: the real package writes offline runs during the test; every value must come over."""

import json
import math
import os
import pathlib
import struct
import subprocess
import sys
import textwrap

from mlflow_store import Side
from tern_process import Server, tern

SCRIPT = textwrap.dedent(
    """
    import sys, math, wandb, pathlib
    run = wandb.init(project="boats", entity="acme", name="first try", group="g1", job_type="train", notes="some notes", tags=["fast", "red/blue"],
                     config={"lr": 0.1, "opt": {"name": "adam", "betas": [0.9, 0.99]}, "flag": True, "none": None, "odd(key)": 1},
                     settings=wandb.Settings(console="wrap"))
    print("hello from the run")
    for step in range(300):
        run.log({"loss": 1 / (step + 1), "val": {"acc": step / 300, "deep": {"er": -step}}, "big": "x" * (200 if step else 70000)})
    run.log({"nan": float("nan"), "inf": float("inf"), "ninf": float("-inf"), "flag": True, "text": "no number"})
    run.log({"table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])})
    run.log({"late": 5.0}, step=1000)
    run.summary["best"] = 0.5
    run.config.update({"later": 7})
    pathlib.Path(run.dir, "kept.txt").write_text("kept")
    run.save(str(pathlib.Path(run.dir, "kept.txt")), base_path=run.dir)
    run.finish()
    failed = wandb.init(project="boats", name="fails")
    failed.log({"loss": 9.0})
    failed.finish(exit_code=3)
    other = wandb.init(project="other")
    other.log({"x": 1})
    other.finish()
    """
)


def write_runs(folder: pathlib.Path) -> pathlib.Path:
    (folder / "script.py").write_text(SCRIPT)
    environment = os.environ | {"WANDB_MODE": "offline", "WANDB_DIR": str(folder), "WANDB_SILENT": "true", "HOME": str(folder), "WANDB_ERROR_REPORTING": "false"}
    done = subprocess.run([sys.executable, "script.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "wandb"


def bring(server: Server, *arguments: str) -> dict:
    done = tern("import", *arguments, "--json", server=server)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["equal"], json.dumps(report, indent=1) + done.stderr
    return report


def test_offline_runs_come_over(tmp_path):
    folder = write_runs(tmp_path)
    with Server(tmp_path / "home") as server:
        report = bring(server, "wandb", str(folder))
        assert report["counts"]["runs"] == {"source": 3, "here": 3}
        here = Side(server.url)
        experiments = here.experiments()
        runs = {r["info"]["run_name"]: r for r in here.runs(experiments["boats"]["experiment_id"]).values()}
        first, failed = runs["first try"], runs["fails"]
        assert (first["info"]["status"], failed["info"]["status"]) == ("FINISHED", "FAILED")
        run = first["info"]["run_id"]
        assert first["info"]["end_time"] >= first["info"]["start_time"] > 1_600_000_000_000
        params = {p["key"]: p["value"] for p in first["data"]["params"]}
        expected = {"lr": "0.1", "opt.name": "adam", "opt.betas": "[0.9,0.99]", "flag": "True", "none": "None", "odd_key_": "1", "later": "7"}
        assert params == expected
        tags = {t["key"]: t["value"] for t in first["data"]["tags"]}
        assert tags["wandb.group"] == "g1" and tags["wandb.job_type"] == "train" and tags["mlflow.note.content"] == "some notes"
        assert tags["wandb.entity"] == "acme" and tags["wandb.tag.fast"] == "fast" and tags["wandb.tag.red/blue"] == "red/blue"
        assert tags["wandb.summary.best"] == "0.5" and "tern.import.state" not in tags

        def values(key):
            return {step: value for _, step, value in here.history(run, key)}

        assert values("loss") == {step: 1 / (step + 1) for step in range(300)}
        assert values("val.acc") == {step: step / 300 for step in range(300)}
        assert values("val.deep.er") == {step: -float(step) for step in range(300)}
        assert values("late") == {1000: 5.0}
        assert values("nan") == {300: "nan"} and values("flag") == {300: 1.0}
        assert values("inf") == {300: sys.float_info.max} and values("ninf") == {300: -sys.float_info.max}
        assert any("no numbers" in reason and count >= 301 for reason, count in report["skipped"].items()), report["skipped"]
        files = here.files(run)
        assert here.download(run, "kept.txt") == b"kept"
        assert b"hello from the run" in here.download(run, "output.log")
        assert any(path.startswith("media/table/") for path in files), files
        assert set(here.runs(experiments["other"]["experiment_id"]))

        again = bring(server, "wandb", str(folder))
        assert again["already"] == 3
        one = next(p for p in folder.iterdir() if p.name.startswith("offline-run-"))
        assert bring(server, "wandb", str(one))["already"] == 1


def test_a_torn_or_damaged_log_keeps_what_is_whole(tmp_path):
    folder = write_runs(tmp_path)
    log = max(folder.glob("offline-run-*/*.wandb"), key=lambda p: p.stat().st_size)
    data = log.read_bytes()
    torn = tmp_path / "torn" / "offline-run-20260101_000000-torn"
    torn.mkdir(parents=True)
    (torn / "run-torn.wandb").write_bytes(data[: len(data) * 2 // 3])
    bad = tmp_path / "bad" / "offline-run-20260101_000000-bad"
    bad.mkdir(parents=True)
    hit = bytearray(data)
    hit[40000] ^= 0xFF
    (bad / "run-bad.wandb").write_bytes(hit)
    no = tmp_path / "no.wandb"
    no.write_bytes(b"PK\x03\x04" + bytes(100))
    with Server(tmp_path / "home") as server:
        report = bring(server, "wandb", str(torn.parent))
        run = next(iter(Side(server.url).runs(Side(server.url).experiments()["boats"]["experiment_id"]).values()))
        assert run["info"]["status"] == "KILLED" and 0 < report["counts"]["points"]["here"] < 901
    with Server(tmp_path / "home2") as server:
        report = bring(server, "wandb", str(bad.parent))
        assert any("damaged" in reason for reason in report["skipped"]), report["skipped"]
        done = tern("import", "wandb", str(no), server=server)
        assert done.returncode == 1 and "not a .wandb file" in done.stderr
