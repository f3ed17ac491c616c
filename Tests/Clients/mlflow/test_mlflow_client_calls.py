"""Every public method of MlflowClient, one by one. What is left out on purpose is named, with the reason; a method that is neither fails the test."""

import inspect
import io
import os
import tempfile
import uuid

import mlflow
import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

CALLS = {}

LEFT_OUT = {
    # Prompts are registered models with tags (P0), but their linking to traces and their pages are P2.
    "link_prompt_version_to_run": "P2: links of prompts", "link_prompt_versions_to_trace": "P2: traces/link-prompts",
    "link_prompt_version_to_model": "P2: links of prompts", "unlink_traces_from_run": "Databricks only",
    # P2 by the reference: evaluation datasets, issues, label schemas, review queues, scorers, workspaces.
    "create_dataset": "P2: evaluation datasets", "get_dataset": "P2", "delete_dataset": "P2", "search_datasets": "P2", "set_dataset_tags": "P2",
    "delete_dataset_tag": "P2", "add_dataset_to_experiments": "P2", "remove_dataset_from_experiments": "P2",
    "create_workspace": "P2", "get_workspace": "P2", "list_workspaces": "P2", "update_workspace": "P2", "delete_workspace": "P2",
    "get_workspace_store_uri": "P2", "list_logged_prompts": "P2: links of prompts", "detach_prompt_from_run": "P2: links of prompts",
    "parse_prompt_uri": "asks no server", "search_prompt_versions": "Databricks only",
}


def calls(*names):
    def keep(function):
        for name in names:
            CALLS[name] = function
        return function

    return keep


class World:
    """A server's client, with an experiment and a run of its own."""

    def __init__(self, url):
        mlflow.set_tracking_uri(url)
        mlflow.set_registry_uri(url)
        self.client, self.url = mlflow.MlflowClient(url, url), url
        self.name = "calls-" + uuid.uuid4().hex[:10]
        self.experiment = self.client.create_experiment(self.name, tags={"a": "b"})
        mlflow.set_experiment(experiment_id=self.experiment)

    def run(self, **rest):
        return self.client.create_run(self.experiment, **rest).info.run_id

    def model(self):
        return self.client.create_registered_model("model-" + uuid.uuid4().hex[:8]).name

    def version(self):
        name, run = self.model(), self.run()
        return name, self.client.create_model_version(name, f"{self.client.get_run(run).info.artifact_uri}/m", run).version

    def trace(self):
        with mlflow.start_span("root") as span:
            pass
        mlflow.flush_trace_async_logging()
        return span.trace_id


@pytest.fixture
def world(server_url):
    return World(server_url)


@calls("create_experiment", "get_experiment", "get_experiment_by_name", "rename_experiment", "set_experiment_tag", "delete_experiment_tag",
       "delete_experiment", "restore_experiment", "search_experiments")
def experiments(w):
    assert w.client.get_experiment(w.experiment).tags["a"] == "b" and w.client.get_experiment_by_name(w.name).experiment_id == w.experiment
    assert w.client.get_experiment_by_name("none-such") is None
    w.client.set_experiment_tag(w.experiment, "k", "v")
    w.client.delete_experiment_tag(w.experiment, "k")
    w.client.rename_experiment(w.experiment, w.name + "-new")
    assert [e.experiment_id for e in w.client.search_experiments(filter_string=f"name = '{w.name}-new'")] == [w.experiment]
    w.client.delete_experiment(w.experiment)
    assert w.client.get_experiment(w.experiment).lifecycle_stage == "deleted"
    w.client.restore_experiment(w.experiment)


@calls("create_run", "get_run", "update_run", "set_terminated", "delete_run", "restore_run", "search_runs", "get_parent_run")
def runs(w):
    parent = w.run(run_name="p")
    child = w.run(tags={"mlflow.parentRunId": parent})
    assert w.client.get_parent_run(child).info.run_id == parent and w.client.get_parent_run(parent) is None
    w.client.update_run(child, status="FAILED", name="renamed")
    assert (w.client.get_run(child).info.status, w.client.get_run(child).info.run_name) == ("FAILED", "renamed")
    w.client.set_terminated(parent, "FINISHED", 5000)
    assert w.client.get_run(parent).info.end_time == 5000
    w.client.delete_run(child)
    assert [r.info.run_id for r in w.client.search_runs([w.experiment])] == [parent]
    assert len(w.client.search_runs([w.experiment], run_view_type=ViewType.ALL)) == 2
    w.client.restore_run(child)


