// The runs that a view asks for, fetched a page at a time and kept.
import { count } from "./dom.js";
import { column } from "./runs-columns.js";

const size = 500;
/// The most runs that are read for grouping, selecting all and parallel coordinates.
export const most = 20000;

export class RunsSource {
  constructor(api, view, experiment) {
    Object.assign(this, { api, view, experiment, rows: [], total: null, next: null, error: null, changed: () => {} });
  }

  query() {
    const columns = new Set([...this.view.list("columns"), ...this.view.list("pins")]);
    const sort = this.view.get("sort");
    if (column(sort)) columns.add(sort);
    if (this.view.get("group")) columns.add(this.view.get("group"));
    return {
      experiment: this.experiment, filter: this.view.get("filter"), sort, descending: this.view.get("order") !== "asc", stage: this.view.get("stage"),
      columns: [...columns].filter((id) => column(id)),
    };
  }

  /// Forgets what was read and reads the first page; what shows keeps standing until it is there.
  async reset() {
    const turn = this.turn = {};
    this.reading = null;
    try {
      const page = await this.api.searchRuns(this.query(), null, size);
      if (turn !== this.turn) return;
      Object.assign(this, { rows: page.runs, total: page.total, next: page.next, error: null });
      if (this.api.orderName(this.view.get("sort")) === null) await this.sortHere(turn);
      if (turn !== this.turn) return;
    } catch (error) {
      if (turn !== this.turn) return;
      this.error = error;
    }
    this.changed();
  }

  /// Reads on, page by page, until the run at `index` is there.
  reach(index) {
    this.wanted = Math.max(this.reading ? this.wanted : 0, index);
    this.reading ??= this.read(this.turn).finally(() => { this.reading = null; });
    return this.reading;
  }

  async read(turn) {
    while (this.next && this.rows.length <= this.wanted) {
      let page;
      try {
        page = await this.api.searchRuns(this.query(), this.next, size * 2);
      } catch (error) {
        if (turn === this.turn) { this.error = error; this.next = null; this.changed(); }
        return;
      }
      if (turn !== this.turn) return;
      this.rows.push(...page.runs);
      this.next = page.next;
      if (!this.next) this.total = this.rows.length;
      this.changed();
    }
  }

  /// The server does not sort by every column (the least and greatest of a metric, how long a run took): then all runs are read and sorted here.
  async sortHere(turn) {
    const changed = this.changed;
    this.changed = () => {};
    await this.reach(most - 1);
    this.changed = changed;
    if (turn !== this.turn) return;
    const sort = this.view.get("sort");
    const turned = this.view.get("order") === "asc" ? 1 : -1;
    const value = (run) => (sort === "duration" ? (run.end == null ? null : run.end - run.start) : sort === "experiment" ? Number(run.experiment)
      : run.cells[sort]);
    const rank = (one) => (one == null ? 2 : Number.isNaN(one) ? 1 : 0);
    this.rows.sort((a, b) => {
      const [left, right] = [value(a), value(b)];
      return rank(left) - rank(right) || (rank(left) === 0 ? (left - right) * turned : 0) || b.start - a.start;
    });
  }

  /// All runs, as far as `most`; with a sentence when there are more.
  async all() {
    await this.reach(most - 1);
    const rows = this.rows.slice(0, most);
    return { rows, words: this.total > most ? `only the first ${count(most)} of ${count(this.total)} runs` : "" };
  }
}
