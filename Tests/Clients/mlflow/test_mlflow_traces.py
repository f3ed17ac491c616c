"""Tracing with the unmodified client: spans by OTLP, traces, searches, assessments; and OpenTelemetry's own exporter."""

import gzip
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

import mlflow
import pytest
from mlflow.entities import AssessmentSource, Expectation, Feedback, SpanType
from mlflow.exceptions import MlflowException

# A queue in the background would have to be waited for after each trace; that way is tried in a process of its own, below.
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"


@pytest.fixture
def traced(client, experiment):
    """A nested trace, complete on the server."""

    @mlflow.trace(span_type=SpanType.CHAIN, attributes={"model": "m'; DROP TABLE spans; --"})
    def answer(question):
        with mlflow.start_span("look up", span_type=SpanType.RETRIEVER) as span:
            span.set_inputs({"query": question})
            span.set_outputs(["a", "b", {"score": 0.5}])
            span.set_attributes({"count": 2, "ratio": 0.25, "ok": True, "nothing": None, "list": [1, 2], "nested": {"a": {"b": [1.5]}}})
            span.add_event(mlflow.entities.SpanEvent("cache", attributes={"hit": False}))
        mlflow.update_current_trace(tags={"team": "søk"}, metadata={"release": "7"}, client_request_id="req-1")
        return question.upper()

    assert answer("why ü?") == "WHY Ü?"
    return mlflow.get_last_active_trace_id()


def test_a_trace_comes_back_as_it_was_made(traced, experiment):
    trace = mlflow.get_trace(traced)
    assert trace.info.state.value == "OK" and trace.info.experiment_id == experiment.experiment_id
    assert trace.info.tags["team"] == "søk" and trace.info.tags["mlflow.traceName"] == "answer"
    assert trace.info.trace_metadata["release"] == "7" and trace.info.client_request_id == "req-1"
    assert trace.info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    assert trace.info.execution_duration is not None and json.loads(trace.info.request_preview) == {"question": "why ü?"}
    root, child = trace.data.spans
    assert root.name == "answer" and root.parent_id is None and child.parent_id == root.span_id
    assert root.inputs == {"question": "why ü?"} and root.outputs == "WHY Ü?"
    assert root.get_attribute("model") == "m'; DROP TABLE spans; --"
    assert child.span_type == "RETRIEVER" and child.outputs == ["a", "b", {"score": 0.5}]
    assert child.get_attribute("count") == 2 and child.get_attribute("ratio") == 0.25 and child.get_attribute("ok") is True
    assert child.get_attribute("list") == [1, 2] and child.get_attribute("nested") == {"a": {"b": [1.5]}}
    assert child.events[0].name == "cache" and child.events[0].attributes == {"hit": False}
    assert root.start_time_ns <= child.start_time_ns <= child.end_time_ns <= root.end_time_ns


def test_an_error_is_told_with_its_message(client, experiment):
    @mlflow.trace
    def fails():
        raise ValueError("no good")

    with pytest.raises(ValueError):
        fails()
    trace = mlflow.get_trace(mlflow.get_last_active_trace_id())
    assert trace.info.state.value == "ERROR"
    assert trace.data.spans[0].status.status_code.value == "ERROR" and "no good" in trace.data.spans[0].status.description
    found = mlflow.search_traces(locations=[experiment.experiment_id], filter_string="trace.status = 'ERROR'", return_type="list")
    assert [t.info.trace_id for t in found] == [trace.info.trace_id]


