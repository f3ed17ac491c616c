"""The dashboard's tracking pages in a real browser: what they show equals what the API answers, and what they change is changed."""

import csv
import io
import json
import math
import random
import statistics
import time
import urllib.parse
import urllib.request

import chromium
import pytest
from tern_process import Server, tern

pytestmark = pytest.mark.skipif(chromium.find() is None, reason="no Chromium on PATH: apt-get install chromium-headless-shell, or set TERN_CHROMIUM")

RUNS, CURVES, POINTS = 1200, 12, 1500
HOSTILE = "<img src=x onerror=document.title='owned'>"


class Site(Server):
    """A server with one experiment in which there is something of everything."""

    def mlflow(self, path: str, body: dict) -> dict:
        return self.ok("POST", f"/api/2.0/mlflow/{path}", body)

    def search(self, limit: int = 1000, **rest) -> list[dict]:
        """All runs that match, each with its cells by column."""
        found, token = [], None
        while True:
            page = self.ok(
                "POST", "runs/search", {"experiments": [self.experiment], "limit": limit, **({"page_token": token} if token else {}), **rest}
            )
            found += [run | {"cells": dict(zip(page["columns"], run["cells"]))} for run in page["runs"]]
            token = page.get("next_page_token")
            if not token:
                return found

    def seed(self) -> None:
        dice = random.Random(7)
        self.experiment = self.mlflow("experiments/create", {"name": "pages " + HOSTILE})["experiment_id"]
        self.runs = []
        for index in range(RUNS):
            start = 1_790_000_000_000 + index * 60_000
            tags = [{"key": "fold", "value": str(index % 5)}, {"key": "stage", "value": "final" if index % 3 else "explore"}]
            run = self.mlflow("runs/create", {"experiment_id": self.experiment, "start_time": start, "run_name": f"run-{index:04d}", "tags": tags})[
                "run"
            ]["info"]["run_id"]
            params = {"model": ["tree", "forest", "net"][index % 3], "lr": f"{10 ** dice.uniform(-4, -1):.6f}", "depth": str(index % 12)}
            values = {"loss": dice.random(), "val/f1": dice.random(), "a_metric/whose_name_is_much_longer_than_its_figures": dice.random()}
            metrics = [
                {"key": key, "value": value, "timestamp": start + 1000, "step": POINTS}
                for key, value in values.items()
                if index % 50 or key != "val/f1"
            ]
            self.mlflow("runs/log-batch", {"run_id": run, "params": [{"key": k, "value": v} for k, v in params.items()], "metrics": metrics})
            if index < RUNS - 2:
                self.mlflow("runs/update", {"run_id": run, "status": "FAILED" if index % 40 == 1 else "FINISHED", "end_time": start + 90_000 + index})
            self.runs.append(run)
        for index, run in enumerate(self.runs[-CURVES:]):
            for first in range(0, POINTS, 1000):
                points = [
                    {
                        "key": "loss",
                        "value": math.exp(-step / 300) + index / 20 + dice.gauss(0, 0.02),
                        "timestamp": 1_790_000_000_000 + step * 100,
                        "step": step,
                    }
                    for step in range(first, min(first + 1000, POINTS))
                ]
                self.mlflow("runs/log-batch", {"run_id": run, "metrics": points})
        files = {
            "report.html": b"<h1>Report</h1><script>try { parent.document.title = 'owned' } catch { document.body.append('kept in') }</script>",
            "data/table.csv": b"name,score\n" + b'"a, b",1\n' * 300,
            "metrics.json": b'{"f1":0.5,"list":[1,2]}',
            "notes.txt": b"two\nlines",
            "model.bin": bytes(range(256)),
        }
        for path, content in files.items():
            self.ok("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{self.experiment}/{self.runs[0]}/artifacts/{path}", raw=content)
        self.mlflow("runs/set-tag", {"run_id": self.runs[0], "key": "mlflow.runName", "value": HOSTILE})
        self.mlflow("runs/set-tag", {"run_id": self.runs[0], "key": "mlflow.note.content", "value": f"A note {HOSTILE}"})


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("home")) as server:
        server.seed()
        yield server


@pytest.fixture(scope="module")
def window():
    with chromium.Browser() as browser:
        yield browser


@pytest.fixture
def browser(window):
    """A tab that remembers nothing; a page that wrote an error to its console fails its test."""
    window.errors.clear()
    yield window
    errors, window.errors = window.errors, []
    window.run("localStorage.clear()")
    assert not errors


