// The page that compares runs: only the rows in which they differ, their charts over each other, parallel coordinates, a scatter plot.
import * as api from "./api.js";
import { el } from "./dom.js";
import { distinct } from "./palette.js";
import { MetricCharts, chartChoices } from "./metric-charts.js";
import { Parallel } from "./parallel.js";
import { column } from "./runs-columns.js";
import { Scatter } from "./scatter.js";
import { View } from "./view.js";

const page = document.querySelector("[data-compare]");
const view = new View({ tab: "table", only: "", sx: "", sy: "", ...chartChoices }, ["smooth", "amount", "x", "scale", "clip"], "compare");

// What the table holds is what the charts draw: params and metrics by run, figures in full.
const runs = [...page.querySelectorAll("th[data-run]")].map(({ dataset }) =>
  ({ id: dataset.run, name: dataset.name, status: dataset.state, start: Number(dataset.start), cells: {} }));
distinct(runs.map((run) => run.id));
const rows = [...page.querySelectorAll("tr[data-row]")];
for (const row of rows) {
  const kind = column(row.dataset.row)?.kind;
  if (kind !== "metric" && kind !== "param") continue;
  [...row.querySelectorAll("td")].forEach(({ dataset }, index) => {
    if (dataset.value !== "") runs[index].cells[row.dataset.row] = kind === "metric" ? (dataset.value === "NaN" ? NaN : Number(dataset.value))
      : dataset.value;
  });
}
const names = rows.map((row) => row.dataset.row).filter((name) => ["metric", "param"].includes(column(name)?.kind));

// MARK: Only differences

const table = page.querySelector("table.compare");
const toggle = page.querySelector("[data-only]");
// With the server's own short table the rows are not here: the link fetches them.
if (!table.classList.contains("only")) {
  toggle.addEventListener("click", (event) => {
    event.preventDefault();
    const only = table.classList.toggle("differences");
    toggle.setAttribute("aria-checked", String(only));
    toggle.textContent = only ? "Show all rows" : "Only differences";
  });
}

// MARK: Tabs

const charts = new MetricCharts(page.querySelector("[data-panel=charts]"), view, api.curves);
const parallel = new Parallel(page.querySelector("[data-panel=parallel]"), view);
const scatter = new Scatter(page.querySelector("[data-panel=scatter]"), view);

const shows = {
  charts: () => charts.show(runs, JSON.parse(page.dataset.metrics)),
  parallel: () => parallel.show(runs, differing().map(column)),
  scatter: () => scatter.show(runs, names),
};

/// Parameters in which the runs differ, and metrics: an axis on which all are one says nothing.
function differing() {
  return names.filter((name) => !name.startsWith("metrics.system/") && new Set(runs.map((run) => run.cells[name])).size > 1);
}

function showTab() {
  const now = view.get("tab");
  for (const tab of page.querySelectorAll("[data-tab]")) tab.setAttribute("aria-selected", String(tab.dataset.tab === now));
  for (const panel of page.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== now;
  Promise.resolve(shows[now]?.()).catch((error) =>
    page.querySelector(`[data-panel=${now}]`).replaceChildren(el("p", { class: "bad" }, error.message)));
}

for (const tab of page.querySelectorAll("[data-tab]")) tab.addEventListener("click", () => view.set({ tab: tab.dataset.tab }));
view.on(["tab"], showTab);
document.documentElement.classList.add("alive");
showTab();