@pytest.mark.parametrize(
    "filter_string, is_found",
    [
        ("trace.status = 'OK'", True),
        ("status = 'ok'", False),
        ("timestamp_ms > 0 AND execution_time_ms >= 0", True),
        ("timestamp_ms < 5", False),
        ("end_time_ms >= 1700000000000", True),
        ("name = 'answer'", True),
        ("name LIKE 'ANS%'", False),
        ("name ILIKE 'ANS%'", True),
        ("name RLIKE '^ans(w|v)er$'", True),
        ("name RLIKE '^nswer'", False),
        ("tags.team = 'søk'", True),
        ("tags.team != 'søk'", False),
        ("tags.`team` RLIKE 's.k'", True),
        ("tags.absent IS NULL", True),
        ("tags.team IS NOT NULL", True),
        ("tags.absent = 'x'", False),
        ("tags.absent != 'x'", False),
        ("metadata.release = '7'", True),
        ("metadata.release IS NULL", False),
        ("request_metadata.release LIKE '_'", True),
        ("client_request_id = 'req-1'", True),
        ("status IN ('OK', 'ERROR')", True),
        ("status NOT IN ('OK', 'ERROR')", False),
        ("span.name = 'look up'", True),
        ("span.type = 'RETRIEVER' AND span.name = 'look up'", True),
        ("span.type = 'RETRIEVER' AND span.name = 'answer'", False),
        ("span.status = 'OK'", True),
        ("span.content LIKE '%why ü%'", True),
        ("trace.text LIKE '%why%'", True),
        ("span.content ILIKE '%WHY%'", True),
        ("span.content LIKE '%missing%'", False),
        ("span.attributes.model = 'm'", False),
        ("span.attributes.model LIKE '%DROP TABLE%'", True),
        ("span.attributes.count = '2'", True),
        ("span.attributes.count = '2' AND span.name = 'answer'", False),
        ("span.attributes.model RLIKE '^m.; DROP'", True),
        ("span.attributes.absent LIKE '%'", False),
        ("feedback.score IS NULL", True),
        ("expectation.x IS NOT NULL", False),
        ("issue.id = 'none'", False),
        ("run_id = 'none'", False),
        ("prompt = 'p/1'", False),
    ],
)
def test_each_filter_finds_what_it_says(traced, experiment, filter_string, is_found):
    found = mlflow.search_traces(locations=[experiment.experiment_id], filter_string=filter_string, return_type="list", include_spans=False)
    assert [t.info.trace_id for t in found] == ([traced] if is_found else [])


@pytest.mark.parametrize(
    "filter_string, words",
    [
        ("feedback.f > '1'", "Expected a numeric value for feedback when using comparator '>'. Got value '1'"),
        ("feedback.f = 1", "Expected a quoted string value for feedback (e.g. 'my-value'). Got value 1"),
        ("span.foo = 'a'", "Invalid span attribute 'foo'. Supported attributes: name, status, type, attributes.<attribute_name>."),
        ("span.content = 'a'", "span.content comparator '=' not one of '{'ILIKE', 'LIKE'}'"),
        ("issue.x = '1'", "Invalid issue attribute 'x'. Supported attributes: id"),
        ("issue.id != '1'", "issue.id comparator '!=' not one of '{'='}'"),
        ("prompt = 'a'", 'Invalid prompts filter value \'a\'. Expected format: prompt = "name/version"'),
        ("foo = '1'", "Invalid attribute key 'foo' specified"),
        ("bar.x = '1'", "Invalid entity type 'bar'"),
        ("status > 'OK'", "Invalid comparator '>'"),
        ("status = 1", "attributes support comparison with numeric values."),
        ("timestamp_ms IN ('1')", "supports comparison with a list of quoted string values."),
        ("metadata.m IN ('a')", "Invalid comparator 'IN'"),
        ("name RLIKE '('", "is not a regular expression"),
        ("status = 'OK' OR status = 'x'", "at character 15"),
    ],
)
def test_each_bad_filter_is_refused_in_words(client, experiment, filter_string, words):
    with pytest.raises(MlflowException) as caught:
        client.search_traces(locations=[experiment.experiment_id], filter_string=filter_string)
    assert words in str(caught.value) and caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_hostile_regular_expression_ends(client, experiment):
    client._tracing_client.start_trace(info("a" * 3000, experiment))
    started = time.monotonic()
    assert len(client.search_traces(locations=[experiment.experiment_id], filter_string="tags.name RLIKE '^(a+)+$'", include_spans=False)) == 1
    assert not client.search_traces(locations=[experiment.experiment_id], filter_string="tags.name RLIKE '^(a+)+b$'", include_spans=False)
    assert time.monotonic() - started < 60


def info(name, experiment, at=1000, **rest):
    from mlflow.entities import TraceInfo, TraceLocation, TraceState

    return TraceInfo(
        trace_id="tr-" + uuid.uuid4().hex, trace_location=TraceLocation.from_experiment_id(experiment.experiment_id), request_time=at,
        state=TraceState.OK, execution_duration=rest.pop("duration", 5), tags={"name": name} | rest.pop("tags", {}), **rest,
    )