def open_table(browser, site, **view):
    browser.open(f"{site.url}/experiments/{site.experiment}?{urllib.parse.urlencode(view)}")
    ready(browser)


def ready(browser):
    browser.wait(
        "document.querySelector('[data-runs]').dataset.ready && (document.querySelector('[data-runs]').classList.contains('none') || "
        "document.querySelector('table.live tr[data-run], table.live tr.group'))"
    )


def rows(browser) -> list[dict]:
    """What the table shows: by column, the text."""
    return browser.run(
        """(() => { const names = [...document.querySelectorAll('table.live thead th')].map((one) => one.dataset.column ?? '');
        return [...document.querySelectorAll('table.live tbody tr[data-index]')].map((row) => Object.fromEntries(
            [...row.cells].map((cell, index) => [names[index], cell.textContent.trim()])
                .concat([['id', row.dataset.run ?? null], ['index', Number(row.dataset.index)]]))); })()"""
    )


def shown(value) -> str:
    """A figure as pages write it."""
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    size = abs(value)
    if size < 1e-4:
        return f"{value:.3g}"
    text = f"{value:.{0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 4}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- the table ----------------------------------------------------------------------------------------------------------------


def test_the_table_shows_what_the_api_finds(browser, site):
    open_table(browser, site)
    assert browser.run("document.querySelector('.found').textContent") == "1,200 runs"
    found = site.search(columns=["metrics.loss", "metrics.val/f1", "params.model"])
    table = rows(browser)
    assert 15 < len(table) < 80, "only the rows in sight are elements"
    for row, run in zip(table, found):
        assert row["id"] == run["id"] and row["name"] == run["name"] and row["status"] == run["status"]
        assert row["metrics.loss"] == shown(run["cells"]["metrics.loss"]) and row["metrics.val/f1"] == shown(run["cells"]["metrics.val/f1"])
        assert row["params.model"] == run["cells"]["params.model"]


def test_scrolling_reaches_every_run(browser, site):
    open_table(browser, site)
    browser.run("document.querySelector('.runs-scroll').scrollTop = 1e9")
    browser.wait("document.querySelector('tr[data-index=\"1199\"][data-run]')")
    last = next(row for row in rows(browser) if row["index"] == RUNS - 1)
    assert last["id"] == site.runs[0] and last["name"] == HOSTILE and browser.run("document.title") != "owned"


def test_a_click_on_a_heading_sorts_on_the_server_and_the_address_keeps_it(browser, site):
    open_table(browser, site)
    browser.click("th[data-column='metrics.val/f1'] .sort")
    best = site.search(columns=["metrics.val/f1"], order=["metrics.`val/f1` DESC"])
    browser.wait(f"document.querySelector('tr[data-index=\"0\"]').dataset.run === '{best[0]['id']}'")
    browser.click("th[data-column='metrics.val/f1'] .sort")
    worst = site.search(columns=["metrics.val/f1"], order=["metrics.`val/f1` ASC"])
    browser.wait(f"document.querySelector('tr[data-index=\"0\"]').dataset.run === '{worst[0]['id']}'")
    assert browser.run("document.querySelector('[aria-sort]').getAttribute('aria-sort')") == "ascending"
    address = browser.run("location.href")
    browser.run("localStorage.clear()")
    browser.open(address)
    ready(browser)
    assert [row["id"] for row in rows(browser)[:10]] == [run["id"] for run in worst[:10]]
    browser.run("history.back()")


def test_columns_that_the_server_does_not_sort_by_are_sorted_too(browser, site):
    open_table(browser, site, columns="min(metrics.loss),duration", sort="min(metrics.loss)", order="asc")
    runs = site.search(columns=["min(metrics.loss)"])
    expected = sorted((run["cells"]["min(metrics.loss)"] for run in runs if run["cells"]["min(metrics.loss)"] is not None))
    assert [row["min(metrics.loss)"] for row in rows(browser)[:15]] == [shown(value) for value in expected[:15]]


def test_the_filter_speaks_mlflows_language(browser, site):
    open_table(browser, site)
    text = "metrics.loss < 0.3 AND params.model = 'net' AND tags.stage = 'final'"
    browser.type("input[name=filter]", text, enter=True)
    found = site.search(filter=text)
    browser.wait(f"document.querySelector('.found').textContent === '{len(found)} runs'")
    assert [row["id"] for row in rows(browser)] == [run["id"] for run in found[: len(rows(browser))]]
    assert "filter=" in browser.run("location.search")


