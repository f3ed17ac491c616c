"""`tern import tensorboard`: tensorboardX (and TensorFlow's style of tensors) write event files during the test; every value must come over."""

import struct
import time

import numpy
import pytest
from mlflow_store import Side
from tensorboardX import SummaryWriter
from tensorboardX.proto import event_pb2, summary_pb2, tensor_pb2
from tensorboardX.record_writer import RecordWriter
from tern_process import Server, tern
from test_import_wandb import bring


def f32(value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0]


def write(folder):
    writer = SummaryWriter(str(folder / "train"))
    for step in range(500):
        writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_scalar("val/acc", step / 500, step)
    writer.add_scalars("both", {"a": 1.0, "b": 2.0}, 3)
    writer.add_scalar("odd", float("nan"), 1)
    writer.add_scalar("odd", float("inf"), 2)
    writer.add_histogram("weights", numpy.arange(100), 0)
    writer.add_image("picture", numpy.zeros((3, 8, 8), dtype=numpy.uint8), 4)
    writer.add_text("words", "hello **there**", 0)
    writer.add_hparams({"lr": 0.1, "layers": 3, "name": "adam", "flag": True}, {"hparam/acc": 0.9}, name="trial")
    writer.close()
    # TensorFlow 2's style: tensors, with the plugin's name on a tag's first value only.
    (folder / "tf2").mkdir()
    records = RecordWriter(str(folder / "tf2" / "events.out.tfevents.1700000000.host.1.0.v2"))
    records.write(event_pb2.Event(wall_time=1700000000.0, step=0, file_version="brain.Event:2").SerializeToString())
    for step in range(20):
        metadata = summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="scalars")) if step == 0 else None
        tensor = tensor_pb2.TensorProto(dtype=1, tensor_content=struct.pack("<f", step / 7)) if step % 2 else tensor_pb2.TensorProto(
            dtype=1, float_val=[step / 7])
        value = summary_pb2.Summary.Value(tag="epoch_loss", tensor=tensor, metadata=metadata)
        records.write(event_pb2.Event(
            wall_time=1700000000.5 + step, step=step, summary=summary_pb2.Summary(value=[value])).SerializeToString())
    records.close()


def test_event_files_come_over(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    write(folder)
    with Server(tmp_path / "home") as server:
        report = bring(server, "tensorboard", str(folder))
        here = Side(server.url)
        runs = {r["info"]["run_name"]: r for r in here.runs(here.experiments()["logs"]["experiment_id"]).values()}
        train, tf2, trial = runs["train"], runs["tf2"], next(r for n, r in runs.items() if "trial" in n)

        def values(run, key):
            return {step: value for _, step, value in here.history(run["info"]["run_id"], key)}

        assert values(train, "loss") == {step: f32(1 / (step + 1)) for step in range(500)}
        assert values(train, "val/acc") == {step: f32(step / 500) for step in range(500)}
        assert values(train, "odd")[1] == "nan" and values(train, "odd")[2] > 1e308
        assert values(tf2, "epoch_loss") == {step: f32(step / 7) for step in range(20)}
        assert [t for t, _, _ in here.history(tf2["info"]["run_id"], "epoch_loss")][0] == 1700000000500
        assert {p["key"]: p["value"] for p in trial["data"]["params"]} == {"lr": "0.1", "layers": "3", "name": "adam", "flag": "True"}
        assert list(values(trial, "hparam/acc").values()) == [f32(0.9)]
        files = here.files(train["info"]["run_id"])
        assert here.download(train["info"]["run_id"], "tensorboard/picture/4.png")[1:4] == b"PNG", files
        assert any("hello **there**" in here.download(train["info"]["run_id"], p).decode() for p in files if p.endswith(".txt"))
        assert report["skipped"].get("histogram summaries") == 1
        assert bring(server, "tensorboard", str(folder))["already"] == len(runs)


def test_a_torn_tail_is_normal_and_a_wrong_checksum_is_named(tmp_path):
    folder = tmp_path / "logs"
    writer = SummaryWriter(str(folder))
    for step in range(100):
        writer.add_scalar("loss", step, step)
    writer.close()
    file = next(folder.glob("*tfevents*"))
    data = file.read_bytes()
    file.write_bytes(data[:-7])
    with Server(tmp_path / "home") as server:
        assert bring(server, "tensorboard", str(folder))["counts"]["points"] == {"source": 99, "here": 99}
        # The writer comes to its end: the run grows by what is new.
        file.write_bytes(data)
        assert bring(server, "tensorboard", str(folder))["counts"]["points"] == {"source": 100, "here": 100}
        hit = bytearray(data)
        hit[len(data) // 2] ^= 1
        file.write_bytes(hit)
        done = tern("import", "tensorboard", str(folder), server=server)
        assert done.returncode == 1 and "checksum" in done.stderr and "at byte" in done.stderr and file.name in done.stderr
        done = tern("import", "tensorboard", str(tmp_path / "home"), server=server)
        assert done.returncode == 1 and "no event file" in done.stderr
