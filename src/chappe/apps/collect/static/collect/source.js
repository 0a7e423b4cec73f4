// The form of a source: only the fields that the chosen way needs, and what the chosen profile usually comes by. What is
// hidden keeps its value and is sent as it is; nothing that a person typed is replaced.
"use strict";
(() => {
  const way = document.getElementById("id_way");
  if (!way) return;
  const profile = document.getElementById("id_profile");
  const usual = JSON.parse((profile && profile.dataset.transports) || "{}");
  const isNew = !document.getElementById("id_slug")?.disabled;
  const proposed = {};
  let touched = !isNew;

  const hint = document.createElement("div");
  hint.className = "ch-help co-unusual";
  hint.setAttribute("role", "status");
  way.closest(".ch-field")?.append(hint);

  const show = () => {
    for (const field of document.querySelectorAll("[data-ways]")) {
      const box = field.closest(".ch-field");
      if (box) box.hidden = !field.dataset.ways.split(" ").includes(way.value) && !box.classList.contains("bad");
    }
    const known = usual[profile?.value];
    hint.textContent = known && !known.ways.includes(way.value) ? way.dataset.unusual : "";
  };
  const propose = (name, value) => {
    const field = document.getElementById(`id_${name}`);
    if (!field || (field.value && field.value !== proposed[name])) return;
    field.value = proposed[name] = value === undefined ? "" : String(value);
  };
  way.addEventListener("change", () => { touched = true; show(); });
  profile?.addEventListener("change", () => {
    const known = usual[profile.value];
    if (known && isNew) {
      if (!touched) way.value = known.way;
      for (const name of ["port", "login", "pattern"]) propose(name, known[name]);
    }
    show();
  });
  show();
})();
