// The form of a source: only the fields that the chosen way needs. What is hidden keeps its value and is sent as it is.
"use strict";
(() => {
  const way = document.getElementById("id_way");
  if (!way) return;
  const show = () => {
    for (const field of document.querySelectorAll("[data-ways]")) {
      const box = field.closest(".ch-field");
      if (box) box.hidden = !field.dataset.ways.split(" ").includes(way.value) && !box.classList.contains("bad");
    }
  };
  way.addEventListener("change", show);
  show();
})();
