// The page of an experiment's runs: table, charts and parallel coordinates of one view.
import * as api from "./api.js";
import { el, say, settled } from "./dom.js";
import { FilterBox } from "./filter-box.js";
import { MetricCharts, chartChoices, mostRuns } from "./metric-charts.js";
import { Parallel } from "./parallel.js";
import { RunsActions } from "./runs-actions.js";
import { ColumnChooser, column } from "./runs-columns.js";
import { group, ordered } from "./runs-groups.js";
import { RunsSource } from "./runs-source.js";
import { RunsTable } from "./runs-table.js";
import { View } from "./view.js";

/// How many runs are charted when none is selected, and how many groups.
const firstRuns = 10;
const firstGroups = 8;

const page = document.querySelector("[data-runs]");
const experiment = page.dataset.experiment || null;
const names = JSON.parse(page.dataset.experiments || "{}");
const view = new View(
  { filter: "", sort: "start_time", order: "desc", columns: page.dataset.columns, pins: "", group: "", stage: "active", tab: "table",
    ...chartChoices },
  ["columns", "pins", "smooth", "amount", "x", "scale", "clip", "spread"], "runs-" + (experiment ?? "all"));

const scroll = page.querySelector(".runs-scroll");
const form = page.querySelector("form.filter");
const source = new RunsSource(api, view, experiment);
const filter = new FilterBox(form, view);
let known = null;
const columns = () => (known ??= experiment === null ? everywhere() : api.columns(experiment)).catch((error) => { known = null; throw error; });

/// Over several experiments there is no list: what the runs at hand have is offered.
async function everywhere() {
  const lists = await Promise.all(Object.keys(names).slice(0, 8).map((id) => api.columns(id)));
  const joined = (kind) => {
    const runs = new Map();
    for (const list of lists) for (const one of list[kind]) runs.set(one.key, (runs.get(one.key) ?? 0) + one.runs);
    return [...runs].map(([key, count]) => ({ key, runs: count })).sort((a, b) => a.key.localeCompare(b.key));
  };
  return { metrics: joined("metrics"), params: joined("params"), tags: joined("tags"), isCut: Object.keys(names).length > 8 };
}

// MARK: Table

const open = new Set();
let flat = null;
const items = {
  count: () => (flat ? flat.length : source.total ?? source.rows.length),
  at: (index) => (flat ? flat[index] : source.rows[index] && { run: source.rows[index] }) ?? null,
};
const table = new RunsTable(scroll, view, items);
const chooser = new ColumnChooser(view, columns);
const actions = new RunsActions(page.querySelector(".toolbar"), { api, view, table, source, reload, csv, chooser });

table.wanted = (last) => { if (!flat && source.next && source.rows.length < last) source.reach(last); };
table.told = () => { actions.update(); soon(); };
table.unfold = (one) => { if (!open.delete(one.key)) open.add(one.key); flatten(); table.draw(); };

let shownTurn = null;
source.changed = () => {
  filter.show(source.error);
  for (const run of source.rows) run.experimentName ??= names[run.experiment];
  page.classList.toggle("none", !source.error && source.total === 0);
  // Other runs than before, and not only more of them.
  if (source.turn !== shownTurn) table.version = shownTurn = source.turn;
  if (view.get("group")) regroup(); else table.rows();
  actions.update();
};

let groups = [];
function regroup() {
  const by = view.get("group");
  groups = ordered(group(source.rows, by, source.query().columns), view.get("sort"), view.get("order") !== "asc");
  flatten();
  table.draw();
}

function flatten() {
  flat = view.get("group") ? groups.flatMap((one) =>
    [{ group: one, open: open.has(one.key) }, ...(open.has(one.key) ? one.runs.map((run) => ({ run, inside: true })) : [])]) : null;
}

async function reload() {
  known = null;
  flat = null;
  await source.reset();
  if (view.get("group") && !source.error) {
    const { words } = await source.all();
    say(actions.said, words && "Grouped " + words);
  }
  table.draw();
  soon();
}

function csv() {
  const address = new URLSearchParams({ columns: view.get("columns") });
  for (const name of ["filter", "sort", "order", "stage"]) if (view.get(name)) address.set(name, view.get(name));
  return page.dataset.csv + "?" + address;
}

// MARK: Charts and parallel coordinates

const charts = new MetricCharts(page.querySelector("[data-panel=charts]"), view, api.curves);
const parallel = new Parallel(page.querySelector("[data-panel=parallel]"), view);

function charted() {
  const by = view.get("group");
  const held = [...table.selected.values()];
  if (!by) return held.length ? held : source.rows.slice(0, firstRuns);
  const chosen = held.length ? group(held, by, []) : groups.slice(0, firstGroups);
  // As many of each as fit, so that no group crowds out another.
  const each = Math.floor(mostRuns / Math.max(1, chosen.length));
  return chosen.flatMap((one) => one.runs.slice(0, each).map((run) => ({ ...run, group: one.key, groupSize: one.runs.length })));
}

const soon = settled(50, async () => {
  try {
    if (view.get("tab") === "charts") {
      charts.show(charted(), (await columns()).metrics.map((one) => one.key).sort((a, b) => a.localeCompare(b)));
    } else if (view.get("tab") === "parallel") {
      const held = [...table.selected.values()];
      const rows = held.length ? held : (await source.all()).rows;
      parallel.show(rows, view.list("columns").map(column).filter((one) => one && one.kind !== "attribute" && one.kind !== "tag"));
    }
  } catch (error) {
    say(actions.said, error.message, true);
  }
});

function showTab() {
  for (const tab of page.querySelectorAll("[data-tab]")) tab.setAttribute("aria-selected", String(tab.dataset.tab === view.get("tab")));
  for (const panel of page.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== view.get("tab");
  if (view.get("tab") === "table") table.draw();
  soon();
}

for (const tab of page.querySelectorAll("[data-tab]")) tab.addEventListener("click", () => view.set({ tab: tab.dataset.tab }));

// MARK: Choices beside the filter

async function offerGroups() {
  const field = form.elements.group;
  const { params, tags } = await columns();
  const offers = [["Parameters", "params", params], ["Tags", "tags", tags.filter((one) => !one.key.startsWith("mlflow."))]];
  field.replaceChildren(el("option", { value: "" }, "nothing"),
    ...offers.map(([label, kind, list]) => el("optgroup", { label }, list.map((one) => el("option", { value: kind + "." + one.key }, one.key)))));
  if (view.get("group") && ![...field.options].some((one) => one.value === view.get("group"))) field.append(el("option", { value: view.get("group") },
    view.get("group")));
  field.value = view.get("group");
}

for (const name of ["group", "stage"]) form.elements[name].addEventListener("change",
  (event) => view.set({ [name]: event.target.value }, { step: true }));
view.on(["filter", "sort", "order", "stage", "columns", "group"],
  () => { for (const name of ["group", "stage"]) form.elements[name].value = view.get(name); reload(); });
view.on(["pins"], () => table.draw());
view.on(["tab"], showTab);

// While runs go on, the first page is read again; not while it is scrolled, grouped or worked with.
setInterval(() => {
  if (document.hidden || scroll.scrollTop > 0 || flat || document.querySelector("dialog[open]")) return;
  if (source.rows.slice(0, 500).some((run) => run.status === "RUNNING")) source.reset();
}, 10000);

const began = performance.now();
form.elements.stage.value = view.get("stage");
document.documentElement.classList.add("alive");
showTab();
await reload();
page.dataset.ready = (performance.now() - began).toFixed(1);
offerGroups().catch((error) => say(actions.said, error.message, true));
