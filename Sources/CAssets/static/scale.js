// Axes: from values to pixels and back, and where the labels stand.
import { number } from "./dom.js";

export function linear(least, greatest, from, to) {
  const span = greatest - least || 1;
  return { of: (value) => from + (value - least) / span * (to - from), back: (pixel) => least + (pixel - from) / (to - from) * span };
}

export function logarithmic(least, greatest, from, to) {
  const scale = linear(Math.log10(least), Math.log10(greatest), from, to);
  return { of: (value) => scale.of(Math.log10(value)), back: (pixel) => 10 ** scale.back(pixel) };
}

/// About `wanted` round numbers from `least` to `greatest`.
export function ticks(least, greatest, wanted, steps = [1, 2, 5, 10]) {
  const rough = (greatest - least) / Math.max(1, wanted);
  if (!(rough > 0) || !Number.isFinite(rough)) return [least];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = steps.map((one) => one * power).find((one) => one >= rough) ?? 10 * power;
  const found = [];
  for (let value = Math.ceil(least / step) * step; value <= greatest + step * 1e-9; value += step) found.push(Math.abs(value) < step * 1e-9 ? 0
    : value);
  return found;
}

/// Powers of ten; with few of them also 2 and 5 times these.
export function powers(least, greatest) {
  const found = [];
  const wide = Math.log10(greatest / least);
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(greatest)); power += Math.max(1, Math.ceil(wide / 6))) {
    for (const times of wide < 2 ? [1, 2, 5] : [1]) {
      const value = times * 10 ** power;
      if (value >= least * 0.999 && value <= greatest * 1.001) found.push(value);
    }
  }
  return found;
}

const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
const times = [1, 2, 5, 10, 50, 100, 500, second, 2 * second, 5 * second, 10 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute,
  30 * minute, hour, 2 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 30 * day, 90 * day, 365 * day];

/// Round moments, or round lengths of time when they count from 0.
export function timeTicks(least, greatest, wanted) {
  const rough = (greatest - least) / Math.max(1, wanted);
  const step = times.find((one) => one >= rough) ?? Math.ceil(rough / (365 * day)) * 365 * day;
  const found = [];
  for (let value = Math.ceil(least / step) * step; value <= greatest && found.length < 50; value += step) found.push(value);
  return found;
}

/// What stands at a tick, or in the tooltip: kind is "step", "relative" or "wall"; span is how much the axis shows.
export function label(kind, value, span) {
  if (kind === "wall") {
    const text = new Date(value).toISOString();
    if (span > 2 * day) return text.slice(5, 10);
    return span > 10 * minute ? text.slice(11, 16) : text.slice(11, 19);
  }
  if (kind === "relative") {
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size < second) return number(value) + " ms";
    if (size < minute) return number(value / second) + " s";
    if (size < hour) return number(value / minute) + " m";
    return size < 2 * day ? number(value / hour) + " h" : number(value / day) + " d";
  }
  return number(value);
}