def test_pages_and_orders(client, experiment):
    tracing = client._tracing_client
    made = [tracing.start_trace(info(f"n{i}", experiment, at=1000 + i % 3, duration=i, tags={"n": str(i)} if i % 2 else {})) for i in range(7)]

    def order(*terms, limit=100):
        names, token = [], None
        while True:
            page = client.search_traces(locations=[experiment.experiment_id], order_by=list(terms), max_results=limit, page_token=token, include_spans=False)
            names += [t.info.tags["name"] for t in page]
            token = page.token
            if not token:
                return names

    newest = sorted(made, key=lambda t: (-t.request_time, t.trace_id))
    assert order() == order(limit=2) == [t.tags["name"] for t in newest]
    assert order("execution_time_ms DESC", limit=3) == [f"n{i}" for i in reversed(range(7))]
    assert order("timestamp_ms ASC", "execution_time ASC") == ["n0", "n3", "n6", "n1", "n4", "n2", "n5"]
    assert order("tags.n DESC")[:3] == ["n5", "n3", "n1"] and order("tags.n ASC")[:3] == ["n1", "n3", "n5"]
    with pytest.raises(MlflowException, match="Invalid ordering key"):
        order("timestamp_ms sideways")
    with pytest.raises(MlflowException, match="duplicate fields"):
        order("status", "status ASC")
    with pytest.raises(MlflowException, match="Invalid value 501"):
        client.search_traces(locations=[experiment.experiment_id], max_results=501)


def test_tags_are_set_and_deleted(client, traced):
    client.set_trace_tag(traced, "k", "v' OR 1=1 --")
    assert mlflow.get_trace(traced).info.tags["k"] == "v' OR 1=1 --"
    client.set_trace_tag(traced, "k", "x" * 9000)
    assert len(mlflow.get_trace(traced).info.tags["k"]) == 8000
    client.delete_trace_tag(traced, "k")
    with pytest.raises(MlflowException, match="No trace tag with key 'k' for trace with ID"):
        client.delete_trace_tag(traced, "k")
    with pytest.raises(MlflowException, match="immutable"):
        client._tracing_client.store.set_trace_tag(traced, "mlflow.trace.spansLocation", "elsewhere")
    with pytest.raises(MlflowException, match="not found"):
        client.set_trace_tag("tr-none", "k", "v")


def test_assessments_live_through_their_whole_life(client, traced, experiment):
    human = AssessmentSource(source_type="HUMAN", source_id="me@x")
    feedback = mlflow.log_feedback(trace_id=traced, name="score", value=0.9, source=human, rationale="good", metadata={"a": "b"})
    assert feedback.assessment_id.startswith("a-") and feedback.value == 0.9 and feedback.rationale == "good"
    expectation = mlflow.log_expectation(trace_id=traced, name="facts", value=["x", {"y": 1}], source=human)
    assert mlflow.get_assessment(traced, expectation.assessment_id).value == ["x", {"y": 1}]
    mlflow.log_feedback(trace_id=traced, name="judge", error=RuntimeError("boom"), source=AssessmentSource("LLM_JUDGE", "gpt"))

    def found(text):
        return len(client.search_traces(locations=[experiment.experiment_id], filter_string=text, include_spans=False))

    assert found("feedback.score > 0.5") == 1 and found("feedback.score > 0.95") == 0 and found("feedback.score = '0.9'") == 1
    assert found("feedback.score IS NOT NULL") == 1 and found("feedback.judge IS NULL") == 0 and found("expectation.facts LIKE '%x%'") == 1

    override = mlflow.override_feedback(trace_id=traced, assessment_id=feedback.assessment_id, value=0.1, rationale="worse", source=human)
    assert mlflow.get_assessment(traced, feedback.assessment_id).valid is False and override.overrides == feedback.assessment_id
    assert found("feedback.score > 0.5") == 0 and found("feedback.score < 0.5") == 1
    mlflow.delete_assessment(traced, override.assessment_id)
    assert mlflow.get_assessment(traced, feedback.assessment_id).valid is True

    changed = mlflow.update_assessment(
        traced, feedback.assessment_id, Feedback(name="score", value="yes", rationale="r2", metadata={"c": "d"}, source=human))
    assert changed.value == "yes" and changed.metadata == {"a": "b", "c": "d"} and changed.rationale == "r2"
    assert found("feedback.score = 'yes'") == 1 and found("feedback.score RLIKE '^y'") == 1
    with pytest.raises(MlflowException, match="Cannot update expectation value on a Feedback assessment"):
        mlflow.update_assessment(traced, feedback.assessment_id, Expectation(name="score", value=1))
    assert len(mlflow.get_trace(traced).info.assessments) == 3
    mlflow.delete_assessment(traced, feedback.assessment_id)
    mlflow.delete_assessment(traced, feedback.assessment_id)
    with pytest.raises(MlflowException, match="Assessment with ID .* not found for trace"):
        mlflow.get_assessment(traced, feedback.assessment_id)
    with pytest.raises(MlflowException, match="Trace with ID 'tr-none' not found"):
        mlflow.log_feedback(trace_id="tr-none", name="x", value=1)


