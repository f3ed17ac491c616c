// What pages ask of the server: Tern's own API, and for experiments MLflow's, which has the only calls there are.
const base = "/api/tern/v1/";

export class ApiError extends Error {
  constructor(status, body) {
    let error = {};
    try { error = JSON.parse(body); } catch { /* Not JSON: shown as it is. */ }
    super(error.error?.message ?? error.message ?? (body || "the server gave no reason"));
    Object.assign(this, { status, code: error.error?.code ?? error.error_code, hint: error.error?.hint, details: error.error?.details });
  }
}

export async function ask(path, { method = "GET", body, signal } = {}) {
  const headers = {};
  const token = sessionStorage.getItem("tern-token");
  if (token) headers.Authorization = "Bearer " + token;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path.startsWith("/") ? path : base + path,
      { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, JSON.stringify({ error: { message: "The server does not answer." } }));
  }
  if (!answer.ok) throw new ApiError(answer.status, await answer.text());
  return answer.json();
}

const post = (path, body) => ask(path, { method: "POST", body });

// MARK: Runs

/// NaN travels as text.
const figure = (value) => (value === "NaN" ? NaN : value);

const time = (text) => (text == null ? null : typeof text === "number" ? text : Date.parse(text));

/// What the ordering calls a column; null for one that only this page can sort by.
export function orderName(id) {
  if (id === "user") return "user_id";
  if (id === "name") return "run_name";
  if (["status", "start_time", "end_time", "run_id"].includes(id)) return id;
  const [, entity, key] = /^(metrics|params|tags)\.(.+)$/s.exec(id) ?? [];
  return entity ? `${entity}.\`${key}\`` : null;
}

/// query: { experiment (null for all), filter, sort, descending, stage, columns }. Answers { runs, total (on the first page), next }.
export async function searchRuns({ experiment, filter, sort, descending, stage, columns }, token, limit) {
  const asked = columns.filter((id) => /[.(]/.test(id));
  const order = orderName(sort);
  const answer = await post("runs/search", {
    experiments: experiment ? [experiment] : undefined, filter: filter || undefined, stage, columns: asked, limit, page_token: token ?? undefined,
    order: order ? [order + (descending ? " DESC" : " ASC")] : undefined, count: !token,
  });
  return { runs: answer.runs.map((row) => run(row, asked)), total: answer.total ?? null, next: answer.next_page_token || null };
}

function run(row, columns) {
  const cells = {};
  columns.forEach((id, index) => { cells[id] = /^(metrics|min|max)/.test(id) ? figure(row.cells[index]) : row.cells[index]; });
  return {
    id: row.id, name: row.name, status: row.status.toUpperCase(), stage: row.stage, user: row.user, experiment: String(row.experiment),
    start: time(row.started_at), end: time(row.ended_at), cells,
  };
}

/// { metrics, params, tags }, each a list of { key, runs }; isCut when there are more. Without an experiment, of the one with the last run.
export async function columns(experiment) {
  const answer = await ask(`experiments/${encodeURIComponent(experiment)}/columns?limit=2000`);
  return { metrics: answer.metrics, params: answer.params, tags: answer.tags, isCut: answer.is_cut };
}

export const tagRuns = (runs, key, value) => post("runs/tag", { runs, set: { [key]: value } });
export const untagRuns = (runs, key) => post("runs/tag", { runs, remove: [key] });
export const deleteRuns = (runs) => post("runs/delete", { runs });
export const restoreRuns = (runs) => post("runs/restore", { runs });

// MARK: Curves

const atOnce = 100;

/// One metric of many runs, each in at most `points` buckets: a Map from run to { step, time, value, total }, arrays in the order of steps.
export async function curves(key, runs, points = 500, signal = undefined) {
  const found = new Map();
  for (let start = 0; start < runs.length; start += atOnce) {
    const part = runs.slice(start, start + atOnce);
    const answer = await ask(`metrics?runs=${part.map(encodeURIComponent).join(",")}&key=${encodeURIComponent(key)}&points=${points}`, { signal });
    for (const curve of answer.curves) found.set(curve.run, spread(curve));
  }
  return found;
}

/// A bucket of several points becomes up to four: its first, least, greatest and last, so that a line through them covers what was there.
export function spread(curve) {
  const step = [], time = [], value = [];
  const put = (s, t, v) => { step.push(s); time.push(t); value.push(v); };
  for (const bucket of curve.buckets) {
    const [first, last, least, greatest] = [bucket.first, bucket.last, bucket.min, bucket.max].map(figure);
    put(bucket.first_step, bucket.first_time, first);
    if (bucket.count < 2) continue;
    const at = (share) => [bucket.first_step + (bucket.last_step - bucket.first_step) * share,
      bucket.first_time + (bucket.last_time - bucket.first_time) * share];
    // Which of the two came first is not told; the line is drawn towards the last.
    const inner = (first <= last ? [least, greatest] : [greatest, least]).filter((one) => one !== first && one !== last && Number.isFinite(one));
    inner.forEach((one, index) => put(...at((index + 1) / (inner.length + 1)), one));
    put(bucket.last_step, bucket.last_time, last);
  }
  return { step: Float64Array.from(step), time: Float64Array.from(time), value: Float64Array.from(value), total: curve.points };
}

// MARK: Experiments

const mlflow = (path, body) => post("/ajax-api/2.0/mlflow/experiments/" + path, body);
export const createExperiment = (name) => mlflow("create", { name });
export const renameExperiment = (id, name) => mlflow("update", { experiment_id: id, new_name: name });
export const deleteExperiment = (id) => mlflow("delete", { experiment_id: id });
export const restoreExperiment = (id) => mlflow("restore", { experiment_id: id });
export const tagExperiment = (id, key, value) => mlflow("set-experiment-tag", { experiment_id: id, key, value });
