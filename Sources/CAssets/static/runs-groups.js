// Runs put together by a parameter or tag, and by nothing else: { key, runs, stats } a group, stats by column.
import { column } from "./runs-columns.js";

export function group(runs, by, columns) {
  const groups = new Map();
  for (const run of runs) {
    const key = run.cells[by] ?? null;
    if (!groups.has(key)) groups.set(key, { key, runs: [], stats: {} });
    groups.get(key).runs.push(run);
  }
  for (const one of groups.values()) {
    for (const id of columns) {
      const kind = column(id);
      if (kind?.kind === "metric") one.stats[id] = summary(one.runs.map((run) => run.cells[id]));
      else if (id === "duration") one.stats[id] = summary(one.runs.map((run) => (run.end == null ? null : run.end - run.start)));
      else if (kind && kind.kind !== "attribute") one.stats[id] = distinct(one.runs.map((run) => run.cells[id]));
    }
  }
  return [...groups.values()];
}

/// Mean, least and greatest of what is finite; deviation is that of the sample, 0 for a single value. Null when nothing is.
export function summary(values) {
  const finite = values.filter((value) => typeof value === "number" && Number.isFinite(value));
  if (!finite.length) return null;
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of finite) { least = Math.min(least, value); greatest = Math.max(greatest, value); }
  return { count: finite.length, mean, least, greatest, deviation: finite.length > 1 ? Math.sqrt(squares / (finite.length - 1)) : 0 };
}

function distinct(values) {
  const found = new Set(values.filter((value) => value != null));
  return { distinct: found.size, only: found.size === 1 ? [...found][0] : null };
}

/// In the table's order: by the statistic of the sorted column, by name for all others; what has no value comes last.
export function ordered(groups, sort, descending) {
  const value = (one) => one.stats[sort]?.mean ?? null;
  const turn = descending ? -1 : 1;
  const names = (a, b) => String(a.key ?? "\uffff").localeCompare(String(b.key ?? "\uffff"), "en", { numeric: true });
  return groups.sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === null && right === null) return names(a, b);
    if (left === null || right === null) return left === null ? 1 : -1;
    return (left - right) * turn || names(a, b);
  });
}