@calls("log_metric", "log_param", "set_tag", "delete_tag", "log_batch", "get_metric_history", "log_inputs", "log_outputs")
def logging(w):
    run = w.run()
    w.client.log_metric(run, "m", 1.5, timestamp=1, step=2)
    w.client.log_metric(run, "m", float("nan"), timestamp=2, step=3)
    w.client.log_param(run, "p", "x")
    w.client.set_tag(run, "t", "v")
    w.client.set_tag(run, "gone", "v")
    w.client.delete_tag(run, "gone")
    w.client.log_batch(run, [Metric("b", 1, 1, 0)], [Param("q", "1")], [RunTag("u", "2")])
    read = w.client.get_run(run)
    assert read.data.params == {"p": "x", "q": "1"} and read.data.tags["u"] == "2" and "gone" not in read.data.tags
    assert [(m.step, m.value if m.value == m.value else None) for m in w.client.get_metric_history(run, "m")] == [(2, 1.5), (3, None)]
    w.client.log_inputs(run, [DatasetInput(Dataset("d", "1", "local", "{}"), [InputTag("mlflow.data.context", "train")])])
    model = w.client.create_logged_model(w.experiment)
    w.client.log_inputs(run, models=[LoggedModelInput(model.model_id)])
    w.client.log_outputs(run, [LoggedModelOutput(model.model_id, 1)])
    read = w.client.get_run(run)
    assert read.inputs.dataset_inputs[0].dataset.name == "d" and read.outputs.model_outputs[0].model_id == model.model_id


@calls("log_artifact", "log_artifacts", "log_text", "log_dict", "log_figure", "log_image", "log_table", "load_table", "log_stream", "list_artifacts",
       "download_artifacts")
def artifacts(w):
    import numpy
    import pandas

    run = w.run()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.txt")
        open(path, "w").write("hello")
        w.client.log_artifact(run, path)
        w.client.log_artifacts(run, folder, "folder")
        w.client.log_text(run, "text", "t.txt")
        w.client.log_dict(run, {"a": 1}, "d.json")
        w.client.log_image(run, numpy.zeros((4, 4, 3), dtype="uint8"), "i.png")
        w.client.log_table(run, pandas.DataFrame({"x": [1]}), "table.json")
        assert list(w.client.load_table(w.experiment, "table.json", run_ids=[run])["x"]) == [1]
        w.client.log_stream(run, io.BytesIO(b"stream"), "s.bin")
        try:
            from matplotlib import pyplot
        except ImportError:
            pyplot = None
        if pyplot:
            w.client.log_figure(run, pyplot.figure(), "f.png")
        names = {f.path for f in w.client.list_artifacts(run)}
        assert {"a.txt", "folder", "t.txt", "d.json", "i.png", "table.json"} <= names
        assert open(w.client.download_artifacts(run, "a.txt", folder)).read() == "hello"


@calls("create_logged_model", "finalize_logged_model", "get_logged_model", "delete_logged_model", "set_logged_model_tags",
       "delete_logged_model_tag", "search_logged_models", "log_model_params", "log_model_artifact", "log_model_artifacts", "list_logged_model_artifacts")