def test_a_filter_that_is_wrong_is_shown_at_its_character(browser, site):
    open_table(browser, site)
    browser.type("input[name=filter]", "metrics.loss < 0.3 OR params.model = 'net'", enter=True)
    words = browser.wait("!document.querySelector('.filter-error').hidden && document.querySelector('.filter-error').textContent")
    lines = browser.run("document.querySelector('.filter-error pre').textContent").split("\n")
    assert lines[1].index("^") == lines[0].index("OR") and "OR" in words
    browser.type("input[name=filter]", "", enter=True)
    browser.wait("document.querySelector('.filter-error').hidden")
    browser.errors = [error for error in browser.errors if "400" not in error]


def test_columns_are_chosen_and_pinned_and_the_address_alone_brings_them_back(browser, site):
    open_table(browser, site)
    browser.click("[data-act=columns]")
    browser.wait("document.querySelectorAll('.offer').length > 8")
    browser.run("[...document.querySelectorAll('.offer')].find((one) => one.textContent.startsWith('fold')).querySelector('input').click()")
    browser.run(
        "(() => { const pick = document.querySelector('[aria-label=\"Which value of loss\"]'); pick.value = 'max'; pick.dispatchEvent(new "
        "Event('change')); })()"
    )
    browser.run("[...document.querySelectorAll('.chosen-columns li')].find((one) => one.textContent.includes('loss')).querySelector('input').click()")
    browser.wait("document.querySelector(\"th[data-column='tags.fold']\") && document.querySelector(\"th[data-column='max(metrics.loss)'].stay\")")
    address = browser.run("location.href")
    browser.run("localStorage.clear()")
    browser.open(address)
    ready(browser)
    found = site.search(columns=["max(metrics.loss)", "tags.fold"])
    assert browser.run("[...document.querySelectorAll('table.live thead th')].map((one) => one.dataset.column)")[2] == "max(metrics.loss)"
    for row, run in zip(rows(browser), found):
        assert row["max(metrics.loss)"] == shown(run["cells"]["max(metrics.loss)"]) and row["tags.fold"] == run["cells"]["tags.fold"]


def test_a_long_name_never_breaks_within_a_word(browser, site):
    open_table(browser, site)
    broken = browser.run("""(() => { const bad = []; for (const head of document.querySelectorAll('table.live th .sort')) {
        for (const node of head.childNodes) { if (node.nodeType !== 3 || !node.data.trim()) continue;
            const range = document.createRange(); range.selectNodeContents(node);
            if (new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size > 1) bad.push(node.data); } } return bad; })()""")
    assert broken == []


def test_many_runs_are_tagged_deleted_and_restored(browser, site):
    open_table(browser, site, filter="tags.fold = '3'")
    browser.click('tr[data-index="2"] input')
    browser.click('tr[data-index="7"] input', shift=True)
    browser.wait("document.querySelector('.with-selected b').textContent === '6 selected'")
    chosen = {row["id"] for row in rows(browser)[2:8]}
    browser.click("[data-act=tag]")
    browser.type("dialog input[name=key]", "picked")
    browser.type("dialog input[name=value]", HOSTILE)
    browser.click("dialog [data-act=yes]")
    browser.wait("document.querySelector('.toolbar [role=status]').textContent === '6 runs tagged.'")
    assert {run["id"] for run in site.search(filter=f"tags.picked LIKE '%onerror%'")} == chosen
    open_table(browser, site, filter="tags.picked != ''")
    browser.click("[data-act=all]")
    browser.wait("document.querySelector('.with-selected b').textContent === '6 selected'")
    browser.click("[data-act=delete]")
    browser.click("dialog [data-act=yes]")
    browser.wait("document.querySelector('.toolbar [role=status]').textContent === '6 runs deleted.'")
    assert len(site.search(stage="deleted")) == 6 and len(site.search()) == RUNS - 6
    open_table(browser, site, stage="deleted")
    browser.click("[data-act=all]")
    browser.click("[data-act=restore]")
    browser.wait("document.querySelector('.toolbar [role=status]').textContent === '6 runs restored.'")
    assert len(site.search()) == RUNS


