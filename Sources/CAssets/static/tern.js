// What pages do beyond HTML: draw charts, post forms as JSON, keep still while a person reads. No page needs it to be read.
"use strict";
(() => {
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const palette = () => dark.matches
    ? ["#4fb3c6", "#e0a04d", "#b39ddb", "#8fc46f", "#f0837b", "#9fb3c8"] : ["#0b7285", "#c77d0a", "#7655b5", "#5c8a2b", "#b8322b", "#5b7083"];

  // MARK: Charts

  const short = (value) => value == null ? "–" : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(Math.round(value * 1e4) / 1e4);
  const escape = (text) => String(text).replace(/[&<>"']/g, (c) => "&#" + c.charCodeAt(0) + ";");
  const axis = () => ({
    axisLine: { lineStyle: { color: style("line") } }, axisTick: { show: false }, axisLabel: { color: style("muted"), hideOverlap: true, fontSize: 11 },
    splitLine: { lineStyle: { color: style("faint") } },
  });
  const tooltip = () => ({
    confine: true, backgroundColor: style("panel"), borderColor: style("line"), textStyle: { color: style("text"), fontSize: 12 }, transitionDuration: 0,
  });
  const common = () => ({ animation: false, useUTC: true, color: palette(), textStyle: { fontFamily: "inherit" } });
  const legend = () => ({ top: 0, left: 0, itemWidth: 14, itemHeight: 8, icon: "roundRect", textStyle: { color: style("muted") } });

  function lines(chart) {
    const colours = palette();
    const tones = { good: style("good"), bad: style("bad"), busy: style("busy") };
    const series = chart.lines.map((line, index) => ({
      name: line.name, type: "line", data: line.points, showSymbol: line.points.length < 40, symbolSize: 4, connectNulls: false,
      lineStyle: { width: line.role === "shadow" ? 1.4 : 2, type: line.role === "shadow" ? [5, 3] : "solid" }, color: colours[index % colours.length], z: line.role === "kept" ? 4 : 3,
    }));
    if (series[0]) {
      const marks = chart.marks.map((mark) => ({
        xAxis: mark.at, lineStyle: { color: tones[mark.tone] || style("muted"), width: 1, type: "solid" },
        label: { formatter: mark.text, color: tones[mark.tone] || style("muted"), fontSize: 11, rotate: 90, position: "insideEndTop", distance: 3 },
      }));
      if (chart.floor != null) marks.push({ yAxis: chart.floor, lineStyle: { color: style("bad"), type: "dashed", width: 1 }, label: { formatter: "floor " + chart.floor, color: style("bad"), position: "insideStartTop", fontSize: 11 } });
      series[0].markLine = { silent: true, symbol: "none", data: marks };
    }
    return {
      ...common(), series, grid: { left: 8, right: 12, top: chart.lines.length > 1 ? 30 : 12, bottom: 6, containLabel: true },
      legend: { ...legend(), show: chart.lines.length > 1 }, tooltip: { ...tooltip(), trigger: "axis", valueFormatter: short },
      xAxis: { ...axis(), type: chart.time ? "time" : "value", splitLine: { show: false }, min: "dataMin", max: (range) => Math.max(range.max, ...chart.marks.map((mark) => mark.at)) },
      yAxis: { ...axis(), type: "value", scale: true },
    };
  }

  function heat(chart) {
    const none = style("faint");
    const scale = dark.matches ? ["#20343a", "#2b545e", "#8a5a1d", "#b8452f", "#e2635a"] : ["#eaf3f4", "#bcdde2", "#f3c37b", "#e0784a", "#b8322b"];
    return {
      ...common(), grid: { left: 8, right: 12, top: 30, bottom: 6, containLabel: true },
      tooltip: { ...tooltip(), formatter: (at) => chart.cells[at.dataIndex].words.map((line, index) => index ? escape(line) : "<b>" + escape(line) + "</b>").join("<br>") },
      xAxis: { ...axis(), type: "category", data: chart.windows, splitArea: { show: false } }, yAxis: { ...axis(), type: "category", data: chart.columns, axisLabel: { color: style("text"), fontSize: 12 } },
      visualMap: {
        type: "piecewise", orient: "horizontal", top: 0, left: 0, itemWidth: 14, itemHeight: 10, itemGap: 14, textStyle: { color: style("muted") }, outOfRange: { color: none }, dimension: 2,
        pieces: [{ lt: 0, label: "not judged", color: none }, { gte: 0, lt: 0.5, label: "< ½", color: scale[0] }, { gte: 0.5, lt: 1, label: "½ – 1", color: scale[1] },
          { gte: 1, lt: 2, label: "1 – 2 × threshold", color: scale[2] }, { gte: 2, lt: 4, label: "2 – 4", color: scale[3] }, { gte: 4, label: "> 4", color: scale[4] }],
      },
      series: [{ type: "heatmap", data: chart.cells.map((cell) => [cell.window, cell.column, cell.ratio == null ? -1 : cell.ratio]), itemStyle: { borderColor: style("panel"), borderWidth: 1 }, emphasis: { itemStyle: { borderColor: style("text") } } }],
    };
  }

  function bars(chart) {
    return {
      ...common(), grid: { left: 8, right: 12, top: 30, bottom: 6, containLabel: true }, legend: legend(), tooltip: { ...tooltip(), trigger: "axis" },
      title: { text: chart.note || "", right: 0, top: 2, textStyle: { color: style("muted"), fontSize: 12, fontWeight: 400 } },
      xAxis: { ...axis(), type: "category", data: chart.labels }, yAxis: { ...axis(), type: "value" },
      series: chart.series.map((one) => ({ name: one.name, type: "bar", data: one.values, barMaxWidth: 26 })),
    };
  }

  // Trials of a sweep across one axis a parameter, coloured by the metric, which is the last axis.
  function trials(chart) {
    const last = chart.axes.length - 1;
    const values = chart.series.flatMap((one) => one.values.map((line) => line[last]));
    const scale = [style("good"), style("line"), style("bad")];
    // Without these an axis reaches only as far as the first series.
    const reach = (dim) => {
      const all = chart.series.flatMap((one) => one.values.map((line) => line[dim])).filter(Number.isFinite);
      return all.length ? { min: Math.min(...all), max: Math.max(...all) } : {};
    };
    return {
      ...common(), color: undefined, tooltip: tooltip(), legend: { ...legend(), show: chart.series.length > 1 },
      parallel: { left: 40, right: 90, top: 50, bottom: 24 },
      parallelAxis: chart.axes.map((one, dim) => ({
        dim, name: one.name, nameTextStyle: { color: style("text") }, axisLine: { lineStyle: { color: style("line") } }, axisLabel: { color: style("muted"), fontSize: 11 },
        ...(one.choices ? { type: "category", data: one.choices } : { type: one.is_logarithmic ? "log" : "value", scale: true, ...reach(dim) }),
      })),
      visualMap: {
        show: values.length > 1, type: "continuous", dimension: last, min: Math.min(...values), max: Math.max(...values), right: 0, top: "center", precision: 4,
        inRange: { color: chart.is_maximized ? [...scale].reverse() : scale }, textStyle: { color: style("muted") },
      },
      series: chart.series.map((one) => ({ name: one.name, type: "parallel", data: one.values, smooth: false, lineStyle: { width: 1.6, opacity: one.name === "pruned" ? 0.25 : 0.75 } })),
    };
  }

  const isEmpty = (chart) => !(chart.lines || chart.cells || chart.series).length;

  class Chart {
    constructor(place) {
      this.place = place;
      new ResizeObserver(() => this.drawn && this.drawn.resize()).observe(place);
      const every = Number(place.dataset.every);
      if (every) setInterval(() => document.hidden || this.load(), every * 1000);
      this.load();
    }

    async load() {
      try {
        const answer = await fetch(this.place.dataset.chart);
        const text = await answer.text();
        if (!answer.ok) throw new Error(said(text));
        if (text === this.text) return;
        this.text = text;
        this.draw();
      } catch (error) {
        if (!this.drawn) this.say("No chart: " + error.message);
      }
    }

    draw() {
      if (!this.text) return;
      const chart = JSON.parse(this.text);
      if (isEmpty(chart)) return this.say("Nothing to draw yet.");
      if (!window.echarts) return this.say("The chart library is not part of this build: run script/setup and build again.");
      if (!this.drawn) {
        this.place.textContent = "";
        this.drawn = echarts.init(this.place, null, { renderer: "canvas" });
      }
      this.drawn.setOption({ lines, heat, bars, trials }[chart.kind](chart), true);
    }

    say(words) {
      const line = document.createElement("p");
      line.className = "none";
      line.textContent = words;
      this.place.replaceChildren(line);
    }
  }

  const charts = [...document.querySelectorAll("[data-chart]")].map((place) => new Chart(place));
  dark.addEventListener("change", () => charts.forEach((chart) => chart.draw()));

  // MARK: Changes

  const token = () => sessionStorage.getItem("tern-token") || "";
  const showToken = () => document.querySelectorAll(".token").forEach((field) => field.classList.toggle("set", token() !== ""));
  showToken();

  function said(text) {
    try {
      const error = JSON.parse(text).error;
      return error.message + (error.hint ? "\n" + error.hint : "");
    } catch { return text || "the server gave no reason"; }
  }

  function tell(form, words, good) {
    let line = form.querySelector(".said");
    if (!line) {
      line = document.createElement("p");
      line.setAttribute("role", "status");
      form.append(line);
    }
    line.className = "said" + (good ? " good" : "");
    line.textContent = words;
  }

  async function post(form, address) {
    const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    const headers = { "Content-Type": "application/json" };
    if (token()) headers.Authorization = "Bearer " + token();
    form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    try {
      const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(fields) });
      if (!answer.ok) return tell(form, said(await answer.text()), false);
      tell(form, "Done.", true);
      setTimeout(() => location.reload(), 500);
    } catch (error) {
      tell(form, "The server did not answer: " + error.message, false);
    } finally {
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-token]")) {
      event.preventDefault();
      sessionStorage.setItem("tern-token", new FormData(form).get("token").trim());
      form.reset();
      form.closest("details").open = false;
      showToken();
    } else if (form.matches("[data-post]")) {
      event.preventDefault();
      const button = event.submitter;
      post(form, button && button.getAttribute("formaction") || form.dataset.post);
    }
  });

  // MARK: Live parts

  const last = new WeakMap();
  document.addEventListener("htmx:beforeRequest", (event) => { if (document.hidden) event.preventDefault(); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    // Nothing new, or a person is typing, has an answer before them, or has text selected: leave it.
    const busy = target.contains(document.activeElement) && document.activeElement.matches("input, button") || target.querySelector(".said:not(:empty)")
      || !getSelection().isCollapsed && target.contains(getSelection().anchorNode);
    if (xhr.status !== 200 || busy || last.get(target) === xhr.responseText) { event.detail.shouldSwap = false; return; }
    last.set(target, xhr.responseText);
    target.openDetails = [...target.querySelectorAll("details[id]")].map((one) => [one.id, one.open]);
    target.logPlaces = [...target.querySelectorAll("pre.log")].map((log) => log.scrollTop + log.clientHeight >= log.scrollHeight - 4 ? Infinity : log.scrollTop);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const { target } = event.detail;
    for (const [id, open] of target.openDetails || []) { const one = document.getElementById(id); if (one) one.open = open; }
    target.querySelectorAll("pre.log").forEach((log, index) => { log.scrollTop = Math.min(log.scrollHeight, (target.logPlaces || [])[index] ?? log.scrollHeight); });
  });
  document.querySelectorAll("pre.log").forEach((log) => { log.scrollTop = log.scrollHeight; });

  // A link to a version opens it.
  const unfold = () => { const one = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1))); if (one && one.matches("details")) { one.open = true; one.scrollIntoView(); } };
  addEventListener("hashchange", unfold);
  unfold();
})();
