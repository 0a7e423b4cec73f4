// The preview follows the form: a picture is asked for when typing rests, and the last one asked for wins.
(() => {
  "use strict";
  document.querySelectorAll("[data-submits]").forEach((field) => field.addEventListener("change", () => field.form.submit()));
  const form = document.getElementById("iv-form");
  const picture = document.getElementById("iv-picture");
  if (!form || !picture) return;
  const NAMES = ["colour", "accent", "header_text", "footer_text", "sample"];
  const at = document.getElementById("iv-at");
  const refused = document.getElementById("iv-refused");
  let page = 1, pages = 1, turn = 0, timer = 0;
  const address = () => {
    const url = new URL(form.dataset.picture, location.href);
    NAMES.forEach((name) => form.elements[name] && url.searchParams.set(name, form.elements[name].value));
    url.searchParams.set("transfer_code", form.elements.transfer_code.checked ? "on" : "");
    url.searchParams.set("page", page);
    return url;
  };
  const show = async () => {
    const mine = ++turn;
    picture.classList.add("is-old");
    const answer = await fetch(address(), { credentials: "same-origin" });
    const body = answer.ok ? await answer.blob() : await answer.text();
    if (mine !== turn) return;
    refused.hidden = answer.ok;
    if (!answer.ok) { refused.textContent = body; return; }
    pages = Number(answer.headers.get("X-Pages") || 1);
    page = Math.min(page, pages);
    at.textContent = `${page} / ${pages}`;
    const old = picture.src;
    picture.src = URL.createObjectURL(body);
    if (old.startsWith("blob:")) URL.revokeObjectURL(old);
    picture.classList.remove("is-old");
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(show, 250); };
  const turnTo = (step) => { page = Math.min(Math.max(page + step, 1), pages); show(); };
  form.addEventListener("input", soon);
  form.elements.sample.addEventListener("change", () => { page = 1; show(); });
  document.getElementById("iv-before").addEventListener("click", () => turnTo(-1));
  document.getElementById("iv-after").addEventListener("click", () => turnTo(1));
  show();
})();