def logged_models(w):
    model = w.client.create_logged_model(w.experiment, name="m", tags={"a": "b"}, params={"p": "1"})
    w.client.log_model_params(model.model_id, {"q": "2"})
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.txt")
        open(path, "w").write("hello")
        w.client.log_model_artifact(model.model_id, path)
        w.client.log_model_artifacts(model.model_id, folder)
    assert [f.path for f in w.client.list_logged_model_artifacts(model.model_id)] == ["a.txt"]
    w.client.set_logged_model_tags(model.model_id, {"c": "d"})
    w.client.delete_logged_model_tag(model.model_id, "a")
    w.client.finalize_logged_model(model.model_id, "READY")
    read = w.client.get_logged_model(model.model_id)
    assert read.status.value == "READY" and read.tags == {"c": "d"} and read.params["p"] == "1"
    assert [m.model_id for m in w.client.search_logged_models([w.experiment], filter_string="name = 'm'")] == [model.model_id]
    w.client.delete_logged_model(model.model_id)
    with pytest.raises(MlflowException):
        w.client.get_logged_model(model.model_id)


@calls("create_registered_model", "get_registered_model", "rename_registered_model", "update_registered_model", "delete_registered_model",
       "search_registered_models", "set_registered_model_tag", "delete_registered_model_tag")
def registered_models(w):
    name = w.model()
    w.client.update_registered_model(name, "described")
    w.client.set_registered_model_tag(name, "k", "v")
    w.client.set_registered_model_tag(name, "gone", "v")
    w.client.delete_registered_model_tag(name, "gone")
    new = name + "-new"
    w.client.rename_registered_model(name, new)
    read = w.client.get_registered_model(new)
    assert read.description == "described" and read.tags == {"k": "v"}
    assert [m.name for m in w.client.search_registered_models(f"name = '{new}'")] == [new]
    w.client.delete_registered_model(new)
    with pytest.raises(MlflowException, match=f"Registered Model with name={new} not found"):
        w.client.get_registered_model(new)


@calls("create_model_version", "copy_model_version", "get_model_version", "update_model_version", "delete_model_version", "search_model_versions",
       "get_model_version_download_uri", "get_model_version_stages", "transition_model_version_stage", "get_latest_versions", "set_model_version_tag",
       "delete_model_version_tag", "set_registered_model_alias", "delete_registered_model_alias", "get_model_version_by_alias")
def model_versions(w):
    name, number = w.version()
    w.client.update_model_version(name, number, "described")
    w.client.set_model_version_tag(name, number, "k", "v")
    w.client.set_model_version_tag(name, number, "gone", "v")
    w.client.delete_model_version_tag(name, number, "gone")
    w.client.set_registered_model_alias(name, "best", number)
    read = w.client.get_model_version_by_alias(name, "best")
    assert read.description == "described" and read.tags == {"k": "v"} and read.aliases == ["best"]
    w.client.delete_registered_model_alias(name, "best")
    assert w.client.get_model_version(name, number).aliases == []
    assert w.client.get_model_version_stages(name, number) == ["None", "Staging", "Production", "Archived"]
    moved = w.client.transition_model_version_stage(name, number, "Production")
    assert moved.current_stage == "Production" and [v.version for v in w.client.get_latest_versions(name, ["Production"])] == [number]
    assert w.client.get_model_version_download_uri(name, number).startswith("mlflow-artifacts:/")
    copied = w.client.copy_model_version(f"models:/{name}/{number}", name + "-copy")
    assert copied.name == name + "-copy" and copied.source == f"models:/{name}/{number}"
    assert [v.version for v in w.client.search_model_versions(f"name = '{name}'")] == [number]
    w.client.delete_model_version(name, number)
    with pytest.raises(MlflowException, match="not found"):
        w.client.get_model_version(name, number)


@calls("register_prompt", "load_prompt", "search_prompts", "get_prompt", "get_prompt_version", "create_prompt", "create_prompt_version", "delete_prompt",
       "delete_prompt_version", "set_prompt_tag", "delete_prompt_tag", "set_prompt_version_tag", "delete_prompt_version_tag", "set_prompt_alias",
       "delete_prompt_alias", "get_prompt_version_by_alias")
