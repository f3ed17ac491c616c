// A wall of charts, one a metric, in sections by the part of the name before its last slash. A chart exists only while it is near the screen.
import { count, el, number, settled } from "./dom.js";
import { colour, dark, distinct } from "./palette.js";
import { LineChart } from "./chart.js";
import { bundle, kinds } from "./smoothing.js";

/// The most runs that one chart draws, and up to how many the points before smoothing stay in sight.
export const mostRuns = 200;
const faintUpTo = 12;
const every = 5000;
/// Into how many buckets the server puts a curve, and with how many runs fewer do.
const buckets = 500, fewBuckets = 250, many = 20;

/// The choices that a page's view must know, with what they are at first.
export const chartChoices = { smooth: "twema", amount: "0.6", x: "step", scale: "linear", clip: "", spread: "deviation", match: "" };

export class MetricCharts {
  /// `curves(key, ids, buckets)` answers a Map as `api.curves` does.
  constructor(place, view, curves) {
    Object.assign(this, { place, view, curves, runs: [], keys: [], cards: new Map(), marked: null, range: null });
    this.legend = el("div", { class: "legend" });
    this.wall = el("div", { class: "wall" });
    place.replaceChildren(this.controls(), this.legend, this.wall);
    this.sight = new IntersectionObserver((entries) => entries.forEach((entry) => this.seen(entry)), { rootMargin: "400px 0px" });
    view.on(["smooth", "amount", "x", "scale", "clip", "spread"], () => { this.range = null; this.showControls(); this.draw(); });
    view.on(["match"], () => this.build());
    dark.addEventListener("change", () => this.draw());
    setInterval(() => { if (!document.hidden && this.runs.some((run) => run.status === "RUNNING")) this.refresh(); }, every);
  }

  /// Runs: { id, name, status, start, group? }. Those with the same group are drawn as one line with a band.
  show(runs, keys) {
    this.runs = runs.slice(0, mostRuns);
    this.cut = runs.length - this.runs.length;
    this.grouped = this.runs.some((run) => run.group !== undefined);
    this.keys = keys;
    for (const card of this.cards.values()) card.data = null;
    this.showLegend();
    this.build();
  }

  // MARK: Controls

