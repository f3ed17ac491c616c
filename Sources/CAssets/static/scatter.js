// A point a run: a parameter or metric against another.
import { el, number } from "./dom.js";
import { library } from "./parallel.js";
import { colour, style } from "./palette.js";

export class Scatter {
  /// The choices are the view's `sx` and `sy`.
  constructor(place, view) {
    this.view = view;
    const choice = (name) => el("select", { name, onchange: (event) => view.set({ [name]: event.target.value }) });
    this.fields = { sx: choice("sx"), sy: choice("sy") };
    this.plot = el("div", { class: "chart scatter" });
    place.replaceChildren(el("div", { class: "filter" }, el("label", {}, "x ", this.fields.sx), el("label", {}, "y ", this.fields.sy)), this.plot);
    new ResizeObserver(() => this.chart?.resize()).observe(this.plot);
    view.on(["sx", "sy"], () => this.draw());
  }

  async show(runs, names) {
    await library();
    Object.assign(this, { runs, names });
    const metrics = names.filter((name) => name.startsWith("metrics."));
    const params = names.filter((name) => name.startsWith("params."));
    this.first = { sx: params[0] ?? metrics[0] ?? "", sy: metrics.find((name) => name !== (params[0] ?? metrics[0])) ?? "" };
    for (const [name, field] of Object.entries(this.fields)) {
      field.replaceChildren(...[["Parameters", params],
        ["Metrics", metrics]].map(([label, list]) =>
        el("optgroup", { label }, list.map((one) => el("option", { value: one }, one.slice(one.indexOf(".") + 1))))));
      field.value = this.view.get(name) || this.first[name];
    }
    this.draw();
  }

  draw() {
    if (!this.runs) return;
    const [x, y] = ["sx", "sy"].map((name) => this.view.get(name) || this.first[name]);
    const value = (run, name) => (name.startsWith("metrics.") ? run.cells[name] : run.cells[name] == null ? null
      : Number.isFinite(Number(run.cells[name])) ? Number(run.cells[name]) : run.cells[name]);
    const axis = (name) => {
      const values = this.runs.map((run) => value(run, name)).filter((one) => one != null);
      const words = values.some((one) => typeof one === "string");
      const log = !words && values.length > 0 && Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) > 1000;
      return { type: words ? "category" : log ? "log" : "value", scale: true, name: name.slice(name.indexOf(".") + 1), nameLocation: "middle",
        nameGap: 34, axisLabel: { color: style("muted"), formatter: words ? undefined : number },
        axisLine: { lineStyle: { color: style("line") } }, splitLine: { lineStyle: { color: style("faint") } },
          nameTextStyle: { color: style("text") } };
    };
    this.chart ??= globalThis.echarts.init(this.plot, null, { renderer: "canvas" });
    this.chart.off("click");
    this.chart.on("click", (at) => { location.href = "/runs/" + encodeURIComponent(this.runs[at.dataIndex].id); });
    this.chart.setOption({
      animation: false, textStyle: { fontFamily: "inherit" }, grid: { left: 70, right: 20, top: 16, bottom: 54 }, xAxis: axis(x),
        yAxis: { ...axis(y), nameGap: 52 },
      tooltip: { confine: true, renderMode: "richText", formatter: (at) => `${at.name}\n${x} ${at.value[0]}\n${y} ${at.value[1]}` },
      series: [{ type: "scatter", symbolSize: 10,
        data: this.runs.map((run) => ({ name: run.name, value: [value(run, x) ?? "-", value(run, y) ?? "-"],
        itemStyle: { color: colour(run.id), opacity: 0.85 } })) }],
    }, true);
  }
}
