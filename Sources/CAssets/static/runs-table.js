// The runs table: as many rows as there are, of which only those in sight are elements.
import { count, duration, el, number } from "./dom.js";
import { column, heading, text } from "./runs-columns.js";
import { colour } from "./palette.js";

const height = 30;
const beyond = 12;
const markWidth = 54;

export class RunsTable {
  /// `items` answers how many rows there are, and each: { run }, { group } or null for one that is not read yet.
  constructor(place, view, items) {
    Object.assign(this, { place, view, items, selected: new Map(), active: -1, last: -1, told: () => {}, wanted: () => {}, unfold: () => {} });
    this.columns = el("colgroup");
    this.head = el("tr");
    this.body = el("tbody");
    [this.above, this.below] = [0, 1].map(() => el("tr", { class: "space", "aria-hidden": "true" }, el("td", { colspan: 1 })));
    this.standing = new Map();
    this.table = el("table", { class: "runs live", role: "grid", "aria-multiselectable": "true" }, this.columns, el("thead", {}, this.head),
      this.body);
    place.replaceChildren(this.table);
    place.classList.add("virtual");
    place.tabIndex = 0;
    place.setAttribute("aria-label", "Runs; arrow keys move, space selects, enter opens");
    let asked = false;
    place.addEventListener("scroll", () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => { asked = false; this.rows(); });
    }, { passive: true });
    place.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.rows()).observe(place);
  }

  // MARK: Columns

  shown() {
    const all = this.view.list("columns").map(column).filter(Boolean);
    const pins = new Set(this.view.list("pins"));
    return [...all.filter((one) => pins.has(one.id)), ...all.filter((one) => !pins.has(one.id))].map((one) => ({ ...one, pinned: pins.has(one.id) }));
  }

  /// Everything anew: after columns, order or the runs themselves changed.
  draw() {
    const grouped = Boolean(this.view.get("group"));
    // A group's cell holds a mean and from where to where.
    const shown = this.shown().map((one) => (grouped && one.number ? { ...one, width: Math.max(one.width, one.id === "duration" ? 230 : 190) }
      : one));
    const nameWidth = this.place.clientWidth < 600 ? 150 : 230;
    let left = markWidth + nameWidth;
    this.cells = shown.map((one) => {
      const cell = { ...one, left: one.pinned ? left : null };
      if (one.pinned) left += one.width;
      return cell;
    });
    this.columns.replaceChildren(...[markWidth, nameWidth,
      ...this.cells.map((cell) => cell.width)].map((width) => el("col", { style: { width: width + "px" } })), el("col"));
    this.table.style.minWidth = this.cells.reduce((sum, cell) => sum + cell.width, markWidth + nameWidth) + "px";
    const all = el("input", { type: "checkbox", "aria-label": "Select every run that is loaded", tabindex: "-1", checked: false,
      onchange: () => this.selectLoaded(all.checked) });
    this.head.replaceChildren(el("th", { class: "mark stay", style: { left: "0" } }, all), this.header({ id: "name", title: "Run", left: markWidth }),
      ...this.cells.map((cell) => this.header(cell)), el("th"));
    this.table.setAttribute("aria-rowcount", this.items.count());
    this.version = {};
    this.rows();
  }

  header(cell) {
    const sorted = this.view.get("sort") === cell.id;
    const descending = this.view.get("order") !== "asc";
    const turn = () => this.view.set({ sort: cell.id,
      order: sorted ? (descending ? "asc" : "desc") : cell.id === "name" || cell.kind === "param" ? "asc" : "desc" }, { step: true });
    const words = cell.id === "name" ? ["Run"] : heading(cell);
    return el("th", {
      class: (cell.number ? "n" : "") + (cell.left != null ? " stay" : ""), style: cell.left != null ? { left: cell.left + "px" } : {},
        title: cell.id,
      "aria-sort": sorted ? (descending ? "descending" : "ascending") : null, "data-column": cell.id,
    }, el("button", { class: "sort", type: "button", onclick: turn }, words,
      sorted ? el("span", { "aria-hidden": "true" }, descending ? " ↓" : " ↑") : null));
  }

  // MARK: Rows

  /// Rows that stay in sight stay the elements that they are: a click that has begun on one, or the focus in it, would be lost with it.
  rows() {
    if (!this.cells) return;
    const total = this.items.count();
    const first = Math.max(0, Math.floor(this.place.scrollTop / height) - beyond);
    const last = Math.min(total, Math.ceil((this.place.scrollTop + this.place.clientHeight) / height) + beyond);
    this.wanted(last);
    if (this.drawn !== this.version) {
      this.drawn = this.version;
      this.standing.clear();
      this.body.replaceChildren(this.above, this.below);
    }
    for (const [index, row] of this.standing) {
      if (index >= first && index < last && !(row.classList.contains("pending") && this.items.at(index))) continue;
      row.remove();
      this.standing.delete(index);
    }
    let next = this.above.nextSibling;
    for (let index = first; index < last; index += 1) {
      let row = this.standing.get(index);
      if (row) { next = row.nextSibling; continue; }
      row = this.row(index);
      this.standing.set(index, row);
      this.body.insertBefore(row, next);
    }
    const space = (row, rows) => { row.hidden = rows <= 0; row.style.height = rows * height + "px"; };
    space(this.above, first);
    space(this.below, total - last);
  }

  row(index) {
    const item = this.items.at(index);
    const stay = (left, ...inside) => el("td", { class: "stay", style: { left: left + "px" } }, ...inside);
    const attributes = { "data-index": index, "aria-rowindex": index + 1, class: index === this.active ? "active" : null };
    if (!item) return el("tr", { ...attributes, class: "pending" }, stay(0), stay(markWidth, "…"),
      ...this.cells.map((cell) => el("td", cell.left != null ? { class: "stay", style: { left: cell.left + "px" } } : {})), el("td"));
    const { run, group } = item;
    const held = run ? this.selected.has(run.id) : group.runs.every((one) => this.selected.has(one.id));
    const box = el("input", { type: "checkbox", tabindex: "-1", checked: held, "aria-label": "Select " + (run ? run.name : "the group") });
    const dot = el("i", { class: "dot", style: { background: colour(run ? run.id : "group " + group.key) } });
    const name = run
      ? el("a", { href: "/runs/" + encodeURIComponent(run.id), title: run.name + "\n" + run.id, class: item.inside ? "inside" : null },
        run.name || "unnamed")
      : el("button", { class: "fold", "aria-expanded": String(item.open), "data-fold": index },
        el("span", { "aria-hidden": "true" }, item.open ? "▾ " : "▸ "), group.key ?? "without",
        el("span", { class: "muted" }, ` ${count(group.runs.length)} runs`));
    return el("tr", { ...attributes, "aria-selected": String(held), "data-run": run?.id,
      class: [held ? "held" : "", run ? "" : "group", index === this.active ? "active" : ""].join(" ").trim() || null },
      el("td", { class: "mark stay", style: { left: "0" } }, box, dot), stay(markWidth, name),
        ...this.cells.map((cell) => this.cell(cell, run, group)), el("td"));
  }

  cell(cell, run, group) {
    const attributes = { class: (cell.number ? "n" : "") + (cell.left != null ? " stay" : ""),
      style: cell.left != null ? { left: cell.left + "px" } : {} };
    if (group) return el("td", attributes, ...this.summary(cell, group));
    if (cell.id === "status") return el("td", attributes, el("span", { class: "badge " + tone(run.status) }, run.status.toLowerCase()));
    const words = text(cell, run);
    return el("td", words.length > 12 ? { ...attributes, title: words } : attributes, words);
  }

  /// Mean over the group, and from where to where.
  summary(cell, group) {
    const stats = group.stats[cell.id];
    if (!stats) return [];
    if (stats.mean == null) return stats.distinct === 1 ? [stats.only] : stats.distinct ? [el("span", { class: "muted" }, `${stats.distinct} values`)]
      : [];
    const write = cell.id === "duration" ? duration : number;
    return [el("span", { class: "stat", title: `mean of ${stats.count}; deviation ${write(stats.deviation)}` }, write(stats.mean)),
      stats.count > 1 ? el("small", { class: "muted" }, ` ${write(stats.least)} – ${write(stats.greatest)}`) : null];
  }

  // MARK: Selection

  click(event) {
    const row = event.target.closest("tr[data-index]");
    if (!row) return;
    const index = Number(row.dataset.index);
    if (event.target.closest("[data-fold]")) return this.unfold(this.items.at(index).group);
    if (event.target.closest("a")) return;
    if (event.target.matches("input")) return this.toggle(index, event.shiftKey, event.target.checked);
    if (!getSelection().isCollapsed) return;
    if (event.shiftKey || event.ctrlKey || event.metaKey || event.target.closest(".mark")) this.toggle(index, event.shiftKey);
    else { this.active = index; this.again(); }
  }

  toggle(index, stretch, to = null) {
    const item = this.items.at(index);
    if (!item) return;
    const runs = (one) => (one?.run ? [one.run] : one?.group?.runs ?? []);
    const on = to ?? !runs(item).every((run) => this.selected.has(run.id));
    const from = stretch && this.last >= 0 ? this.last : index;
    for (let at = Math.min(from, index); at <= Math.max(from, index); at += 1) {
      for (const run of runs(this.items.at(at))) if (on) this.selected.set(run.id, run); else this.selected.delete(run.id);
    }
    this.last = index;
    this.active = index;
    this.again();
    this.told();
  }

  selectLoaded(on) {
    if (!on) this.selected.clear();
    for (let index = 0; on && index < this.items.count(); index += 1) {
      const item = this.items.at(index);
      for (const run of item?.run ? [item.run] : item?.group?.runs ?? []) this.selected.set(run.id, run);
    }
    this.again();
    this.told();
  }

  again() {
    this.version = {};
    this.rows();
  }

  key(event) {
    if (event.target !== this.place) return;
    const total = this.items.count();
    const page = Math.max(1, Math.floor(this.place.clientHeight / height) - 2);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -total, End: total }[event.key];
    if (step) {
      this.active = Math.min(Math.max(this.active + step, 0), total - 1);
      if (event.shiftKey && step * step === 1) this.toggle(this.active, false, true);
      const top = this.active * height, room = this.place.clientHeight - this.head.offsetHeight - height;
      if (top < this.place.scrollTop) this.place.scrollTop = top;
      else if (top > this.place.scrollTop + room) this.place.scrollTop = top - room;
      this.again();
    } else if (event.key === " " && this.active >= 0) {
      this.toggle(this.active, event.shiftKey);
    } else if (event.key === "Enter" && this.active >= 0) {
      const item = this.items.at(this.active);
      if (item?.run) location.href = "/runs/" + encodeURIComponent(item.run.id);
      else if (item?.group) this.unfold(item.group);
    } else return;
    event.preventDefault();
  }
}

const tone = (status) => ({ FINISHED: "good", FAILED: "bad", RUNNING: "busy", SCHEDULED: "busy", KILLED: "warn" })[status] ?? "quiet";
