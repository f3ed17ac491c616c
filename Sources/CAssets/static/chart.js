// A line chart on a canvas, for many lines of many points: each pixel column of a line is drawn once, from its least to its greatest value.
// A second canvas over it holds the cross hair and the stretch being chosen, so that neither draws the lines again.
import { el, number } from "./dom.js";
import { faint, style } from "./palette.js";
import { crossHair, listen, room } from "./chart-pointer.js";
import { label, linear, logarithmic, powers, ticks, timeTicks } from "./scale.js";


export class LineChart {
  /// `told` hears what other charts should follow: { at } under the pointer (null when it left), { range } chosen (null for all).
  constructor(place, words, told = () => {}) {
    this.place = place;
    this.words = words;
    this.told = told;
    this.series = [];
    this.options = { kind: "step", log: false, clip: false, range: null, marked: null };
    this.lines = el("canvas", { class: "lines", role: "img", tabindex: "0", "aria-label": words });
    this.over = el("canvas", { class: "over", "aria-hidden": "true" });
    this.tip = el("div", { class: "tip", hidden: true });
    place.classList.add("line-chart");
    place.replaceChildren(this.lines, this.over, this.tip);
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(place);
    listen(this);
  }

  destroy() {
    this.watch.disconnect();
    this.place.replaceChildren();
  }

  /// Series: { id, name, colour, x, y, raw?, low?, high? }, x ascending. Options as above; what is left out stays.
  set(series, options = {}) {
    this.series = series;
    Object.assign(this.options, options);
    this.draw();
  }

  change(options) {
    Object.assign(this.options, options);
    this.draw();
  }

  // MARK: Measures

  /// Least and greatest x and y of what is shown; nil when there is nothing.
  extent() {
    const { range, log, clip } = this.options;
    let [x0, x1] = [Infinity, -Infinity];
    for (const { x } of this.series) if (x.length) { x0 = Math.min(x0, x[0]); x1 = Math.max(x1, x[x.length - 1]); }
    if (range) [x0, x1] = range;
    if (!(x1 >= x0)) return null;
    let [y0, y1] = [Infinity, -Infinity];
    const all = [];
    for (const one of this.series) {
      for (const values of [one.raw && !clip ? one.raw : one.y, one.low, one.high]) {
        if (!values) continue;
        for (let index = 0; index < values.length; index += 1) {
          const value = values[index];
          if (!Number.isFinite(value) || one.x[index] < x0 || one.x[index] > x1 || (log && value <= 0)) continue;
          if (clip) all.push(value);
          if (value < y0) y0 = value;
          if (value > y1) y1 = value;
        }
      }
    }
    if (clip && all.length > 20) {
      const sorted = Float64Array.from(all).sort();
      [y0, y1] = [sorted[Math.floor(sorted.length * 0.02)], sorted[Math.ceil(sorted.length * 0.98) - 1]];
    }
    if (!(y1 >= y0)) return null;
    if (x0 === x1) [x0, x1] = this.options.kind === "step" ? [x0 - 1, x1 + 1] : [x0 - 500, x1 + 500];
    if (y0 === y1) [y0, y1] = log ? [y0 / 2, y1 * 2] : [y0 - (Math.abs(y0) || 1) * 0.1, y1 + (Math.abs(y1) || 1) * 0.1];
    const margin = log ? (y1 / y0) ** 0.04 : (y1 - y0) * 0.04;
    return { x0, x1, y0: log ? y0 / margin : y0 - margin, y1: log ? y1 * margin : y1 + margin };
  }

  fit(canvas) {
    const ratio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.place;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return { pen, width, height };
  }

  // MARK: Drawing

  draw() {
    if (!this.place.clientWidth) return;
    const began = performance.now();
    const { pen, width, height } = this.fit(this.lines);
    const extent = this.extent();
    this.axes = null;
    this.place.classList.toggle("nothing", !extent);
    if (!extent) return this.nothing(pen, width, height);
    const { log, marked } = this.options;
    this.axes = {
      ...extent, width, height, x: linear(extent.x0, extent.x1, room.left, width - room.right),
      y: (log ? logarithmic : linear)(extent.y0, extent.y1, height - room.bottom, room.top),
    };
    this.frame(pen);
    pen.save();
    pen.beginPath();
    pen.rect(room.left, 0, width - room.left - room.right, height - room.bottom + 1);
    pen.clip();
    pen.lineJoin = "round";
    for (const one of this.series) {
      if (one.low) this.band(pen, one);
      if (one.raw) this.line(pen, one, one.raw, faint(one.colour, 0.2), 1);
    }
    const thin = this.series.length > 20;
    for (const one of this.series) this.line(pen, one, one.y, marked && marked !== one.id ? faint(one.colour, 0.25) : one.colour, thin ? 1 : 1.5);
    const front = marked && this.series.find((one) => one.id === marked);
    if (front) this.line(pen, front, front.y, front.colour, 2.5);
    pen.restore();
    this.hover(null);
    // For the measurements in the tests: reading a pixel back waits for the drawing.
    if (this.options.measure) { pen.getImageData(0, 0, 1, 1); this.took = performance.now() - began; }
  }

