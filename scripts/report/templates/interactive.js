"use strict";
// Charts to play with: check boxes hide models, radio buttons swap the two scales, and a value answers the pointer.
for (const chart of document.querySelectorAll(".chart")) {
  const box = chart.querySelector(".explore");
  if (!box) continue;
  const ROW = 22;
  const update = () => {
    const off = new Set([...box.querySelectorAll("input[data-model]:not(:checked)")].map(one => one.dataset.model));
    const kind = box.querySelector("[data-scale]:checked").dataset.scale;
    for (const svg of box.querySelectorAll("svg")) {
      svg.classList.toggle("off", svg.dataset.scale !== kind);
      for (const one of svg.querySelectorAll("g[data-model]")) one.classList.toggle("off", off.has(one.dataset.model));
      const rows = svg.querySelectorAll(".row:not(.off)");
      if (!svg.querySelector(".row")) continue;
      rows.forEach((one, place) => one.setAttribute("transform", `translate(0 ${place * ROW})`));
      svg.querySelector(".axis").setAttribute("transform", `translate(0 ${rows.length * ROW})`);
      svg.setAttribute("viewBox", `0 0 360 ${rows.length * ROW + 40}`);
    }
  };
  box.addEventListener("change", update);
  box.addEventListener("pointerover", event => {
    const words = event.target.closest(".mark")?.querySelector("title").textContent;
    if (words) box.querySelector("output").textContent = words;
  });
  update();
}