  controls() {
    const set = (name) => (event) => this.view.set({ [name]: event.target.type === "checkbox" ? (event.target.checked ? "1" : "")
      : event.target.value });
    const choice = (name, label, options) => el("label", {}, label + " ",
      el("select", { name, onchange: name === "smooth"
      ? (event) => this.view.set({ smooth: event.target.value, amount: kinds[event.target.value].start ?? "" }) : set(name) },
      Object.entries(options).map(([value, words]) => el("option", { value }, words))));
    this.slider = el("input", { type: "range", name: "amount", "aria-label": "How much smoothing", oninput: settled(60, set("amount")) });
    this.amount = el("output", { class: "muted" });
    this.bands = choice("spread", "band", { deviation: "± one deviation", range: "min – max" });
    this.form = el("form", { class: "filter chart-controls", onsubmit: (event) => event.preventDefault() },
      choice("smooth", "smoothing", Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, kind.title]))), this.slider, this.amount,
      choice("x", "x", { step: "step", relative: "time since the start", wall: "time of day" }),
        choice("scale", "y", { linear: "linear", log: "log" }),
      el("label", { class: "check" }, el("input", { type: "checkbox", name: "clip", onchange: set("clip") }), "without outliers"), this.bands,
      el("input", { type: "search", name: "match", placeholder: "metrics, as a pattern", "aria-label": "Metrics whose name matches",
        oninput: settled(200, set("match")) }));
    this.showControls();
    return this.form;
  }

  showControls() {
    const kind = kinds[this.view.get("smooth")] ?? kinds.none;
    for (const field of this.form?.elements ?? []) {
      if (field.type === "checkbox") field.checked = this.view.get(field.name) === "1";
      else if (field !== this.slider && field !== document.activeElement) field.value = this.view.get(field.name);
    }
    this.slider.hidden = this.amount.hidden = kind.least === undefined;
    if (kind.least !== undefined) Object.assign(this.slider,
      { min: kind.least, max: kind.greatest, step: kind.step, value: this.view.get("amount") });
    this.amount.textContent = this.view.get("amount");
    this.bands.hidden = !this.grouped;
  }

  showLegend() {
    this.bands.hidden = !this.grouped;
    const lines = this.grouped ? [...new Map(this.runs.map((run) => [run.group, { id: "group " + run.group, name: this.groupName(run) }])).values()]
      : this.runs;
    distinct(lines.map((line) => line.id));
    const mark = (id) => () => { this.marked = id; for (const card of this.cards.values()) card.chart?.change({ marked: id }); };
    this.legend.replaceChildren(...lines.map((line) => el(line.start === undefined ? "span" : "a", {
      class: "chip", href: line.start === undefined ? null : "/runs/" + encodeURIComponent(line.id), onmouseenter: mark(line.id),
        onmouseleave: mark(null), onfocus: mark(line.id), onblur: mark(null),
    }, el("i", { class: "dot", style: { background: colour(line.id) } }), line.name)),
      this.cut > 0 ? el("span", { class: "muted" }, `and ${count(this.cut)} more, not drawn`) : "");
  }

  /// `xgboost`, with how many of its runs are drawn when that is not all of them.
  groupName({ group, groupSize }) {
    const drawn = this.runs.filter((run) => run.group === group).length;
    return (group ?? "without") + (groupSize > drawn ? `, the first ${count(drawn)} of ${count(groupSize)}` : "");
  }

  // MARK: The wall

  build() {
    let pattern;
    try { pattern = new RegExp(this.view.get("match"), "i"); } catch { return; }
    const keys = this.keys.filter((key) => pattern.test(key));
    const sections = new Map();
    for (const key of keys) {
      const prefix = key.includes("/") ? key.slice(0, key.lastIndexOf("/")) : "";
      sections.set(prefix, [...(sections.get(prefix) ?? []), key]);
    }
    const wanted = new Set(keys);
    for (const [key, card] of this.cards) {
      if (wanted.has(key)) continue;
      this.sight.unobserve(card.place);
      card.chart?.destroy();
      this.cards.delete(key);
    }
    const names = [...sections.keys()].sort((a, b) => (a === "system") - (b === "system") || a.localeCompare(b));
    this.wall.replaceChildren(...names.map((name) =>
      el("details", { class: "section", open: true, style: { "--charts": sections.get(name).length } },
      el("summary", {}, el("b", {}, name || "metrics"), el("span", { class: "muted" }, ` ${sections.get(name).length}`)),
      el("div", { class: "grid" }, sections.get(name).map((key) => this.card(key).place)))));
    if (!keys.length) this.wall.replaceChildren(el("p", { class: "empty" },
      this.keys.length ? "No metric has such a name." : "These runs have logged no metrics."));
    // A card that is kept is looked at again, because its runs may be others.
    for (const card of this.cards.values()) { this.sight.unobserve(card.place); this.sight.observe(card.place); }
  }

  card(key) {
    const old = this.cards.get(key);
    if (old) return old;
    const plot = el("div", { class: "plot" });
    const larger = el("button", { type: "button", "aria-label": "Larger", title: "Larger", onclick: () => place.classList.toggle("large") }, "⤢");
    const place = el("figure", { class: "metric-card panel", "data-key": key }, el("figcaption", {}, el("b", { title: key }, key), larger), plot);
    const card = { key, place, plot, chart: null, data: null, near: false };
    this.cards.set(key, card);
    return card;
  }

  seen(entry) {
    const card = this.cards.get(entry.target.dataset.key);
    if (!card) return;
    card.near = entry.isIntersecting;
    if (card.near) this.load(card);
    else { card.chart?.destroy(); card.chart = null; }
  }

  async load(card, again = false) {
    const ids = this.runs.map((run) => run.id);
    const asked = card.asked = ids.join();
    if (!card.data || again) {
      try {
        const data = await this.curves(card.key, ids, ids.length > many ? fewBuckets : buckets);
        if (card.asked !== asked || !this.runs.length) return;
        card.data = data;
      } catch (error) {
        if (!card.data) card.plot.replaceChildren(el("p", { class: "none muted" }, error.message));
        return;
      }
    }
    if (card.near) this.drawCard(card);
  }

  refresh() { for (const card of this.cards.values()) if (card.near) this.load(card, true); }
  draw() { for (const card of this.cards.values()) if (card.near && card.data) this.drawCard(card); }

  drawCard(card) {
    const lines = this.lines(card);
    if (lines.length && lines.every((line) => line.x.length === 1)) { card.chart?.destroy(); card.chart = null; return bars(card.plot, lines); }
    card.plot.classList.remove("values");
    card.chart ??= new LineChart(card.plot, card.key + " by " + this.view.get("x"), (told) => this.follow(card, told));
    card.chart.set(lines, { kind: this.view.get("x"), log: this.view.get("scale") === "log", clip: this.view.get("clip") === "1", range: this.range,
      marked: this.marked, measure: this.measure });
  }

  /// What one chart was told, the others show too: they have the same x.
  follow(from, { at, range }) {
    if (range !== undefined) { this.range = range; this.draw(); }
    if (at !== undefined) for (const card of this.cards.values()) if (card !== from) card.chart?.hover(at);
  }

  lines(card) {
    const kind = kinds[this.view.get("smooth")] ?? kinds.none;
    const amount = Number(this.view.get("amount")) || 0;
    const lines = [];
    for (const run of this.runs) {
      const curve = card.data.get(run.id);
      if (!curve?.value.length) continue;
      const { x, y } = axis(curve, run, this.view.get("x"));
      const smooth = kind.apply(x, y, amount);
      lines.push({ id: run.id, name: run.name, group: run.group, colour: colour(run.id), x, y: smooth,
        raw: smooth !== y && this.runs.length <= faintUpTo ? y : null });
    }
    if (!this.grouped) return lines;
    const groups = new Map();
    for (const line of lines) groups.set(line.group, [...(groups.get(line.group) ?? []), line]);
    return [...groups].map(([name, members]) =>
      ({ id: "group " + name, name: `${name ?? "without"} (${members.length})`, colour: colour("group " + name),
      ...bundle(members, this.view.get("spread")) }));
  }
}