  nothing(pen, width, height) {
    pen.fillStyle = style("muted");
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.fillText(this.options.log && this.series.some((one) => one.x.length) ? "No value above 0 for a log axis" : "No points", width / 2,
      height / 2);
  }

  frame(pen) {
    const { x0, x1, y0, y1, x, y, width, height } = this.axes;
    const { kind, log } = this.options;
    pen.font = "11px system-ui, sans-serif";
    pen.lineWidth = 1;
    pen.strokeStyle = style("faint");
    pen.fillStyle = style("muted");
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const value of log ? powers(y0, y1) : ticks(y0, y1, height / 42)) {
      const at = Math.round(y.of(value)) + 0.5;
      pen.beginPath();
      pen.moveTo(room.left, at);
      pen.lineTo(width - room.right, at);
      pen.stroke();
      pen.fillText(number(value), room.left - 6, at);
    }
    pen.strokeStyle = style("line");
    pen.beginPath();
    pen.moveTo(room.left, height - room.bottom + 0.5);
    pen.lineTo(width - room.right, height - room.bottom + 0.5);
    pen.stroke();
    pen.textBaseline = "top";
    const wanted = width / 90;
    for (const value of kind === "step" ? ticks(x0, x1, wanted).filter((one) => x1 - x0 < 4 ? Number.isInteger(one) : true)
      : timeTicks(x0, x1, wanted)) {
      const at = x.of(value);
      pen.textAlign = at > width - 30 ? "right" : at < room.left + 14 ? "left" : "center";
      pen.fillText(label(kind, value, x1 - x0), Math.min(at, width - 2), height - room.bottom + 6);
    }
  }

  /// One path. With more points than pixels, each pixel column gets its first, least, greatest and last value.
  line(pen, one, values, colour, wide) {
    const { x, y, x0, x1 } = this.axes;
    const log = this.options.log;
    const xs = one.x;
    let from = 0, to = xs.length;
    while (from + 1 < to && xs[from + 1] < x0) from += 1;
    while (to - 1 > from && xs[to - 2] > x1) to -= 1;
    pen.beginPath();
    const dense = to - from > (this.axes.width - room.left) * 2;
    let open = false, column = NaN, least = 0, greatest = 0, last = 0;
    const flush = () => {
      if (Number.isNaN(column)) return;
      if (least !== greatest) { pen.lineTo(column, least); pen.lineTo(column, greatest); }
      pen.lineTo(column, last);
      column = NaN;
    };
    for (let index = from; index < to; index += 1) {
      const value = values[index];
      if (!Number.isFinite(value) || (log && value <= 0)) { flush(); open = false; continue; }
      const px = x.of(xs[index]), py = y.of(value);
      if (!open) { flush(); pen.moveTo(px, py); open = true; if (!dense) { if (to - from === 1) pen.lineTo(px + 0.01, py); continue; } }
      if (!dense) { pen.lineTo(px, py); continue; }
      const here = Math.round(px);
      if (here !== column) { flush(); column = here; least = greatest = py; }
      if (py > least) least = py;
      if (py < greatest) greatest = py;
      last = py;
    }
    flush();
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    pen.lineCap = to - from === 1 ? "round" : "butt";
    if (to - from === 1) pen.lineWidth = 6;
    pen.stroke();
  }

  /// Filled from the lower to the upper bound, a piece for each stretch without a gap.
  band(pen, one) {
    const { x, y, y0 } = this.axes;
    const height = (value) => y.of(this.options.log ? Math.max(value, y0) : value);
    pen.fillStyle = faint(one.colour, 0.16);
    for (let from = 0; from < one.x.length; from += 1) {
      let to = from;
      while (to < one.x.length && Number.isFinite(one.low[to])) to += 1;
      if (to - from > 1) {
        pen.beginPath();
        for (let index = from; index < to; index += 1) pen.lineTo(x.of(one.x[index]), height(one.high[index]));
        for (let index = to - 1; index >= from; index -= 1) pen.lineTo(x.of(one.x[index]), height(one.low[index]));
        pen.fill();
      }
      from = to;
    }
  }

  /// The cross hair at x; with a height also the list of what stands there, nearest first. Null takes both away.
  hover(at, py = null) { crossHair(this, at, py); }
}