def prompts(w):
    name = "prompt-" + uuid.uuid4().hex[:8]
    made = w.client.register_prompt(name, "Hello {{who}}", commit_message="first", tags={"a": "b"})
    assert made.version == 1 and w.client.load_prompt(f"prompts:/{name}/1").template == "Hello {{who}}"
    w.client.register_prompt(name, "Hi {{who}}")
    w.client.set_prompt_alias(name, "best", 2)
    assert w.client.get_prompt_version_by_alias(name, "best").version == 2
    w.client.delete_prompt_alias(name, "best")
    w.client.set_prompt_tag(name, "k", "v")
    w.client.delete_prompt_tag(name, "k")
    w.client.set_prompt_version_tag(name, "1", "k", "v")
    w.client.delete_prompt_version_tag(name, "1", "k")
    assert w.client.get_prompt(name).name == name and name in [p.name for p in w.client.search_prompts(f"name = '{name}'")]
    assert w.client.get_prompt_version(name, "1").template == "Hello {{who}}"
    other = "prompt-" + uuid.uuid4().hex[:8]
    w.client.create_prompt(other)
    assert w.client.create_prompt_version(other, "T").version == 1
    w.client.delete_prompt_version(other, "1")
    w.client.delete_prompt(other)


@calls("start_trace", "end_trace", "start_span", "end_span")
def client_spans(w):
    root = w.client.start_trace("manual", inputs={"q": 1}, experiment_id=w.experiment)
    span = w.client.start_span("inner", root.trace_id, root.span_id)
    w.client.end_span(span.trace_id, span.span_id, outputs=2)
    w.client.end_trace(root.trace_id, outputs=3)
    mlflow.flush_trace_async_logging()
    assert [s.name for s in w.client.get_trace(root.trace_id).data.spans] == ["manual", "inner"]


@calls("get_trace", "search_traces", "delete_traces", "set_trace_tag", "delete_trace_tag", "link_traces_to_run")
def traces(w):
    trace, run = w.trace(), w.run()
    assert w.client.get_trace(trace).info.trace_id == trace
    w.client.set_trace_tag(trace, "k", "v")
    w.client.delete_trace_tag(trace, "k")
    w.client.link_traces_to_run([trace], run)
    assert [t.info.trace_id for t in w.client.search_traces(locations=[w.experiment], filter_string=f"run_id = '{run}'")] == [trace]
    feedback = mlflow.log_feedback(trace_id=trace, name="f", value=1)
    assert mlflow.get_assessment(trace, feedback.assessment_id).name == "f"
    mlflow.delete_assessment(trace, feedback.assessment_id)
    assert w.client.delete_traces(w.experiment, trace_ids=[trace]) == 1


@calls("create_webhook", "get_webhook", "list_webhooks", "update_webhook", "delete_webhook", "test_webhook")
def webhooks(w):
    made = w.client.create_webhook("calls", "https://1.1.1.1/none", ["registered_model.created"], status="DISABLED")
    assert w.client.get_webhook(made.webhook_id).name == "calls" and made.webhook_id in [h.webhook_id for h in w.client.list_webhooks()]
    assert w.client.update_webhook(made.webhook_id, name="other").name == "other"
    w.client.delete_webhook(made.webhook_id)
    with pytest.raises(MlflowException, match="not found"):
        w.client.test_webhook(made.webhook_id)


@calls("tracking_uri")
def attributes(w):
    assert w.client.tracking_uri == w.url


@pytest.mark.parametrize("group", sorted({f.__name__ for f in CALLS.values()}))
def test_each_call_does_what_it_says(world, group):
    next(f for f in CALLS.values() if f.__name__ == group)(world)


def test_no_method_is_forgotten():
    # MCP servers are a registry of their own, outside the protobuf table.
    public = {name for name in dir(mlflow.MlflowClient) if not name.startswith("_") and "mcp_" not in name}
    assert public - set(CALLS) - set(LEFT_OUT) == set()
    unknown = set(CALLS) - public
    assert not unknown, unknown
    world = inspect.getsource(World)
    uncalled = {name for name, function in CALLS.items() if f"client.{name}" not in inspect.getsource(function) + world}
    assert not uncalled, uncalled


def test_what_is_left_out_says_so(client):
    with pytest.raises(MlflowException) as caught:
        client.search_datasets()
    assert caught.value.error_code == "NOT_IMPLEMENTED"
