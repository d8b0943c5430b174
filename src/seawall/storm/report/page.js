"use strict";
(async () => {
  const byId = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(byId(id).textContent);
  const figures = read("figures");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 40rem)");
  const hiddenRuns = new Set();
  const drawn = new Set();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const dressed = (layout) => {
    const ink = colour("--soft"), rule = colour("--rule");
    const copy = structuredClone(layout);
    const small = narrow.matches;
    Object.assign(copy, {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      showlegend: false,
      dragmode: small ? false : "zoom",
      font: { family: getComputedStyle(document.body).fontFamily, size: small ? 11 : 12.5, color: ink },
      margin: { l: small ? 44 : 60, r: small ? 8 : 16, t: 10, b: 46 },
      hoverlabel: { bgcolor: colour("--panel"), bordercolor: rule, font: { color: colour("--ink") } },
    });
    delete copy.title;
    for (const axis of ["xaxis", "yaxis", "yaxis2"]) {
      if (!copy[axis]) continue;
      Object.assign(copy[axis], { gridcolor: rule, zerolinecolor: ink, linecolor: rule });
      if (copy[axis].minor) copy[axis].minor.gridcolor = rule;
    }
    return copy;
  };

  const seen = (trace) => !hiddenRuns.has(trace.meta);

  const draw = (id) => {
    const { data, layout } = figures[id];
    const wearing = dressed(layout);
    wearing.annotations = (wearing.annotations || []).filter((note) => !hiddenRuns.has(Number(note.name.slice(5))));
    const traces = data.map((trace) => ({
      ...trace, visible: seen(trace), ...(trace.meta === -1 && { line: { ...trace.line, color: colour("--ink") } }),
    }));
    drawn.add(id);
    return Plotly.react(byId(id), traces, wearing, {
      responsive: true, displaylogo: false, displayModeBar: narrow.matches ? false : "hover",
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    });
  };

  const visible = () => Object.keys(figures).filter((id) => !byId(id).closest(".panel").hidden);

  const drawAll = async () => {
    for (const id of visible()) {
      await draw(id);
      await new Promise(requestAnimationFrame);
    }
    document.documentElement.dataset.drawn = drawn.size;
  };

  const unpack = async () => {
    const packed = Uint8Array.from(atob(byId("library").textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  };

  for (const input of document.querySelectorAll("input[name=market]")) {
    input.addEventListener("change", () => {
      for (const panel of document.querySelectorAll(".panel")) panel.hidden = panel.dataset.market !== input.value;
      drawAll();
    });
  }
  for (const input of document.querySelectorAll("input[name=run]")) {
    input.addEventListener("change", () => {
      hiddenRuns[input.checked ? "delete" : "add"](Number(input.value));
      drawAll();
    });
  }
  for (const query of [dark, narrow]) query.addEventListener("change", drawAll);
  byId("download").addEventListener("click", () => {
    const link = document.createElement("a");
    const text = JSON.stringify(read("measures"), null, 2);
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "storm.json";
    link.click();
    URL.revokeObjectURL(link.href);
  });

  if (typeof DecompressionStream === "undefined") {
    byId("trouble").hidden = false;
    return;
  }
  await unpack();
  await drawAll();
})();
