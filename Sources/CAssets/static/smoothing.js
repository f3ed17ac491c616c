// Smoothing of curves. Each takes xs and ys of the same length and answers new ys; what is not finite stays as it is and is not counted.

/// The names are the ones in the page's address.
export const kinds = {
  none: { title: "No smoothing", apply: (xs, ys) => ys },
  twema: { title: "Time-weighted EMA", least: 0, greatest: 0.999, step: 0.001, start: 0.6, apply: timeWeighted },
  ema: { title: "Exponential average", least: 0, greatest: 0.999, step: 0.001, start: 0.6, apply: exponential },
  mean: { title: "Running mean", least: 1, greatest: 201, step: 2, start: 11, apply: runningMean },
  gauss: { title: "Gaussian", least: 0, greatest: 100, step: 0.5, start: 5, apply: gaussian },
};

/// Time-weighted exponential average, debiased: a point's weight fades with its distance in x, so that curves logged at different rates are
/// smoothed alike. By the formula in the documentation of Weights & Biases: w = min(√p, 0.999), adjusted by w^(Δx / range · 1000).
export function timeWeighted(xs, ys, amount) {
  const weight = Math.min(Math.sqrt(amount), 0.999);
  const range = xs.length > 1 ? xs[xs.length - 1] - xs[0] : 0;
  const smooth = new Float64Array(ys.length);
  let sum = 0, mass = 0, before = null;
  for (let index = 0; index < ys.length; index += 1) {
    const value = ys[index];
    if (!Number.isFinite(value)) { smooth[index] = value; continue; }
    const distance = before === null || range <= 0 ? 0 : (xs[index] - before) / range * 1000;
    const kept = weight ** distance;
    sum = sum * kept + value;
    mass = mass * kept + 1;
    before = xs[index];
    smooth[index] = sum / mass;
  }
  return smooth;
}

/// Exponential average by position, debiased for its start at nothing.
export function exponential(xs, ys, amount) {
  const smooth = new Float64Array(ys.length);
  let sum = 0, mass = 0;
  for (let index = 0; index < ys.length; index += 1) {
    const value = ys[index];
    if (!Number.isFinite(value)) { smooth[index] = value; continue; }
    sum = sum * amount + (1 - amount) * value;
    mass = mass * amount + (1 - amount);
    smooth[index] = sum / mass;
  }
  return smooth;
}

/// The mean of the points within half a window to either side; fewer at the ends.
export function runningMean(xs, ys, window) {
  const half = Math.max(0, Math.floor((window - 1) / 2));
  const sums = new Float64Array(ys.length + 1), counts = new Float64Array(ys.length + 1);
  for (let index = 0; index < ys.length; index += 1) {
    const fine = Number.isFinite(ys[index]);
    sums[index + 1] = sums[index] + (fine ? ys[index] : 0);
    counts[index + 1] = counts[index] + (fine ? 1 : 0);
  }
  return Float64Array.from(ys, (value, index) => {
    if (!Number.isFinite(value)) return value;
    const from = Math.max(0, index - half), to = Math.min(ys.length, index + half + 1);
    return (sums[to] - sums[from]) / (counts[to] - counts[from]);
  });
}

/// Weights by the normal curve over positions, `sigma` points wide, out to three of them.
export function gaussian(xs, ys, sigma) {
  if (!(sigma > 0)) return ys;
  const reach = Math.ceil(sigma * 3);
  const weights = Float64Array.from({ length: reach + 1 }, (_, distance) => Math.exp(-(distance ** 2) / (2 * sigma ** 2)));
  return Float64Array.from(ys, (value, index) => {
    if (!Number.isFinite(value)) return value;
    let sum = 0, mass = 0;
    for (let near = Math.max(0, index - reach); near <= Math.min(ys.length - 1, index + reach); near += 1) {
      if (!Number.isFinite(ys[near])) continue;
      const weight = weights[Math.abs(near - index)];
      sum += ys[near] * weight;
      mass += weight;
    }
    return sum / mass;
  });
}

/// The mean of several curves, with what lies around it: `spread` is "deviation" (one standard deviation, of the sample) or "range".
/// Curves are read off, in straight lines between their points, at `count` places spread evenly; each place counts the curves that reach it.
export function bundle(curves, spread, count = 300) {
  const usable = curves.filter((curve) => curve.x.length);
  const least = Math.min(...usable.map((curve) => curve.x[0])), greatest = Math.max(...usable.map((curve) => curve.x[curve.x.length - 1]));
  const places = usable.length === 0 ? 0 : greatest > least ? count : 1;
  const x = new Float64Array(places), y = new Float64Array(places), low = new Float64Array(places), high = new Float64Array(places);
  const cursors = usable.map(() => 0);
  for (let place = 0; place < places; place += 1) {
    const at = places === 1 ? least : least + (greatest - least) * place / (places - 1);
    const values = usable.map((curve, index) => read(curve, at, cursors, index)).filter(Number.isFinite);
    x[place] = at;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = values.length > 1 ? Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) : 0;
    y[place] = values.length ? mean : NaN;
    low[place] = values.length ? (spread === "range" ? Math.min(...values) : mean - deviation) : NaN;
    high[place] = values.length ? (spread === "range" ? Math.max(...values) : mean + deviation) : NaN;
  }
  return { x, y, low, high };
}

/// The curve's height at x, NaN outside of it. `cursors` remember how far each curve was read, as places only grow.
function read(curve, at, cursors, index) {
  const { x, y } = curve;
  if (at < x[0] || at > x[x.length - 1]) return NaN;
  let left = cursors[index];
  while (left + 1 < x.length && x[left + 1] <= at) left += 1;
  cursors[index] = left;
  if (left + 1 >= x.length || x[left] === at) return y[left];
  return y[left] + (y[left + 1] - y[left]) * (at - x[left]) / (x[left + 1] - x[left]);
}