def test_traces_are_linked_to_runs(client, traced, experiment):
    run = client.create_run(experiment.experiment_id)
    client.link_traces_to_run([traced], run.info.run_id)
    client.link_traces_to_run([traced], run.info.run_id)
    assert [t.info.trace_id for t in mlflow.search_traces(
        locations=[experiment.experiment_id], filter_string=f"run_id = '{run.info.run_id}'", return_type="list")] == [traced]
    with mlflow.start_run() as active, mlflow.start_span("inside"):
        pass
    assert [t.data.spans[0].name for t in mlflow.search_traces(
        locations=[experiment.experiment_id], filter_string=f"attributes.run_id = '{active.info.run_id}'", return_type="list")] == ["inside"]
    with pytest.raises(MlflowException, match="Cannot link more than 100 traces"):
        client.link_traces_to_run([f"tr-{i}" for i in range(101)], run.info.run_id)


def test_traces_are_deleted_by_id_and_by_age(client, experiment):
    tracing = client._tracing_client
    made = [tracing.start_trace(info(f"n{i}", experiment, at=1000 + i)).trace_id for i in range(5)]
    where = experiment.experiment_id
    assert client.delete_traces(where, trace_ids=[made[4], "tr-none"]) == 1
    assert client.delete_traces(where, max_timestamp_millis=1002, max_traces=2) == 2
    left = {t.info.trace_id for t in client.search_traces(locations=[where], include_spans=False)}
    assert left == set(made[2:4])
    assert client.delete_traces("0" if where != "0" else "1", trace_ids=[made[2]]) == 0
    for arguments in ({}, {"max_timestamp_millis": 1, "trace_ids": ["a"]}, {"max_timestamp_millis": 1, "max_traces": 0}):
        with pytest.raises(MlflowException):
            client.delete_traces(where, **arguments)


def test_a_search_reads_the_spans_too(traced, experiment):
    frame = mlflow.search_traces(locations=[experiment.experiment_id])
    assert list(frame["trace_id"]) == [traced] and len(frame["spans"][0]) == 2


def test_spans_of_other_processes_join_the_trace(client, experiment):
    from mlflow.tracing.distributed import get_tracing_context_headers_for_http_request, set_tracing_context_from_http_request_headers

    with mlflow.start_span("caller") as root:
        headers = get_tracing_context_headers_for_http_request()
        with set_tracing_context_from_http_request_headers(headers), mlflow.start_span("callee"):
            pass
    assert {s.name for s in mlflow.get_trace(root.trace_id).data.spans} == {"caller", "callee"}


def test_the_background_queue_delivers_before_the_program_ends(server_url, client, experiment):
    program = f"""
import mlflow
mlflow.set_tracking_uri({server_url!r})
mlflow.set_experiment({experiment.name!r})
for i in range(20):
    with mlflow.start_span(f"outer {{i}}"), mlflow.start_span("inner"):
        pass
"""
    quiet = {k: v for k, v in os.environ.items() if k != "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"} | {"MLFLOW_ASYNC_TRACE_LOGGING_RETRY_TIMEOUT": "20"}
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120, env=quiet)
    traces = mlflow.search_traces(locations=[experiment.experiment_id], return_type="list")
    assert len(traces) == 20 and all(len(t.data.spans) == 2 and t.info.state.value == "OK" for t in traces)


# OpenTelemetry


