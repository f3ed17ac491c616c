// Making elements, and writing figures as the server's pages write them. Text always goes in as text, never as markup.

/// el("td", { class: "n", onclick: f }, "text", child): attributes by name, `on…` as listeners, null and false left out.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

/// Four digits that say something, as `Figures.number` on the server.
export function number(value) {
  if (value == null) return "";
  if (Number.isNaN(value)) return "NaN";
  const size = Math.abs(value);
  if (size >= 1.7976931348623157e308) return value > 0 ? "∞" : "−∞";
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return exponential(value);
  if (Number.isInteger(value)) return count(value);
  const text = value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 4);
  const trimmed = text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  return trimmed === "-0" ? "0" : trimmed;
}

function exponential(value) {
  const [digits, power] = value.toPrecision(3).includes("e") ? value.toPrecision(3).split("e") : value.toExponential(2).split("e");
  const sign = power[0] === "-" ? "-" : "+";
  const figure = digits.includes(".") ? digits.replace(/0+$/, "").replace(/\.$/, "") : digits;
  return figure + "e" + sign + power.replace(/^[+-]/, "").padStart(2, "0");
}

/// `8,640`.
export const count = (value) => (value < 0 ? "−" : "") + String(Math.abs(Math.round(value))).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/// `0.41 ms`, `12.3 s`, `3 m 05 s`, `2 h 10 m`.
export function duration(milliseconds) {
  if (milliseconds == null) return "";
  if (milliseconds < 0) return "0 ms";
  if (milliseconds < 1000) return milliseconds.toFixed(milliseconds < 10 ? 2 : 0) + " ms";
  const seconds = milliseconds / 1000;
  if (seconds < 60) return seconds.toFixed(1) + " s";
  const whole = Math.floor(seconds);
  const two = (value) => String(value).padStart(2, "0");
  if (whole < 3600) return Math.floor(whole / 60) + " m " + two(whole % 60) + " s";
  if (whole < 172800) return Math.floor(whole / 3600) + " h " + two(Math.floor(whole / 60) % 60) + " m";
  return Math.floor(whole / 86400) + " d";
}

/// `2026-11-21 06:10`, in UTC as everywhere.
export function moment(milliseconds) {
  if (milliseconds == null) return "";
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString().slice(0, 16).replace("T", " ");
}

/// A long name that may only break after its own separators.
export function breakable(name) {
  const parts = name.split(/(?<=[/_.\-: ])/);
  return parts.flatMap((part, index) => (index ? [document.createElement("wbr"), part] : [part]));
}

/// Calls `body` once, `wait` milliseconds after the last call.
export function settled(wait, body) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => body(...values), wait);
  };
}

/// Says something to people and to screen readers; `bad` in the colour of failures.
export function say(place, words, bad = false) {
  place.textContent = words;
  place.classList.toggle("bad", bad);
}

export const store = {
  get(key, otherwise) {
    try { return JSON.parse(localStorage.getItem("tern-" + key)) ?? otherwise; } catch { return otherwise; }
  },
  set(key, value) {
    try { localStorage.setItem("tern-" + key, JSON.stringify(value)); } catch { /* A full or forbidden store only forgets. */ }
  },
};
