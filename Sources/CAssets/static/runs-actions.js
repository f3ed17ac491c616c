// What can be done with the runs that are selected, and with all that the filter finds.
import { count, el, say } from "./dom.js";

export class RunsActions {
  constructor(place, { api, view, table, source, reload, csv, chooser }) {
    Object.assign(this, { place, api, view, table, source, reload });
    const button = (words, act, attributes = {}) => el("button", { type: "button", onclick: act, ...attributes }, words);
    this.found = el("span", { class: "muted found" });
    this.held = el("b", {});
    this.compare = el("a", { class: "button", "data-act": "compare" }, "Compare");
    this.tag = button("Tag…", () => this.askTag(), { "data-act": "tag" });
    this.remove = button("Delete…", () => this.askRemove(), { class: "danger", "data-act": "delete" });
    this.restore = button("Restore", () => this.run("restored", (ids) => api.restoreRuns(ids)), { "data-act": "restore" });
    this.none = button("Clear", () => table.selectLoaded(false), { "data-act": "clear" });
    this.said = el("span", { role: "status", class: "muted" });
    this.csv = el("a", { class: "button", "data-act": "csv", download: "" }, "CSV");
    this.csvOf = csv;
    place.replaceChildren(this.found, el("span", { class: "with-selected" }, this.held, this.compare, this.tag, this.remove, this.restore, this.none),
      this.said,
      el("span", { class: "push" }, button("Select all found", () => this.selectAll(), { "data-act": "all" }),
        button("Columns…", () => chooser.open(), { "data-act": "columns" }), this.csv));
  }

  update() {
    const { total } = this.source;
    const held = this.table.selected.size;
    this.found.textContent = total == null ? "" : total === 1 ? "1 run" : count(total) + " runs";
    this.held.textContent = held ? count(held) + " selected" : "";
    this.place.classList.toggle("selecting", held > 0);
    const deleted = [...this.table.selected.values()].filter((run) => run.stage === "deleted").length;
    this.restore.hidden = deleted === 0;
    this.remove.hidden = held > 0 && deleted === held;
    const ids = [...this.table.selected.keys()];
    this.compare.toggleAttribute("aria-disabled", held < 2 || held > 50);
    this.compare.title = held > 50 ? "at most 50 runs can be compared" : "";
    if (held >= 2 && held <= 50) this.compare.href = "/compare?runs=" + ids.join(","); else this.compare.removeAttribute("href");
    this.csv.href = this.csvOf();
  }

  async selectAll() {
    say(this.said, "Reading…");
    const { rows, words } = await this.source.all();
    for (const run of rows) this.table.selected.set(run.id, run);
    say(this.said, words && "Selected " + words);
    this.table.again();
    this.update();
  }

  /// Sends the ids, a thousand at a time, and reads the table again.
  async run(done, act) {
    const ids = [...this.table.selected.keys()];
    say(this.said, "…");
    try {
      for (let start = 0; start < ids.length; start += 1000) await act(ids.slice(start, start + 1000));
      say(this.said, `${count(ids.length)} ${ids.length === 1 ? "run" : "runs"} ${done}.`);
      this.table.selected.clear();
    } catch (error) {
      say(this.said, error.message + (error.hint ? " " + error.hint : ""), true);
    }
    await this.reload();
    this.update();
  }

  askTag() {
    const key = el("input", { name: "key", required: true, maxlength: 250, autocomplete: "off" });
    const value = el("input", { name: "value", maxlength: 8000, autocomplete: "off" });
    const take = el("input", { type: "checkbox", name: "remove" });
    ask(`Tag ${count(this.table.selected.size)} runs`,
      [el("label", {}, "Key", key), el("label", {}, "Value", value), el("label", { class: "check" }, take, "take the tag off instead")], "Tag", false,
      () => this.run(take.checked ? "untagged" : "tagged",
        (ids) => (take.checked ? this.api.untagRuns(ids, key.value) : this.api.tagRuns(ids, key.value, value.value))));
  }

  askRemove() {
    ask(`Delete ${count(this.table.selected.size)} runs?`,
      [el("p", {}, "They are hidden, not destroyed: “deleted” beside the filter shows them, and they can be restored.")], "Delete", true,
      () => this.run("deleted", (ids) => this.api.deleteRuns(ids)));
  }
}

/// A small window with fields, a button that acts and one that does not.
export function ask(title, fields, word, danger, act) {
  const form = el("form", { method: "dialog" }, el("h2", {}, title), ...fields,
    el("div", { class: "actions" }, el("button", { value: "yes", class: danger ? "danger" : null, "data-act": "yes" }, word),
      el("button", { value: "no", formnovalidate: true }, "Cancel")));
  const window = el("dialog", { class: "window small", "aria-label": title }, form);
  window.addEventListener("close", () => { const said = window.returnValue; window.remove(); if (said === "yes") act(); });
  document.body.append(window);
  window.showModal();
}