@pytest.mark.parametrize("compression", ["none", "gzip", "deflate"])
def test_opentelemetrys_exporter_is_understood(server_url, client, experiment, compression):
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.trace import Status, StatusCode

    provider = TracerProvider(resource=Resource.create({"service.name": "shop", "telemetry.sdk.extra": "no"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(
        endpoint=server_url + "/v1/traces", headers={"x-mlflow-experiment-id": experiment.experiment_id},
        compression={"none": Compression.NoCompression, "gzip": Compression.Gzip, "deflate": Compression.Deflate}[compression])))
    tracer = provider.get_tracer("t")
    with tracer.start_as_current_span("order", attributes={"session.id": "s1", "n": 3, "xs": ["a", "b"], "long": "word " * 2000}) as root:
        root.set_status(Status(StatusCode.ERROR, "out of stock"))
        with tracer.start_as_current_span("pay") as child:
            child.add_event("declined", {"code": 51})
        trace_id = "tr-" + format(root.get_span_context().trace_id, "032x")
    provider.shutdown()
    trace = mlflow.get_trace(trace_id)
    assert [s.name for s in trace.data.spans] == ["order", "pay"] and trace.info.state.value == "ERROR"
    assert trace.info.tags["service.name"] == "shop" and trace.info.tags["mlflow.traceName"] == "order"
    assert not any(key.startswith("telemetry.sdk") for key in trace.info.tags)
    assert trace.info.trace_metadata["mlflow.trace.session"] == "s1"
    root, child = trace.data.spans
    assert root.get_attribute("n") == 3 and root.get_attribute("xs") == ["a", "b"] and root.get_attribute("long") == "word " * 2000
    assert root.status.description == "out of stock" and child.events[0].attributes == {"code": 51}


def post(server_url, body, **headers):
    request = urllib.request.Request(server_url + "/v1/traces", data=body, method="POST", headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def otlp_json(trace_id="0123456789abcdef0123456789abcdef", span_id="0123456789abcdef"):
    return {"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]}, "scopeSpans": [{"spans": [{
        "traceId": trace_id, "spanId": span_id, "name": "json", "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000001500000000",
        "status": {"code": 1}, "attributes": [
            {"key": "i", "value": {"intValue": "9007199254740993"}}, {"key": "d", "value": {"doubleValue": 0.5}},
            {"key": "k", "value": {"kvlistValue": {"values": [{"key": "a", "value": {"arrayValue": {"values": [{"boolValue": True}]}}}]}}}]}]}]}]}


def test_otlp_in_json(server_url, client, experiment):
    trace_id = uuid.uuid4().hex
    status, body = post(
        server_url, gzip.compress(json.dumps(otlp_json(trace_id)).encode()), **{
            "Content-Type": "application/json; charset=utf-8", "Content-Encoding": "gzip", "x-mlflow-experiment-id": experiment.experiment_id})
    assert (status, body) == (200, b"{}")
    trace = mlflow.get_trace("tr-" + trace_id)
    assert trace.info.execution_duration == 1500 and trace.info.request_time == 1700000000000
    span = trace.data.spans[0]
    assert span.get_attribute("i") == 9007199254740993 and span.get_attribute("d") == 0.5 and span.get_attribute("k") == {"a": [True]}


@pytest.mark.parametrize(
    "body, headers, status, words",
    [
        (b"x", {"Content-Type": "text/plain"}, 400, b"Invalid Content-Type: text/plain. Expected: application/x-protobuf or application/json"),
        (b"\xff\xff\xff", {"Content-Type": "application/x-protobuf"}, 400, b"Invalid OpenTelemetry format"),
        (b"", {"Content-Type": "application/x-protobuf"}, 400, b"Invalid OpenTelemetry format - no spans found"),
        (b"{", {"Content-Type": "application/json"}, 400, b"Invalid OpenTelemetry format"),
        (b"{}", {"Content-Type": "application/json"}, 400, b"no spans found"),
        (b"[" * 5000, {"Content-Type": "application/json"}, 400, b"Invalid OpenTelemetry format"),
        (b"nope", {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}, 400, b"cannot be unpacked"),
        (b"nope", {"Content-Type": "application/x-protobuf", "Content-Encoding": "br"}, 400, b"Unsupported Content-Encoding: br"),
        (json.dumps(otlp_json(span_id="zz")).encode(), {"Content-Type": "application/json"}, 400, b"hexadecimal"),
        (json.dumps(otlp_json(span_id="")).encode(), {"Content-Type": "application/json"}, 422, b"Cannot convert OpenTelemetry span"),
        (json.dumps(otlp_json()).encode(), {"Content-Type": "application/json", "x-mlflow-experiment-id": "987654"}, 404, b"No Experiment with id=987654 exists"),
        (json.dumps(otlp_json()).encode(), {"Content-Type": "application/json", "x-mlflow-experiment-id": "x"}, 400, b"Invalid experiment ID 'x'"),
    ],
)
def test_bad_spans_are_refused(server_url, body, headers, status, words):
    got, answer = post(server_url, body, **headers)
    assert got == status and words in answer, (got, answer)


def test_a_body_that_grows_without_end_is_refused(server_url):
    status, answer = post(server_url, gzip.compress(b"\0" * (80 << 20)), **{"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"})
    assert status == 413, answer
