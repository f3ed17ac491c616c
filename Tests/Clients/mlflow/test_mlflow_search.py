"""Every key, operator, quoting and ordering of the filter grammar, in one table each."""

import mlflow
import pytest
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException


@pytest.fixture(scope="module")
def world(server_url):
    """Five runs, a to e, that differ in everything that can be asked for."""
    import pandas

    client = mlflow.MlflowClient(server_url)
    experiment = client.create_experiment("grammar-" + server_url.rsplit(":", 1)[1])
    mlflow.set_tracking_uri(server_url)
    # Another module may have left its own experiment active, in which these runs could not be resumed.
    mlflow.set_experiment(experiment_id=experiment)
    ids = {}
    for index, name in enumerate("abcde"):
        run = client.create_run(experiment, start_time=1000 + index, run_name=name, tags={"mlflow.user": "ann" if index < 2 else "Bob"})
        ids[name] = run.info.run_id
        metrics = [Metric("m", [1.0, 2.5, -3.0, float("nan"), float("inf")][index], 1, 0), Metric("a b/c", index, 1, 0)]
        if name == "e":
            metrics = metrics[:1]
        params = [Param("kind", ["x", "X", "x%y", "x_y", "it''s"][index])] + ([Param("only.a", "1")] if name == "a" else [])
        tags = [RunTag("team", ["red", "green", "Red", "blue", "gr\\een"][index]), RunTag("dotted.key", str(index))]
        client.log_batch(run.info.run_id, metrics, params, tags)
        if name in "ab":
            frame = pandas.DataFrame({"v": [index]})
            with mlflow.start_run(run_id=run.info.run_id):
                mlflow.log_input(from_pandas(frame, name=f"data-{name}", targets=None), context="training" if name == "a" else "test")
        if name != "c":
            client.set_terminated(run.info.run_id, "FINISHED" if name != "d" else "FAILED", end_time=5000 + index)
    return client, experiment, ids


CASES = [
    ("metrics.m > 1", "be"), ("metrics.m >= 1", "abe"), ("metrics.m < 1", "c"), ("metrics.m <= 1", "ac"), ("metrics.m = 2.5", "b"),
    ("metrics.m != 1", "bcde"), ("metric.m = 25e-1", "b"), ("metrics.m = -3", "c"), ("metrics.`a b/c` >= 2", "cd"), ('metrics."a b/c" = 0', "a"),
    ("params.kind = 'x'", "a"), ("param.kind != 'x'", "bcde"), ("parameter.kind = 'X'", "b"), ("parameters.kind LIKE 'x%'", "acd"),
    ("params.kind ILIKE 'X%'", "abcd"), ("params.kind LIKE 'x_y'", "cd"), ("params.`only.a` = '1'", "a"), ("params.only.a = '1'", "a"),
    ("params.only.a IS NULL", "bcde"), ("params.only.a IS NOT NULL", "a"), ('params.kind = "x_y"', "d"),
    ("tags.team = 'red'", "a"), ("tag.team != 'red'", "bcde"), ("tags.team LIKE '%re%'", "ab"), ("tags.team ILIKE '%RE%'", "abc"),
    ("tags.team LIKE 'gr\\een'", "e"), ("tags.dotted.key = '3'", "d"), ("tags.missing IS NULL", "abcde"), ("tags.team IS NOT NULL", "abcde"),
    ("tags.mlflow.user = 'ann'", "ab"), ("attributes.run_name = 'a'", "a"), ("run_name != 'a'", "bcde"), ("attr.run_name LIKE '_'", "abcde"),
    ("run.run_name ILIKE 'A'", "a"), ("attributes.`run name` = 'b'", "b"), ("attributes.`Run name` = 'b'", "b"), ("status = 'FINISHED'", "abe"),
    ("attributes.status != 'FINISHED'", "cd"), ("status = 'finished'", ""), ("start_time > 1002", "de"), ("attributes.start_time <= 1001", "ab"),
    ("created >= 1004", "e"), ("end_time >= 5003", "de"), ("attributes.end_time < 5001", "a"), ("artifact_uri LIKE 'mlflow-artifacts:/%'", "abcde"),
    ("user_id = ''", ""), ("dataset.name = 'data-a'", "a"), ("datasets.name LIKE 'data%'", "ab"), ("dataset.name IN ('data-b', 'z')", "b"),
    ("dataset.context = 'training'", "a"), ("datasets.context ILIKE 'TEST'", "b"), ("dataset.name != 'data-a'", "b"),
    ("metrics.m > 0 AND params.kind LIKE 'x%'", "a"), ("metrics.m > 0 and tags.team = 'green' And status = 'FINISHED'", "b"),
    ("", "abcde"), ("  metrics.m   >   1  ", "be"),
]


