// The pointer and the keys on a line chart: the cross hair with what stands under it, and the choice of a stretch.
import { el, number } from "./dom.js";
import { style } from "./palette.js";
import { label } from "./scale.js";

/// The room around the lines, in pixels.
export const room = { left: 54, right: 10, top: 8, bottom: 22 };
const listed = 12;

export function listen(chart) {
  let start = null;
  const pixel = (event) => event.clientX - chart.lines.getBoundingClientRect().left;
  chart.lines.addEventListener("pointerdown", (event) => {
    if (!chart.axes || event.button) return;
    start = pixel(event);
    chart.lines.setPointerCapture(event.pointerId);
  });
  chart.lines.addEventListener("pointermove", (event) => {
    if (!chart.axes) return;
    if (start !== null && Math.abs(pixel(event) - start) > 3) return choose(chart, start, pixel(event));
    point(chart, pixel(event), event.clientY - chart.lines.getBoundingClientRect().top);
  });
  chart.lines.addEventListener("pointerup", (event) => {
    const from = start;
    start = null;
    if (from === null || !chart.axes || Math.abs(pixel(event) - from) < 5) return;
    const range = [from, pixel(event)].sort((a, b) => a - b).map((one) =>
      chart.axes.x.back(Math.min(Math.max(one, room.left), chart.axes.width - room.right)));
    chart.told({ range });
  });
  chart.lines.addEventListener("pointerleave", () => { chart.hover(null); chart.told({ at: null }); });
  chart.lines.addEventListener("dblclick", () => chart.told({ range: null }));
  chart.lines.addEventListener("keydown", (event) => key(chart, event));
  chart.lines.addEventListener("blur", () => { chart.hover(null); chart.told({ at: null }); });
}

function key(chart, event) {
  if (!chart.axes) return;
  const { x0, x1, x, width } = chart.axes;
  const at = chart.cursor ?? (room.left + width) / 2;
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    point(chart, Math.min(Math.max(at + (event.key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 20 : 4), room.left), width - room.right),
      chart.axes.height / 2);
  } else if (event.key === "+" || event.key === "-") {
    const [centre, half] = [x.back(at), (x1 - x0) * (event.key === "+" ? 0.25 : 1)];
    chart.told({ range: [centre - half, centre + half] });
  } else if (event.key === "Escape") {
    chart.told({ range: null });
  } else return;
  event.preventDefault();
}

function choose(chart, from, to) {
  const { pen, height } = chart.fit(chart.over);
  pen.fillStyle = style("accent");
  pen.globalAlpha = 0.15;
  pen.fillRect(Math.min(from, to), room.top, Math.abs(to - from), height - room.bottom - room.top);
  pen.globalAlpha = 1;
}

function point(chart, px, py) {
  chart.cursor = px;
  const at = chart.axes.x.back(px);
  chart.hover(at, py);
  chart.told({ at });
}

/// The cross hair at x; with a height also the list of what stands there, nearest first. Null takes both away.
export function crossHair(chart, at, py = null) {
  const { pen } = chart.fit(chart.over);
  chart.tip.hidden = true;
  if (at === null || !chart.axes || at < chart.axes.x0 || at > chart.axes.x1) return;
  const { x, y, width, height, x0, x1 } = chart.axes;
  pen.strokeStyle = style("muted");
  pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(x.of(at), room.top);
  pen.lineTo(x.of(at), height - room.bottom);
  pen.stroke();
  pen.setLineDash([]);
  if (py === null) return;
  const found = chart.series.map((one) => ({ one, index: nearest(one.x, at) })).filter(({ one, index }) => index >= 0
    && Number.isFinite(one.y[index]))
    .map(({ one, index }) => ({ one, index, px: x.of(one.x[index]), py: y.of(one.y[index]) }))
    .filter((spot) => Math.abs(spot.px - x.of(at)) < 40 && Number.isFinite(spot.py)).sort((a, b) => Math.abs(a.py - py) - Math.abs(b.py - py));
  for (const { one, px, py: top } of found.slice(0, listed)) {
    pen.fillStyle = one.colour;
    pen.beginPath();
    pen.arc(px, top, 3, 0, 7);
    pen.fill();
  }
  if (!found.length) return;
  const kind = chart.options.kind;
  const rows = found.slice(0, listed).map(({ one, index }, place) => el("tr", { class: place ? null : "near" },
    el("td", {}, el("i", { style: { background: one.colour } }), one.name), el("td", { class: "n" }, number(one.y[index]) + around(one, index))));
  const where = found[0].one.x[found[0].index];
  const head = kind === "step" ? "step " + number(where) : kind === "wall" ? new Date(where).toISOString().replace("T", " ").slice(0, 19)
    : label(kind, where, x1 - x0);
  chart.tip.replaceChildren(el("p", {}, head), el("table", {}, el("tbody", {}, rows)),
    found.length > listed ? el("p", { class: "muted" }, `and ${found.length - listed} more`) : "");
  chart.tip.hidden = false;
  const left = x.of(at) + 14;
  chart.tip.style.left = (left + chart.tip.offsetWidth > width ? Math.max(0, x.of(at) - chart.tip.offsetWidth - 14) : left) + "px";
  chart.tip.style.top = Math.max(0, Math.min(py - 20, height - chart.tip.offsetHeight)) + "px";
}

const around = (one, index) => (one.low ? ` (${number(one.low[index])} – ${number(one.high[index])})` : "");

/// The index of the x nearest to a value, by halving; -1 in an empty list.
function nearest(xs, value) {
  let low = 0, high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= value) low = middle; else high = middle;
  }
  return xs.length === 0 ? -1 : Math.abs(xs[low] - value) <= Math.abs(xs[high] - value) ? low : high;
}