def test_csv_holds_every_run_of_the_filter_in_full(browser, site):
    open_table(
        browser, site, filter="metrics.loss < 0.9", columns="status,metrics.loss,metrics.val/f1,params.model", sort="metrics.loss", order="asc"
    )
    address = browser.run("document.querySelector('[data-act=csv]').href")
    answer = urllib.request.urlopen(address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    table = list(csv.DictReader(io.StringIO(answer.read().decode(), newline="")))
    found = site.search(filter="metrics.loss < 0.9", columns=["metrics.loss", "metrics.val/f1", "params.model"], order=["metrics.loss ASC"])
    assert len(table) == len(found) > 900
    for row, run in zip(table, found):
        assert (
            row["run_id"] == run["id"]
            and float(row["metrics.loss"]) == run["cells"]["metrics.loss"]
            and row["params.model"] == run["cells"]["params.model"]
        )
        assert row["metrics.val/f1"] == ("" if run["cells"]["metrics.val/f1"] is None else repr(run["cells"]["metrics.val/f1"]))


def test_groups_have_the_mean_and_the_range_of_their_runs(browser, site):
    open_table(browser, site)
    browser.wait("document.querySelector('select[name=group] option[value=\"params.model\"]')")
    browser.run(
        "(() => { const pick = document.querySelector('select[name=group]'); pick.value = 'params.model'; pick.dispatchEvent(new "
        "Event('change')); })()"
    )
    browser.wait("document.querySelectorAll('tr.group').length === 3")
    by_model = {}
    for run in site.search(columns=["metrics.loss", "params.model"]):
        by_model.setdefault(run["cells"]["params.model"], []).append(run["cells"]["metrics.loss"])
    for row in rows(browser):
        model = row["name"].split()[1]
        values = by_model[model]
        assert row["name"].endswith(f"{model} {len(values)} runs")
        assert row["metrics.loss"] == f"{shown(statistics.fmean(values))} {shown(min(values))} – {shown(max(values))}"
    browser.click("[data-fold]")
    browser.wait("document.querySelector('tr[data-run] .inside')")


def test_without_scripts_the_first_page_is_there(browser, site):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(f"{site.url}/experiments/{site.experiment}?filter={urllib.parse.quote('params.depth = ' + repr('7'))}&sort=metrics.loss")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    found = site.search(filter="params.depth = '7'", order=["metrics.loss DESC"])
    assert len(found) == 100
    links = browser.run("[...document.querySelectorAll('table.runs tbody a')].map((one) => one.getAttribute('href'))")
    assert links == [f"/runs/{run['id']}" for run in found]


def test_the_table_is_worked_by_keyboard(browser, site):
    open_table(browser, site)
    browser.run("document.querySelector('.runs-scroll').focus()")
    for key, code in [("ArrowDown", 40), ("ArrowDown", 40), (" ", 32), ("End", 35)]:
        browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code)
        browser.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)
    browser.wait("document.querySelector('.with-selected b').textContent === '1 selected'")
    browser.wait("document.querySelector('tr[data-index=\"1199\"].active')")


# --- charts -------------------------------------------------------------------------------------------------------------------


def test_a_chart_shows_the_figures_that_were_logged(browser, site):
    open_table(browser, site, tab="charts", smooth="none")
    browser.wait("document.querySelector('[data-key=loss] canvas.lines')")
    key = "document.querySelector('[data-key=loss] canvas.lines')"
    drawn = browser.run(
        f"(() => {{ const one = {key}; const data = one.getContext('2d').getImageData(0, 0, one.width, one.height).data; let count = 0; for "
        f"(let i = 3; i < data.length; i += 4) if (data[i]) count += 1; return count; }})()"
    )
    assert drawn > 2000
    browser.run(f"{key}.scrollIntoView({{ block: 'center' }})")
    box = browser.run(f"(() => {{ const box = {key}.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; }})()")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + box[2] / 2, y=box[1] + box[3] / 2)
    browser.wait("!document.querySelector('[data-key=loss] .tip').hidden")
    step = int(browser.run("document.querySelector('[data-key=loss] .tip p').textContent").split()[1].replace(",", ""))
    told = dict(browser.run("[...document.querySelectorAll('[data-key=loss] .tip tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"))
    history = site.ok("GET", f"/api/2.0/mlflow/metrics/get-history?run_id={site.runs[-1]}&metric_key=loss&max_results=25000")["metrics"]
    logged = {int(point["step"]): point["value"] for point in history}
    near = {shown(logged[at]) for at in range(step - 6, step + 7) if at in logged}
    assert told["run-1199"] in near, f"step {step}: {told}"


