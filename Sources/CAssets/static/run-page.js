// A run's page: its charts, its tags and its description.
import * as api from "./api.js";
import { el, say } from "./dom.js";
import { MetricCharts, chartChoices } from "./metric-charts.js";
import { ask } from "./runs-actions.js";
import { View } from "./view.js";

const page = document.querySelector("[data-run]");
const run = { id: page.dataset.run, name: page.dataset.name, status: page.dataset.state, start: Number(page.dataset.start) };

// MARK: Charts

const wall = page.querySelector("[data-charts]");
if (wall) {
  const view = new View(chartChoices, ["smooth", "amount", "x", "scale", "clip"], "charts");
  const charts = new MetricCharts(wall, view, api.curves);
  const keys = JSON.parse(wall.dataset.charts);
  if (keys.length) charts.show([run], keys);
  else wall.hidden = true;
  // A run that goes on may log metrics that it had not before, and end.
  if (run.status === "RUNNING") setInterval(async () => {
    if (document.hidden) return;
    const text = await (await fetch(location.pathname + location.search)).text();
    const now = new DOMParser().parseFromString(text, "text/html");
    const next = now.querySelector("[data-charts]");
    if (!next) return;
    run.status = now.querySelector("[data-run]").dataset.state;
    document.querySelector(".title").replaceWith(now.querySelector(".title"));
    if (next.dataset.charts !== wall.dataset.charts) {
      wall.dataset.charts = next.dataset.charts;
      wall.hidden = false;
      charts.show([run], JSON.parse(next.dataset.charts));
    }
  }, 10000);
}

// MARK: Tags

const said = page.querySelector(".said");

async function change(act) {
  try {
    await act();
    location.reload();
  } catch (error) {
    say(said, error.message + (error.hint ? " " + error.hint : ""), true);
  }
}

const acts = {
  tag(button) {
    const known = button.dataset.key !== undefined;
    const key = el("input", { name: "key", required: true, maxlength: 250, value: button.dataset.key ?? "", readonly: known });
    const value = el("input", { name: "value", maxlength: 8000, value: button.dataset.value ?? "", autofocus: known });
    ask(known ? "Change a tag" : "Add a tag", [el("label", {}, "Key", key), el("label", {}, "Value", value)], "Save", false,
      () => change(() => api.tagRuns([run.id], key.value, value.value)));
  },
  untag(button) { change(() => api.untagRuns([run.id], button.dataset.key)); },
  note(button) {
    const text = el("textarea", { name: "note", rows: 14, maxlength: 8000 });
    text.value = button.dataset.text;
    ask("Description", [el("label", {}, "Markdown", text)], "Save", false,
      () => change(() => api.tagRuns([run.id], "mlflow.note.content", text.value)));
  },
};

page.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button && Object.hasOwn(acts, button.dataset.act)) acts[button.dataset.act](button);
});
document.documentElement.classList.add("alive");