@pytest.mark.parametrize("text, expected", CASES, ids=[case[0] or "nothing" for case in CASES])
def test_a_filter_finds_exactly(world, text, expected):
    client, experiment, _ = world
    assert "".join(run.info.run_name for run in client.search_runs([experiment], text, order_by=["attributes.start_time ASC"])) == expected


def test_run_ids_can_be_listed(world):
    client, experiment, ids = world
    listed = f"attributes.run_id IN ('{ids['a']}', '{ids['d']}')"
    assert {run.info.run_name for run in client.search_runs([experiment], listed)} == {"a", "d"}
    assert [run.info.run_name for run in client.search_runs([experiment], f"run_id = '{ids['b']}'")] == ["b"]


ORDERS = [
    ([], "edcba"), (["attributes.start_time"], "abcde"), (["start_time DESC"], "edcba"), (["metrics.m ASC"], "cabed"), (["metrics.m DESC"], "ebacd"),
    (["metrics.`a b/c` DESC"], "dcbae"), (["params.kind"], "beacd"), (["tags.team ASC"], "cdeba"),
    (["attributes.run_name desc"], "edcba"), (["params.only.a ASC"], "aedcb"), (["params.only.a DESC"], "aedcb"), (["attributes.end_time ASC"], "abdec"),
    (["status ASC", "attributes.start_time ASC"], "dabec"),
]


@pytest.mark.parametrize("order, expected", ORDERS, ids=[", ".join(case[0]) or "default" for case in ORDERS])
def test_an_order_is_kept_with_missing_values_last(world, order, expected):
    client, experiment, _ = world
    assert "".join(run.info.run_name for run in client.search_runs([experiment], order_by=order)) == expected
    # The same order comes page by page.
    paged, token = "", None
    while True:
        page = client.search_runs([experiment], order_by=order, max_results=2, page_token=token)
        paged += "".join(run.info.run_name for run in page)
        token = page.token
        if not token:
            break
    assert paged == expected


def test_texts_are_ordered_by_their_bytes_on_every_database(world):
    client, experiment, _ = world
    runs = client.search_runs([experiment], order_by=["params.kind ASC"])
    assert [run.data.params["kind"] for run in runs] == ["X", "it''s", "x", "x%y", "x_y"]


REFUSED = [
    "metrics.m > 'text'", "metrics.m LIKE '1'", "params.kind > '1'", "params.kind = 1", "params.kind = x", "tags.team < 'a'", "nonsense.x = '1'",
    "metrics.m > 1 OR metrics.m < 0", "(metrics.m > 1)", "metrics.m >", "metrics.m", "> 1", "params.kind = 'open", "status > 'a'", "unknown = 'x'",
    "start_time LIKE '1'", "params.kind IN ('x')", "metrics.m = nan",
    "dataset.profile = 'x'", "metrics.m > 1;", "attributes.run_id IN (1)", "attributes.run_id IN ('a'", "params.kind BETWEEN 'a' AND 'b'",
]

# MLflow takes these and guesses; a guess that drops a condition finds runs that nobody asked for.
REFUSED_BY_TERN_ONLY = ["metrics.m > 1 AND", "AND metrics.m > 1", "metrics.m > 1 metrics.m < 2", "metrics. > 1"]


@pytest.mark.parametrize("text", REFUSED + REFUSED_BY_TERN_ONLY)
def test_a_wrong_filter_is_refused_and_nothing_else_happens(world, text):
    client, experiment, _ = world
    with pytest.raises(MlflowException) as refusal:
        client.search_runs([experiment], text)
    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
    assert len(refusal.value.message) > 20


@pytest.mark.parametrize("order", ["metrics", "nonsense.x ASC", "metrics.m SIDEWAYS", "dataset.name ASC", "", "metrics.m ASC DESC"])
def test_a_wrong_order_is_refused(world, order):
    client, experiment, _ = world
    with pytest.raises(MlflowException) as refusal:
        client.search_runs([experiment], order_by=[order])
    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


METACHARACTERS = ["'; DROP TABLE runs; --", '"', "\\", "%", "_", "?", "$1", "`", "/* x */", "a\nb", "\u2028", "\U0001f600", "' OR '1'='1"]


@pytest.mark.parametrize("text", METACHARACTERS)
def test_what_means_something_in_sql_is_only_text(client, experiment, text):
    run = client.create_run(experiment.experiment_id, tags={"t": text}, run_name=text).info.run_id
    client.log_param(run, "p", text)
    client.set_experiment_tag(experiment.experiment_id, "note", text)
    got = client.get_run(run)
    assert (got.data.params["p"], got.data.tags["t"], got.info.run_name) == (text, text, text)
    assert client.get_experiment(experiment.experiment_id).tags["note"] == text
    if "'" not in text:
        assert [found.info.run_id for found in client.search_runs([experiment.experiment_id], f"params.p = '{text}'")] == [run]
    assert len(client.search_experiments(view_type=ViewType.ALL, max_results=5)) > 0
