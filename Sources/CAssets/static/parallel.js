// Parallel coordinates: a line a run, an axis a column; a stretch drawn on an axis keeps the runs that pass through it.
import { count, el, number } from "./dom.js";
import { style } from "./palette.js";

const most = 5000;
const axes = 14;

export class Parallel {
  constructor(place, view) {
    this.view = view;
    this.words = el("p", { class: "muted" });
    this.plot = el("div", { class: "chart parallel" });
    this.kept = el("div", { class: "kept" });
    place.replaceChildren(this.words, this.plot, this.kept);
    new ResizeObserver(() => this.chart?.resize()).observe(this.plot);
  }

  /// Columns as `column()` makes them. The last metric gives the colour.
  async show(runs, columns) {
    await library();
    const rows = runs.slice(0, most);
    const used = columns.filter((one) => rows.some((run) => run.cells[one.id] != null)).slice(0, axes);
    used.sort((a, b) => (a.kind === "metric") - (b.kind === "metric"));
    if (used.length < 2 || !rows.length) {
      this.chart?.dispose();
      this.chart = null;
      this.plot.replaceChildren();
      this.words.textContent = "Parallel coordinates need runs and at least two parameters or metrics: choose them under Columns.";
      return;
    }
    this.words.textContent = `${count(rows.length)} ${runs.length > most ? `of ${count(runs.length)} ` : ""}runs, an axis a parameter or metric. `
      + "Drag along an axis to keep runs; click it to let them go.";
    const dims = used.map((one, dim) => dimension(one, dim, rows));
    const colour = used.findLastIndex((one) => one.kind === "metric");
    const values = colour < 0 ? [] : rows.map((run) => run.cells[used[colour].id]).filter(Number.isFinite);
    if (!this.chart) {
      this.plot.replaceChildren();
      this.chart = globalThis.echarts.init(this.plot, null, { renderer: "canvas" });
      this.chart.on("axisareaselected", () => this.choose());
    }
    this.rows = rows;
    const words = { color: style("text"), fontSize: 11, textBorderColor: style("panel"), textBorderWidth: 3 };
    this.chart.setOption({
      animation: false, textStyle: { fontFamily: "inherit" }, tooltip: { show: false },
      parallel: { left: 60, right: 90, top: 46, bottom: colour < 0 ? 20 : 64, parallelAxisDefault: {
        nameTextStyle: { color: style("text"), fontSize: 11 }, nameGap: 14, nameRotate: 0, axisLine: { lineStyle: { color: style("muted") } },
          axisLabel: words,
        areaSelectStyle: { width: 16, borderColor: style("accent"), color: style("accent"), opacity: 0.25 }, realtime: rows.length < 1000,
      } },
      parallelAxis: dims,
      visualMap: colour < 0 || !values.length ? undefined : {
        type: "continuous", dimension: colour, min: values.reduce((a, b) => Math.min(a, b)), max: values.reduce((a, b) => Math.max(a, b)),
          orient: "horizontal", left: "center", bottom: 0, text: [used[colour].title, ""],
        textStyle: { color: style("muted") }, inRange: { color: ["#7655b5", "#2f8fa8", "#e0a04d"] }, calculable: false, formatter: number,
      },
      series: [{ type: "parallel", smooth: false, progressive: 500,
        lineStyle: { width: rows.length > 300 ? 0.6 : 1.2, opacity: rows.length > 300 ? 0.35 : 0.7 }, inactiveOpacity: 0.02, activeOpacity: 0.8,
        emphasis: { lineStyle: { width: 2.5, opacity: 1 } },
          data: rows.map((run) => ({ name: run.name, value: used.map((one, dim) => dims[dim].read(run.cells[one.id])) })) }],
    }, true);
    this.choose();
  }

  /// The runs that every chosen stretch keeps, by name.
  choose() {
    const series = this.chart.getModel().getSeriesByIndex(0);
    const kept = series.getRawIndicesByActiveState ? series.getRawIndicesByActiveState("active") : [];
    this.kept.replaceChildren(...(kept.length
      ? [el("p", {}, `${count(kept.length)} kept: `,
      ...kept.slice(0, 40).map((index) => el("a", { class: "chip", href: "/runs/" + encodeURIComponent(this.rows[index].id) },
      this.rows[index].name)),
      kept.length > 40 ? " …" : "", kept.length >= 2 && kept.length <= 50
        ? el("a", { class: "button", href: "/compare?runs=" + kept.map((index) => this.rows[index].id).join(",") }, "Compare") : "")] : []));
  }
}

/// Numbers have a scale (a log one when they span more than three powers of ten), texts have places.
function dimension(one, dim, rows) {
  const values = rows.map((run) => run.cells[one.id]).filter((value) => value != null && value !== "");
  const numbers = values.map(Number);
  const name = one.title + (one.note ? ` (${one.note})` : "");
  if (!numbers.every(Number.isFinite)) {
    const words = [...new Set(values.map(String))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
    return { dim, name, z: 20, type: "category", data: words.slice(0, 200), read: (value) => (value == null ? "-" : String(value)) };
  }
  const [least, greatest] = [numbers.reduce((a, b) => Math.min(a, b), Infinity), numbers.reduce((a, b) => Math.max(a, b), -Infinity)];
  const log = least > 0 && greatest / least > 1000;
  return { dim, name, z: 20, type: log ? "log" : "value", scale: true, min: log ? undefined : "dataMin", max: log ? undefined : "dataMax",
    axisLabel: { formatter: number },
    read: (value) => (value == null || value === "" || !Number.isFinite(Number(value)) ? "-" : Number(value)) };
}

let loading = null;

/// ECharts is large, so it comes only when a page draws with it.
export function library() {
  if (globalThis.echarts) return Promise.resolve();
  loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = document.querySelector("[data-echarts]").dataset.echarts;
    script.onload = () => (globalThis.echarts ? done()
      : failed(new Error("The chart library is not part of this build: run script/setup and build again.")));
    script.onerror = () => failed(new Error("The chart library could not be read."));
    document.head.append(script);
  });
  return loading;
}
