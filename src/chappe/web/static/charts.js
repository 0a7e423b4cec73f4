/* Draws every canvas[data-chart] with Chart.js in the theme's colours; the figures stand in the table beside it.
   The value of data-chart is made by chappe.kit.ui.charts: figures for the pixels, texts for the tooltips. */
(() => {
  "use strict";
  const css = getComputedStyle(document.documentElement);
  const token = (name) => css.getPropertyValue(`--ch-${name}`).trim();
  const lang = document.documentElement.lang || "fr";
  const tones = { brand: token("brand"), signal: token("signal"), ok: token("ok"), warn: token("warn"), bad: token("bad"), wait: token("wait"), muted: "#94a3b8" };
  const palette = ["#1d4ed8", "#0e9384", "#e4870b", "#8b5cf6", "#64748b", "#db2777", "#65a30d", "#0ea5e9"];
  const soft = (colour, share) => `${colour}${Math.round(share * 255).toString(16).padStart(2, "0")}`;

  /* short figures for the axes: 12 k, 3,4 M€ */
  function axisText(series) {
    const options = { notation: "compact", maximumFractionDigits: 2 };
    if (series.unit === "money") Object.assign(options, { style: "currency", currency: series.currency });
    if (series.unit === "percent") Object.assign(options, { style: "percent", notation: "standard" });
    const format = new Intl.NumberFormat(lang, options);
    if (series.unit === "duration") return (value) => (value >= 3600 ? `${format.format(value / 3600)} h` : value >= 60 ? `${format.format(value / 60)} min` : `${format.format(value)} s`);
    return (value) => format.format(value);
  }

  function dataset(series, index, wanted) {
    const ring = wanted.shape === "ring";
    const shape = series.shape || wanted.shape;
    const colour = tones[series.tone] || palette[index % palette.length];
    const lines = shape === "line" || shape === "area";
    return {
      label: series.label,
      data: series.values,
      texts: series.texts,
      type: lines ? "line" : ring ? "doughnut" : "bar",
      yAxisID: wanted.shape === "row" || ring ? undefined : series.axis === 2 ? "y2" : "y",
      backgroundColor: ring ? series.values.map((_, i) => palette[i % palette.length]) : shape === "area" ? soft(colour, 0.12) : colour,
      borderColor: ring ? token("paper") : colour,
      borderWidth: lines ? 2 : ring ? 2 : 0,
      borderRadius: lines || ring ? 0 : 4,
      maxBarThickness: 34,
      categoryPercentage: 0.72,
      barPercentage: 0.9,
      fill: shape === "area",
      tension: 0.25,
      pointRadius: series.values.length > 40 ? 0 : 2.5,
      pointHoverRadius: 5,
      order: lines ? 0 : 1,
    };
  }

  function scales(wanted) {
    if (wanted.shape === "ring") return {};
    const rows = wanted.shape === "row";
    const grid = { color: token("line-soft"), drawTicks: false };
    const first = wanted.series.find((series) => series.axis !== 2) || wanted.series[0];
    const second = wanted.series.find((series) => series.axis === 2);
    const values = { beginAtZero: true, stacked: wanted.stacked, grid, border: { display: false }, ticks: { callback: axisText(first), padding: 8, maxTicksLimit: 6 } };
    const labels = { stacked: wanted.stacked, grid: { display: false }, border: { color: token("line") }, ticks: { maxRotation: 0, autoSkip: !rows, autoSkipPadding: 14 } };
    const made = rows ? { x: values, y: labels } : { x: labels, y: values };
    if (second) made.y2 = { ...values, position: "right", grid: { display: false }, ticks: { ...values.ticks, callback: axisText(second) } };
    return made;
  }

  function draw(canvas) {
    const wanted = JSON.parse(canvas.dataset.chart);
    const box = canvas.parentElement;
    if (box.dataset.height) box.style.height = `${box.dataset.height}px`;
    const ring = wanted.shape === "ring";
    const many = wanted.series.length > 1 || ring;
    const chart = new Chart(canvas, {
      type: ring ? "doughnut" : wanted.shape === "line" || wanted.shape === "area" ? "line" : "bar",
      data: { labels: wanted.labels, datasets: wanted.series.map((series, i) => dataset(series, i, wanted)) },
      options: {
        responsive: true,
        maintainAspectRatio: false,
        animation: false,
        locale: lang,
        indexAxis: wanted.shape === "row" ? "y" : "x",
        cutout: ring ? "66%" : undefined,
        interaction: { mode: ring ? "nearest" : "index", intersect: ring, axis: wanted.shape === "row" ? "y" : "x" },
        scales: scales(wanted),
        plugins: {
          legend: { display: many, position: ring && box.clientWidth > 380 ? "right" : "bottom", labels: { usePointStyle: true, pointStyle: "circle", boxWidth: 7, boxHeight: 7, padding: 14 } },
          tooltip: {
            backgroundColor: token("ink"), padding: 10, cornerRadius: 8, boxPadding: 5, usePointStyle: true,
            callbacks: { label: (item) => ` ${ring ? item.label : item.dataset.label}${lang === "fr" ? "\u00a0" : ""}: ${item.dataset.texts[item.dataIndex]}` },
          },
        },
        onHover: (event, items) => { if (wanted.urls.length) event.native.target.style.cursor = items.length ? "pointer" : ""; },
        onClick: (_, items) => { const url = items.length && wanted.urls[items[0].index]; if (url) location.assign(url); },
      },
    });
    canvas.dataset.drawn = "1";
    window.addEventListener("beforeprint", () => chart.resize());
  }

  function drawAll(root) {
    if (!window.Chart) return;
    Object.assign(Chart.defaults, { color: token("muted") });
    Object.assign(Chart.defaults.font, { family: getComputedStyle(document.body).fontFamily, size: 11.5 });
    const found = root.matches?.("canvas[data-chart]") ? [root] : [...root.querySelectorAll("canvas[data-chart]:not([data-drawn])")];
    found.forEach(draw);
  }

  const start = () => (document.fonts?.ready || Promise.resolve()).then(() => drawAll(document));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) drawAll(event.detail.elt); });
})();