def test_grouped_charts_and_every_control_draw(browser, site):
    open_table(
        browser, site, tab="charts", group="params.model", filter=f"attributes.start_time > {1_790_000_000_000 + (RUNS - CURVES - 1) * 60_000}"
    )
    browser.wait("document.querySelector('[data-key=loss] canvas.lines')")
    for name, value in [
        ("smooth", "gauss"),
        ("smooth", "mean"),
        ("smooth", "ema"),
        ("x", "relative"),
        ("x", "wall"),
        ("scale", "log"),
        ("spread", "range"),
    ]:
        browser.run(
            f"(() => {{ const one = document.querySelector('.chart-controls [name={name}]'); one.value = '{value}'; one.dispatchEvent(new "
            f"Event('change')); }})()"
        )
        assert browser.run("new URLSearchParams(location.search).get(%r)" % name) == value
    browser.click(".chart-controls [name=clip]")
    assert browser.run("document.querySelectorAll('.legend .chip').length") == 3


def test_a_running_run_is_drawn_on(browser, site):
    run = site.runs[-1]
    browser.open(f"{site.url}/runs/{run}?tab=charts")
    browser.wait("document.querySelector('[data-key=loss] canvas.lines')")
    pixels = "(() => { const one = document.querySelector('[data-key=loss] canvas.lines'); return one && one.width ? one.toDataURL() : null; })()"
    before = browser.wait(pixels)
    site.mlflow("runs/log-metric", {"run_id": run, "key": "loss", "value": 9.0, "timestamp": 1_790_000_900_000, "step": POINTS * 2})
    browser.wait(f"{pixels} !== {json.dumps(before)}", timeout=20)
    site.mlflow("runs/log-metric", {"run_id": run, "key": "new/metric", "value": 1.0, "timestamp": 1_790_000_900_000, "step": 1})
    browser.wait("document.querySelector('[data-key=\"new/metric\"]')", timeout=30)


def test_smoothing_equals_its_formulas(browser, site):
    browser.open(f"{site.url}/experiments")
    dice = random.Random(3)
    xs = sorted(dice.sample(range(5000), 120))
    ys = [dice.gauss(0, 1) for _ in xs]

    def in_page(kind: str, amount: float) -> list[float]:
        return browser.run(f"import('/assets/smoothing.js').then((m) => [...m.{kind}(Float64Array.from({xs}), Float64Array.from({ys}), {amount})])")

    weight, y, mass, expected = min(math.sqrt(0.6), 0.999), 0.0, 0.0, []
    for index, value in enumerate(ys):
        kept = weight ** ((xs[index] - xs[index - 1]) / (xs[-1] - xs[0]) * 1000) if index else 1
        y, mass = y * kept + value, mass * kept + 1
        expected.append(y / mass)
    assert in_page("timeWeighted", 0.6) == pytest.approx(expected, rel=1e-12)

    y, expected = 0.0, []
    for index, value in enumerate(ys):
        y = 0.9 * y + 0.1 * value
        expected.append(y / (1 - 0.9 ** (index + 1)))
    assert in_page("exponential", 0.9) == pytest.approx(expected, rel=1e-9)

    windows = [ys[max(0, index - 5) : index + 6] for index in range(len(ys))]
    assert in_page("runningMean", 11) == pytest.approx([statistics.fmean(window) for window in windows], rel=1e-9, abs=1e-12)

    def bell(index):
        near = [(ys[at], math.exp(-((at - index) ** 2) / (2 * 9))) for at in range(len(ys)) if abs(at - index) <= 9]
        return sum(value * weight for value, weight in near) / sum(weight for _, weight in near)

    assert in_page("gaussian", 3) == pytest.approx([bell(index) for index in range(len(ys))], rel=1e-9, abs=1e-12)
    band = browser.run(
        "import('/assets/smoothing.js').then((m) => { const b = m.bundle([[0, 1, 2], [2, 3, 4], [4, 5, 9]].map((y) => ({ x: [0, 1, 2], y "
        "})), 'deviation', 3); return [[...b.y], [...b.low], [...b.high]]; })"
    )
    for place, values in enumerate([[0, 2, 4], [1, 3, 5], [2, 4, 9]]):
        mean, deviation = statistics.fmean(values), statistics.stdev(values)
        assert [band[0][place], band[1][place], band[2][place]] == pytest.approx([mean, mean - deviation, mean + deviation])


