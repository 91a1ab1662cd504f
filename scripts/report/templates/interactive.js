"use strict";
// Charts to play with: Bokeh draws, ordinary check boxes and radio buttons hide models and change the scale.
(() => {
  const charts = JSON.parse(document.getElementById("chart-data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const value = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function library() {  // a megabyte of script: read when first needed, so that the page is there at once
    if (window.Bokeh) return;
    const script = document.createElement("script");
    script.textContent = document.getElementById("library").textContent;
    document.head.append(script);
  }

  function paint(plot) {
    const [ink, soft, line] = ["--ink", "--soft", "--line"].map(value);
    for (const axis of [...plot.left, ...plot.below]) {
      Object.assign(axis, {
        axis_line_color: null, major_tick_line_color: soft, minor_tick_line_color: null,
        major_label_text_color: soft, axis_label_text_color: soft,
        major_label_text_font: "system-ui, sans-serif", axis_label_text_font: "system-ui, sans-serif",
        major_label_text_font_size: "13px", axis_label_text_font_size: "13px", axis_label_text_font_style: "normal",
      });
    }
    for (const one of plot.renderers) if (one.name === "limit") one.glyph.line_color = ink;
  }

  function show(plot, hidden) {
    for (const one of plot.renderers) if (one.name !== "limit") one.visible = !hidden.has(one.name);
  }

  function rescale(plot, kind) {
    const { side, [kind]: [start, end] } = plot.tags[0];
    const Scale = Bokeh.Models.get(`${kind}Scale`);
    plot[`${side}_scale`] = new Scale();
    Object.assign(plot[`${side}_range`], { start, end });
    for (const axis of side === "x" ? plot.below : plot.left) axis.visible = axis.type === `${kind}Axis`;
  }

  for (const box of document.querySelectorAll(".explore")) {
    const chart = charts[box.dataset.chart], plots = [];
    const hidden = () => new Set([...box.querySelectorAll("[data-model]")].filter(one => !one.checked).map(one => one.dataset.model));
    const kind = () => box.querySelector("[data-scale]:checked").dataset.scale;
    box.addEventListener("change", () => {
      for (const plot of plots) { show(plot, hidden()); rescale(plot, kind()); }
    });
    box.addEventListener("toggle", async () => {
      if (!box.open || box.dataset.drawn) return;
      box.dataset.drawn = "begun";
      library();
      const places = box.querySelectorAll(".plot");
      for (const [number, panel] of chart.panels.entries()) {
        const view = await Bokeh.embed.embed_item(panel.item, places[number]);
        const plot = [...view.roots][0].model;
        paint(plot); show(plot, hidden()); rescale(plot, kind());
        plots.push(plot);
      }
      box.dataset.drawn = "done";
    });
    dark.addEventListener("change", () => plots.forEach(paint));
  }
})();
