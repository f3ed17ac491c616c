"""`tern import comet`: the real package writes an offline archive during the test; every value must come over."""

import os
import subprocess
import sys
import textwrap
import zipfile

from mlflow_store import Side
from tern_process import Server, tern
from test_import_wandb import bring

SCRIPT = textwrap.dedent(
    """
    import sys
    from comet_ml import OfflineExperiment
    e = OfflineExperiment(project_name="boats", workspace="acme", offline_directory=sys.argv[1], log_code=False, log_graph=False,
                          auto_param_logging=False, auto_metric_logging=False, log_env_details=False, log_env_gpu=False, log_env_cpu=False,
                          log_git_metadata=False, auto_output_logging="native")
    e.set_name("first try")
    e.add_tags(["fast", "red"])
    e.log_parameters({"lr": 0.1, "opt": {"name": "adam"}, "flag": True})
    for step in range(200):
        e.log_metric("loss", 1 / (step + 1), step=step)
        e.log_metric("val/acc", step / 200, step=step, epoch=step // 10)
    e.log_other("why", "because")
    open("kept.txt", "w").write("kept")
    e.log_asset("kept.txt", file_name="data/kept.txt")
    e.end()
    """
)


def test_offline_archive_comes_over(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    archives = tmp_path / "archives"
    environment = os.environ | {"HOME": str(tmp_path), "COMET_LOGGING_CONSOLE": "error", "COMET_DISABLE_ANNOUNCEMENT": "1"}
    done = subprocess.run(
        [sys.executable, "script.py", str(archives)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    archive = next(archives.glob("*.zip"))
    with Server(tmp_path / "home") as server:
        report = bring(server, "comet", str(archive))
        here = Side(server.url)
        run = next(iter(here.runs(here.experiments()["boats"]["experiment_id"]).values()))
        name = run["info"]["run_id"]
        assert run["info"]["run_name"] == "first try" and run["info"]["status"] == "FINISHED"
        params = {p["key"]: p["value"] for p in run["data"]["params"]}
        assert (params["lr"], params["opt.name"], params["flag"]) == ("0.1", "adam", "True"), params
        tags = {t["key"]: t["value"] for t in run["data"]["tags"]}
        assert tags["comet.workspace"] == "acme" and tags["comet.other.why"] == "because", tags
        assert tags["comet.tag.fast"] == "fast" and tags["comet.tag.red"] == "red", tags

        def values(key):
            return {step: value for _, step, value in here.history(name, key)}

        assert values("loss") == {step: 1 / (step + 1) for step in range(200)}
        assert values("val/acc") == {step: step / 200 for step in range(200)}
        kept = [path for path in here.files(name) if path.endswith("kept.txt")]
        assert kept and here.download(name, kept[0]) == b"kept", here.files(name)
        assert any("epochs" in reason and count >= 200 for reason, count in report["skipped"].items()), report["skipped"]
        assert bring(server, "comet", str(archives))["already"] == 1

        # Damaged, foreign and hostile archives are refused by name.
        data = bytearray(archive.read_bytes())
        (tmp_path / "short.zip").write_bytes(data[: len(data) // 2])
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
            other.writestr("readme.txt", "hello")
        with zipfile.ZipFile(tmp_path / "bad.zip", "w") as other:
            other.writestr("experiment.json", "{}")
            other.writestr("messages.json", '{"type": "metric_msg"}\nnot json\n')
        for file, message in (("short.zip", "not a zip archive"), ("other.zip", "no experiment.json"), ("bad.zip", "messages.json, line 2")):
            done = tern("import", "comet", str(tmp_path / file), server=server)
            assert done.returncode == 1 and message in done.stderr, done.stderr


def test_names_in_an_archive_stay_in_the_run_s_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "climb.zip", "w") as archive:
        archive.writestr("experiment.json", '{"offline_id": "abc", "project_name": "climb", "start_time": 1700000000000, "stop_time": 1700000001000}')
        archive.writestr("tmp1", "content")
        archive.writestr(
            "messages.json",
            '{"type": "file_upload", "payload": {"file_path": "/else/where/tmp1", "upload_type": "../../x", '
            '"additional_params": {"fileName": "../../../../etc/cron.d/evil"}}}\n'
            '{"type": "metric_msg", "payload": {"metric": {"metricName": "../../m", "metricValue": NaN, "step": null}, "local_timestamp": 1700000000500}}\n')
    with Server(tmp_path / "home") as server:
        bring(server, "comet", str(tmp_path / "climb.zip"))
        here = Side(server.url)
        run = next(iter(here.runs(here.experiments()["climb"]["experiment_id"])))
        assert list(here.files(run)) == ["_/_/x/etc/cron.d/evil"]
        assert here.history(run, "_/_/m") == [(1700000000500, 0, "nan")]