/// The curve along what the page has chosen, in ascending order. Time since the start counts from the run's own start.
function axis(curve, run, kind) {
  if (kind === "step") return sorted(curve.step, curve.value);
  if (kind === "wall") return sorted(curve.time, curve.value);
  const start = run.start != null && run.start <= curve.time[0] ? run.start : curve.time[0];
  return sorted(curve.time.map((time) => time - start), curve.value);
}

function sorted(x, y) {
  let ascending = true;
  for (let index = 1; index < x.length && ascending; index += 1) ascending = x[index] >= x[index - 1];
  if (ascending) return { x, y };
  const order = Array.from(x.keys()).sort((a, b) => x[a] - x[b] || a - b);
  return { x: Float64Array.from(order, (index) => x[index]), y: Float64Array.from(order, (index) => y[index]) };
}

/// Metrics of one value a run are bars, the greatest on top.
function bars(plot, lines) {
  const values = lines.map((line) => ({ ...line, value: line.y[0] })).sort((a, b) => b.value - a.value);
  const size = Math.max(...values.map((line) => Math.abs(line.value)).filter(Number.isFinite), Number.MIN_VALUE);
  plot.classList.add("values");
  plot.replaceChildren(el("div", { class: "bars" }, values.map((line) => el("div", { class: "bar" }, el("span", { title: line.name }, line.name),
    el("i", {}, el("i", { style: { width: Math.abs(line.value) / size * 100 + "%", background: line.colour } })),
      el("b", { class: "n", title: line.low ? `${number(line.low[0])} – ${number(line.high[0])}` : null }, number(line.value))))));
}