# --- a run, several runs, experiments -----------------------------------------------------------------------------------------


def test_every_part_of_a_runs_page_opens(browser, site):
    for tab in ["overview", "charts", "system", "artifacts", "lineage", "logs"]:
        browser.open(f"{site.url}/runs/{site.runs[0]}?tab={tab}")
        browser.wait("document.querySelector('.tabs [aria-current]')")
        assert HOSTILE in browser.run("document.querySelector('h1').textContent") and browser.run("document.title") != "owned"
    browser.open(f"{site.url}/runs/{site.runs[-2]}")
    table = dict(
        browser.run(
            "[...document.querySelectorAll('main table')][0] && [...document.querySelectorAll('main table')[0].tBodies[0].rows].map((row) "
            "=> [row.cells[0].textContent, [...row.cells].slice(1).map((cell) => cell.textContent)])"
        )
    )
    figures = site.search(filter=f"attributes.run_id = '{site.runs[-2]}'", columns=["metrics.loss", "min(metrics.loss)", "max(metrics.loss)"])[0][
        "cells"
    ]
    assert table["loss"][:3] == [shown(figures[name]) for name in ["metrics.loss", "min(metrics.loss)", "max(metrics.loss)"]]
    assert table["loss"][4] == f"{POINTS + 1:,}"


def test_a_tag_is_added_on_the_runs_page(browser, site):
    browser.open(f"{site.url}/runs/{site.runs[5]}")
    browser.click("h2 [data-act=tag]")
    browser.type("dialog input[name=key]", "reviewed by")
    browser.type("dialog input[name=value]", "ann")
    browser.click("dialog [data-act=yes]")
    browser.wait("document.querySelector('.alive [data-act=untag][data-key=\"reviewed by\"]')")
    assert site.ok("GET", f"runs/{site.runs[5]}")["tags"]["reviewed by"] == "ann"
    browser.click("[data-act=untag][data-key='reviewed by']")
    browser.wait("document.readyState === 'complete' && !document.querySelector('[data-key=\"reviewed by\"]')")
    assert "reviewed by" not in site.ok("GET", f"runs/{site.runs[5]}")["tags"]


def test_files_are_previewed_and_cannot_leave_their_frame(browser, site):
    def preview(path):
        browser.open(f"{site.url}/runs/{site.runs[0]}?tab=artifacts&path={path}")
        browser.wait("document.querySelector('.shown')")
        return browser.run("document.querySelector('.shown').innerText")

    assert "two\nlines" in preview("notes.txt")
    assert '"f1": 0.5' in preview("metrics.json")
    assert "no preview" in preview("model.bin")
    assert "first 200 rows" in preview("data/table.csv") and browser.run("document.querySelectorAll('.preview-table tbody tr').length") == 200
    assert browser.run("document.querySelector('.preview-table td').textContent") == "a, b"
    preview("report.html")
    time.sleep(1)
    assert browser.run("document.title") != "owned" and browser.run("document.querySelector('iframe').contentDocument") is None
    status, _ = site.api("GET", f"/runs/{site.runs[0]}/view?path=../../{site.runs[1]}/x.html")
    assert status in (400, 404)


def test_a_steps_log_grows_before_the_readers_eyes(browser, site, tmp_path):
    (tmp_path / "tern.yaml").write_text(
        "project: logs\nowner: tests\npipelines:\n  slow:\n    steps:\n"
        "      talk: {run: 'echo first; sleep 2; for i in $(seq 2000); do echo line $i; done; sleep 3; echo last > $TERN_OUTPUT_A; echo "
        "last', out: [a]}\n"
    )
    assert tern("apply", server=site, cwd=tmp_path).returncode == 0
    started = site.ok("POST", "pipelines/slow/runs", {})
    deadline = time.monotonic() + 20
    while not (run := site.ok("GET", f"pipeline-runs/{started['id']}").get("tracking_run")) and time.monotonic() < deadline:
        time.sleep(0.05)
    text = "document.querySelector('.log-tail pre')?.textContent ?? ''"
    while time.monotonic() < deadline:
        browser.open(f"{site.url}/runs/{run}?tab=logs")
        if "first" in browser.run(text):
            break
    assert "line 2000" not in browser.run(text)
    browser.wait(f"({text}).includes('line 2000')", timeout=20)
    log = "document.querySelector('.log-tail pre')"
    assert browser.run(f"{log}.scrollTop + {log}.clientHeight >= {log}.scrollHeight - 8"), "the end stays in sight"
    browser.run(f"{log}.scrollTop = 0")
    browser.wait(f"({text}).trimEnd().endsWith('last')", timeout=20)
    assert browser.run(f"{log}.scrollTop") == 0, "a reader who scrolled up is left there"
    assert browser.run(text).count("line 1999") == 1


