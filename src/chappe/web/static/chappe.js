/* Small habits of every page: menu drawer, keyboard, chosen rows, questions before acts, copies, toasts.
   Declared in HTML by data- attributes, so that parts brought by htmx need nothing more. No inline script anywhere.

   data-drawer-open, data-drawer-close   the side menu on a phone
   data-menu                             a <details> that closes on Escape and on a click elsewhere
   data-open-dialog="id"                 opens a <dialog>
   data-confirm="sentence"               asks before a form is sent or a link followed (data-confirm-act: its button)
   data-choose-all, data-choose          tick boxes of a list; data-bulk the bar, data-bulk-count its figure
   data-copy="text" or data-copy-from    copies to the clipboard
   data-autosubmit                       a form sent as soon as a value changes (selects, ticks, dates)
   data-toast="sentence"                 a toast as soon as the element stands on the page
   data-main                             the main action of the page (key n), else .ch-head .btn-primary
   data-filter-list="selector"           a field that narrows a list while typing */
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const said = document.body.dataset;

  /* toasts */
  function toast(text, bad = false) {
    const box = one("#toasts");
    if (!box || !text) return;
    const note = document.createElement("div");
    note.className = bad ? "ch-toast bad" : "ch-toast";
    note.textContent = text;
    box.append(note);
    setTimeout(() => note.remove(), bad ? 9000 : 4500);
  }

  /* the entry of the page in sight, however long the menu is */
  const entry = document.querySelector(".ch-side nav a.on");
  const menu = entry && entry.closest(".ch-side");
  if (menu && entry.offsetTop > menu.clientHeight - 80) menu.scrollTop = entry.offsetTop - menu.clientHeight / 2;

  /* drawer */
  function drawer(open) {
    document.body.classList.toggle("ch-drawer-open", open);
    const button = one("[data-drawer-open]");
    button?.setAttribute("aria-expanded", String(open));
    if (open) one(".ch-side [data-drawer-close]")?.focus();
    else if (button?.offsetParent) button.focus();
  }

  /* questions: a native dialog, so that focus and Escape are right */
  function ask(sentence, act, danger) {
    const box = document.createElement("dialog");
    box.className = "ch-dialog";
    const text = document.createElement("p");
    text.textContent = sentence;
    const acts = document.createElement("form");
    acts.method = "dialog";
    acts.className = "ch-dialog-acts";
    for (const [label, value, css] of [[said.cancelWord, "", "btn btn-sm"], [act || said.confirmWord, "yes", `btn btn-sm ${danger ? "btn-danger" : "btn-primary"}`]]) {
      const button = document.createElement("button");
      Object.assign(button, { className: css, value, textContent: label });
      acts.append(button);
    }
    box.append(text, acts);
    document.body.append(box);
    return new Promise((answer) => {
      box.addEventListener("close", () => { box.remove(); answer(box.returnValue === "yes"); });
      box.showModal();
    });
  }

  let agreed = null;
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const source = event.submitter?.dataset.confirm ? event.submitter : form;
    if (form.method === "dialog") return;
    if (source.dataset.confirm && agreed !== form) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const danger = event.submitter?.classList.contains("btn-danger") || source.hasAttribute("data-danger");
      if (await ask(source.dataset.confirm, source.dataset.confirmAct || event.submitter?.textContent.trim(), danger)) {
        agreed = form;
        form.requestSubmit(event.submitter);
      }
      return;
    }
    agreed = null;
    /* one click, one act: a button pressed twice sends once */
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
      setTimeout(() => delete form.dataset.sent, 8000);
    }
  }, true);
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    ask(event.detail.question, event.detail.elt.textContent.trim(), event.detail.elt.hasAttribute("data-danger")).then((yes) => yes && event.detail.issueRequest(true));
  });

  async function copy(button) {
    const text = button.dataset.copy || one(button.dataset.copyFrom)?.textContent.trim() || "";
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      /* no clipboard outside HTTPS and localhost: the old way */
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    toast(said.copied);
  }

  /* chosen rows of a list */
  function counted(list) {
    const boxes = all("[data-choose]", list);
    const chosen = boxes.filter((box) => box.checked);
    boxes.forEach((box) => box.closest("tr")?.classList.toggle("chosen", box.checked));
    const every = one("[data-choose-all]", list);
    if (every) {
      every.checked = chosen.length > 0 && chosen.length === boxes.length;
      every.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    }
    const bar = one("[data-bulk]", list) || one("[data-bulk]");
    if (bar) {
      bar.hidden = chosen.length === 0;
      all("[data-bulk-count]", bar).forEach((figure) => { figure.textContent = chosen.length.toLocaleString(document.documentElement.lang); });
    }
  }
  let lastChosen = null;
  const listOf = (element) => element.closest("[data-list], form, main");

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest("[data-drawer-open]")) drawer(true);
    else if (target.closest("[data-drawer-close]")) drawer(false);
    const opener = target.closest("[data-open-dialog]");
    if (opener) {
      opener.closest("details[open]")?.removeAttribute("open");
      document.getElementById(opener.dataset.openDialog)?.showModal();
    }
    if (target.matches("dialog")) target.close();
    const copier = target.closest("[data-copy], [data-copy-from]");
    if (copier) copy(copier);
    const blocked = target.closest('[aria-disabled="true"]');
    if (blocked) {
      event.preventDefault();
      toast(blocked.title, true);
    }
    const link = target.closest("a[data-confirm]");
    if (link && !blocked) {
      event.preventDefault();
      ask(link.dataset.confirm, link.dataset.confirmAct || link.textContent.trim(), link.hasAttribute("data-danger")).then((yes) => { if (yes) location.assign(link.href); });
    }
    all("details[data-menu][open]").filter((menu) => !menu.contains(target)).forEach((menu) => menu.removeAttribute("open"));
    if (!target.closest(".ch-find")) one("#find-results")?.replaceChildren();
    if (target.matches("[data-choose]")) {
      const boxes = all("[data-choose]", listOf(target));
      if (event.shiftKey && lastChosen && boxes.includes(lastChosen)) {
        const [from, to] = [boxes.indexOf(lastChosen), boxes.indexOf(target)].sort((a, b) => a - b);
        boxes.slice(from, to + 1).forEach((box) => { box.checked = target.checked; });
      }
      lastChosen = target;
      counted(listOf(target));
    }
  });

  document.addEventListener("change", (event) => {
    const target = event.target;
    if (target.matches("[data-choose-all]")) {
      const list = listOf(target);
      all("[data-choose]", list).forEach((box) => { box.checked = target.checked; });
      counted(list);
    }
    const form = target.closest("form[data-autosubmit]");
    if (form && target.matches("select, [type=checkbox], [type=radio], [type=date]")) form.requestSubmit();
  });

  document.addEventListener("input", (event) => {
    const target = event.target.dataset?.filterList;
    if (!target) return;
    const wanted = event.target.value.trim().toLocaleLowerCase();
    all(target).forEach((item) => { item.hidden = !item.textContent.toLocaleLowerCase().includes(wanted); });
  });

  /* keyboard */
  const typing = (element) => element.closest("input, textarea, select, [contenteditable=true]");
  let went = 0;
  let here = -1;
  function row(step) {
    const rows = all(".ch-table tbody tr").filter((line) => one("a", line));
    if (!rows.length) return;
    here = Math.max(0, Math.min(rows.length - 1, here + step));
    rows.forEach((line, i) => line.classList.toggle("here", i === here));
    rows[here].scrollIntoView({ block: "nearest" });
  }
  const current = () => one(".ch-table tr.here");
  const keys = {
    "/": () => one("#find")?.focus(),
    "?": () => { const help = one("#keys"); if (help && !help.open) help.showModal(); },
    g: () => { went = Date.now(); },
    h: () => { if (Date.now() - went < 1200) location.assign("/"); },
    n: () => (one("[data-main]") || one(".ch-head .btn-primary"))?.click(),
    j: () => row(1),
    k: () => row(-1),
    x: () => one("[data-choose]", current() || document.createElement("i"))?.click(),
    Enter: () => one("a", current() || document.createElement("i"))?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      drawer(false);
      all("details[data-menu][open]").forEach((menu) => { menu.removeAttribute("open"); one("summary", menu)?.focus(); });
      if (event.target.id === "find") { one("#find-results")?.replaceChildren(); event.target.blur(); }
      return;
    }
    if (event.target.closest(".ch-find") && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      const links = all("#find-results a");
      const next = links[links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
      (next || one("#find")).focus();
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || one("dialog[open]")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    const act = keys[event.key];
    if (act) {
      if (event.key !== "Enter" || current()) event.preventDefault();
      act();
    }
  });

  /* what htmx brings */
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401 || status === 403) toast(said.refused, true);
    else toast(said.failed, true);
  });
  document.addEventListener("htmx:sendError", () => toast(said.failed, true));
  function arrived(root) {
    all("[data-toast]", root).forEach((note) => { toast(note.dataset.toast, note.hasAttribute("data-bad")); note.removeAttribute("data-toast"); });
    if (one("[data-choose]", root)) all("[data-list]", document).forEach(counted);
    one("[data-form-errors]", root)?.focus();
  }
  document.addEventListener("htmx:load", (event) => arrived(event.detail.elt));
  document.addEventListener("DOMContentLoaded", () => arrived(document));
  if (document.readyState !== "loading") arrived(document);

  window.chappe = { toast, ask };
})();
