// The columns of the runs table: what they are called in an address, how they are written, and the window in which they are chosen.
//
// A column is `status`, `start_time`, …, or, as in the API, `metrics.loss` (the last value), `min(metrics.loss)`, `params.lr`, `tags.fold`.
import { breakable, count, duration, el, moment, number } from "./dom.js";

export const attributes = {
  status: { title: "Status", width: 104 }, start_time: { title: "Started", width: 152 }, duration: { title: "Took", width: 108, number: true },
  end_time: { title: "Ended", width: 152 }, user: { title: "By", width: 110 }, run_id: { title: "Run id", width: 276 },
  experiment: { title: "Experiment", width: 150 },
};

const shown = 300;
const picks = { latest: "last", min: "min", max: "max" };
const kinds = { metrics: "metric", params: "param", tags: "tag" };

/// { id, kind, key, title, width, number }; kind is "attribute", "param", "tag" or "metric", pick says which value of a metric.
export function column(id) {
  if (Object.hasOwn(attributes, id)) return { id, kind: "attribute", key: id, ...attributes[id] };
  const [, pick = "latest", entity, key] = /^(?:(min|max)\((?=metrics\..*\)$))?(metrics|params|tags)\.(.+?)\)?$/s.exec(id) ?? [];
  if (!entity || id !== name(kinds[entity], key, pick)) return null;
  if (entity !== "metrics") return { id, kind: kinds[entity], key, title: key, width: wide(key, 110), number: false };
  return { id, kind: "metric", key, pick, title: key, note: pick === "latest" ? "" : picks[pick], width: wide(key, 96), number: true };
}

/// What the API calls a column.
export function name(kind, key, pick = "latest") {
  if (kind === "attribute") return key;
  return pick === "latest" ? kind + "s." + key : `${pick}(${kind}s.${key})`;
}

let pen;

/// Wide enough for the longest stretch of the name that may not be broken.
function wide(key, least) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = "500 11.5px system-ui, sans-serif";
  const longest = Math.max(...key.split(/(?<=[/_.\-: ])/).map((part) => pen.measureText(part).width));
  return Math.min(320, Math.max(least, Math.ceil(longest) + 30));
}

/// What stands in a cell, as text.
export function text(column, run) {
  if (column.kind === "metric") return number(run.cells[column.id]);
  if (column.kind !== "attribute") return run.cells[column.id] ?? "";
  switch (column.key) {
    case "start_time": return moment(run.start);
    case "end_time": return moment(run.end);
    case "duration": return run.end == null ? "" : duration(run.end - run.start);
    case "user": return run.user;
    case "run_id": return run.id;
    case "experiment": return run.experimentName ?? run.experiment;
    default: return run.status.toLowerCase();
  }
}

export const heading = (column) => [...breakable(column.title), column.note ? el("span", { class: "muted pick" }, column.note) : null];

/// The window in which columns are chosen, put in order and pinned.
export class ColumnChooser {
  /// `known` answers { metrics, params, tags }, each a list of { key, runs }.
  constructor(view, known) {
    this.view = view;
    this.known = known;
    this.search = el("input", { type: "search", placeholder: "find a column", "aria-label": "Find a column", oninput: () => this.list() });
    this.chosen = el("ol", { class: "chosen-columns" });
    this.offered = el("div", { class: "offered-columns" });
    this.window = el("dialog", { class: "window", "aria-label": "Columns" },
      el("header", {}, el("h2", {}, "Columns"), el("button", { class: "push", onclick: () => this.window.close() }, "Close")),
      el("div", { class: "columns two" }, el("section", {}, el("h3", {}, "Shown, in this order"), this.chosen),
        el("section", {}, el("h3", {}, "Add"), this.search, this.offered)));
    document.body.append(this.window);
  }

  async open() {
    this.window.showModal();
    this.all = null;
    this.list();
    this.all = await this.known();
    this.list();
  }

  put(columns) {
    this.view.set({ columns: columns.join(",") });
    this.list();
  }

  list() {
    const columns = this.view.list("columns");
    const pins = new Set(this.view.list("pins"));
    this.chosen.replaceChildren(...columns.map((id, place) => this.row(column(id), place, columns, pins)).filter(Boolean));
    if (!this.all) return this.offered.replaceChildren(el("p", { class: "muted" }, "Reading…"));
    const words = this.search.value.toLowerCase();
    const offers = [
      ...Object.keys(attributes).map((id) => ({ id, title: attributes[id].title, kind: "attribute" })),
      ...["metric", "param", "tag"].flatMap((kind) => this.all[kind + "s"].map(({ key, runs }) => ({ id: name(kind, key), title: key, kind, runs }))),
    ].filter((one) => one.title.toLowerCase().includes(words));
    const groups = ["attribute", "metric", "param",
      "tag"].map((kind) => [kind, offers.slice(0, shown).filter((one) => one.kind === kind)]).filter(([, list]) => list.length);
    this.offered.replaceChildren(
      ...groups.flatMap(([kind, list]) => [el("h3", {}, { attribute: "About the run", metric: "Metrics", param: "Parameters", tag: "Tags" }[kind]),
        ...list.map((one) => this.offer(one, columns))]),
      offers.length > shown ? el("p", { class: "muted" }, `${count(offers.length - shown)} more: write part of the name above`) : "");
  }

  offer({ id, title, kind, runs }, columns) {
    const same = (one) => { const old = column(one); return old?.kind === kind && old.key === (kind === "attribute" ? id : title); };
    const box = el("input", { type: "checkbox", checked: columns.some(same),
      onchange: () => this.put(box.checked ? [...columns, id] : columns.filter((one) => !same(one))) });
    return el("label", { class: "offer" }, box, el("span", {}, ...breakable(title)),
      runs == null ? null : el("span", { class: "muted n" }, count(runs)));
  }

  row(one, place, columns, pins) {
    if (!one) return null;
    const move = (by) => {
      const next = [...columns];
      next.splice(place, 1);
      next.splice(place + by, 0, one.id);
      this.put(next);
    };
    const pin = el("input", { type: "checkbox", checked: pins.has(one.id), onchange: () => {
      this.view.set({ pins: (pin.checked ? [...pins, one.id] : [...pins].filter((id) => id !== one.id)).join(",") });
      this.list();
    } });
    const pick = one.kind !== "metric" ? null : el("select", { "aria-label": "Which value of " + one.key, onchange: (event) => {
      const id = name("metric", one.key, event.target.value);
      this.put(columns.map((old, index) => (index === place ? id : old)).filter((old, index, all) => all.indexOf(old) === index));
    } }, Object.entries(picks).map(([value, words]) => el("option", { value, selected: value === one.pick }, words)));
    return el("li", {},
      el("button", { title: "Up", "aria-label": "Move up", disabled: place === 0, onclick: () => move(-1) }, "↑"),
      el("button", { title: "Down", "aria-label": "Move down", disabled: place === columns.length - 1, onclick: () => move(1) }, "↓"),
      el("span", { class: "words" }, ...breakable(one.title)), pick, el("label", { class: "muted" }, pin, "pinned"),
      el("button", { "aria-label": "Remove " + one.title, onclick: () => this.put(columns.filter((_, index) => index !== place)) }, "✕"));
  }
}