def test_comparing_shows_where_runs_differ(browser, site):
    chosen = site.runs[100:110]
    browser.open(f"{site.url}/compare?runs={','.join(chosen)}")
    browser.wait("document.documentElement.classList.contains('alive')")
    runs = [site.ok("GET", f"runs/{run}") for run in chosen]
    visible = "[...document.querySelectorAll('tr[data-row]')].filter((row) => row.offsetParent).map((row) => row.dataset.row)"
    everything = browser.run(visible)
    browser.click("[data-only]")
    different = browser.run(visible)
    for kind in ["params", "metrics"]:
        for key in {key for run in runs for key in run[kind]}:
            assert f"{kind}.{key}" in everything
            assert (f"{kind}.{key}" in different) == (len({run[kind].get(key) for run in runs}) > 1), key
    values = browser.run("[...document.querySelectorAll('tr[data-row=\"metrics.loss\"] td')].map((cell) => Number(cell.dataset.value))")
    assert values == [run["metrics"]["loss"] for run in runs]
    for tab in ["charts", "parallel", "scatter"]:
        browser.click(f"[data-tab={tab}]")
        browser.wait(f"document.querySelector('[data-panel={tab}] canvas, [data-panel={tab}] .bars')")
    browser.open(f"{site.url}/compare?runs={','.join(chosen)}&only=differences")
    assert set(browser.run(visible)) == set(different)


def test_parallel_coordinates_draw_the_filtered_runs(browser, site):
    open_table(browser, site, tab="parallel", filter="metrics.loss < 0.5")
    browser.wait("document.querySelector('[data-panel=parallel] canvas')")
    assert browser.run("document.querySelector('[data-panel=parallel] p').textContent").startswith(
        f"{len(site.search(filter='metrics.loss < 0.5'))} runs"
    )


def test_experiments_are_made_renamed_deleted_and_restored(browser, site):
    def act(name, selector, **fields):
        browser.open(f"{site.url}/experiments?stage=all")
        browser.wait("document.documentElement.classList.contains('alive')")
        browser.run("window.old = true")
        browser.click(selector)
        for key, value in fields.items():
            browser.type(f"dialog label:nth-of-type({key[1]}) input", value)
        if browser.run("!!document.querySelector('dialog')"):
            browser.click("dialog [data-act=yes]")
        browser.wait("!window.old && document.readyState === 'complete'")

    act("create", "[data-act=create]", f1="made here")
    act("rename", "tr[data-name='made here'] [data-act=rename]", f1="made there")
    act("tag", "tr[data-name='made there'] [data-act=tag]", f1="team", f2=HOSTILE)
    act("delete", "tr[data-name='made there'] [data-act=delete]")
    found = site.mlflow("experiments/search", {"max_results": 10, "view_type": "DELETED_ONLY"})["experiments"]
    assert [(one["name"], one["tags"][0]["value"]) for one in found] == [("made there", HOSTILE)]
    act("restore", "tr[data-name='made there'] [data-act=restore]")
    browser.open(f"{site.url}/experiments?search=PAGES")
    cells = browser.run("[...document.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))")
    assert len(cells) == 1 and cells[0][0] == "pages " + HOSTILE and cells[0][1] == "1,200"


def test_narrow_screens_scroll_within_the_table(browser, site):
    browser.call("Emulation.setDeviceMetricsOverride", width=420, height=800, deviceScaleFactor=1, mobile=False)
    try:
        for address in [f"experiments/{site.experiment}", "experiments", f"runs/{site.runs[-1]}", f"compare?runs={','.join(site.runs[:5])}"]:
            browser.open(f"{site.url}/{address}")
            assert browser.run("document.scrollingElement.scrollWidth") <= 420, address
    finally:
        browser.call("Emulation.setDeviceMetricsOverride", width=1400, height=900, deviceScaleFactor=1, mobile=False)
