// The form of a rule: only the fields that what is counted uses, and the hours only where they matter. What is hidden is sent as it is.
"use strict";
(() => {
  const counter = document.getElementById("id_counter");
  const moments = document.getElementById("id_moments");
  if (!counter || !moments) return;
  const show = () => {
    for (const field of document.querySelectorAll("[data-counters], [data-hours]")) {
      const box = field.closest(".ch-field");
      if (!box || box.classList.contains("bad")) continue;
      const counters = field.dataset.counters;
      box.hidden = counters ? Boolean(counter.value) && !counters.split(" ").includes(counter.value) : moments.value === "always";
    }
  };
  counter.addEventListener("change", show);
  moments.addEventListener("change", show);
  show();
})();
