/* The live page: a stream of server-sent events into the table. The browser opens the stream again by itself, from the last
   ticket seen. Nothing here decides what a ticket means: the server sends every text. */
(() => {
  "use strict";
  const table = document.getElementById("co-live");
  if (!table) return;
  const body = table.tBodies[0];
  const model = document.getElementById("co-row").content;
  const byId = (id) => document.getElementById(id);
  const light = byId("co-light"), filter = byId("co-filter"), wrong = byId("co-wrong"), pause = byId("co-pause");
  const most = Number(table.dataset.max);
  let paused = false, waiting = [], grace = 0;

  function say(state) {
    light.dataset.state = state;
    const word = light.dataset[state];
    const place = light.querySelector("span");
    if (place.textContent !== word) place.textContent = word;
  }
  function matches(row) {
    const more = row.nextElementSibling;
    const text = (row.textContent + " " + more.textContent).toLowerCase();
    const asked = filter.value.trim().toLowerCase();
    const faulty = row.dataset.tone === "bad" || row.dataset.tone === "warn";
    return (!asked || text.includes(asked)) && (!wrong.checked || faulty);
  }
  function show(row) {
    const shown = matches(row);
    row.hidden = row.nextElementSibling.hidden = !shown;
  }
  function rows() { return [...body.querySelectorAll("tr[data-tone]")]; }
  function count() {
    const all = rows();
    byId("co-count").textContent = all.filter((row) => !row.hidden).length;
    byId("co-bad").textContent = all.filter((row) => row.dataset.tone === "bad" || row.dataset.tone === "warn").length;
    byId("co-none").hidden = all.length > 0;
    byId("co-kept-out").hidden = !all.length || all.some((row) => !row.hidden);
    const held = byId("co-held");
    held.hidden = waiting.length === 0;
    held.querySelector("b").textContent = waiting.length;
  }
  function add(ticket) {
    const made = model.cloneNode(true);
    const [row, more] = made.querySelectorAll("tr");
    row.dataset.tone = ticket.tone;
    row.className = "co-t-" + ticket.tone + " co-new";
    more.className = "co-more co-t-" + ticket.tone;
    for (const place of made.querySelectorAll("[data-f]")) {
      const name = place.dataset.f;
      if (name === "issues") {
        for (const issue of ticket.issues) {
          const line = document.createElement("p");
          line.className = "co-issue co-i-" + issue.tone;
          line.textContent = issue.sentence;
          place.append(line);
        }
      } else place.textContent = ticket[name] ?? "";
      if (name === "received") place.href = ticket.url;
      if (name === "verdict") place.className = "ch-state s-" + ticket.tone;
    }
    body.prepend(made);
    show(row);
  }
  function trim() {
    const all = rows();
    for (const row of all.slice(most)) { row.nextElementSibling.remove(); row.remove(); }
  }
  function flush() {
    for (const ticket of waiting) add(ticket);
    waiting = [];
    trim();
    count();
  }
  function take(event) {
    waiting.push(JSON.parse(event.data));
    if (waiting.length > most) waiting.shift();
    if (paused) count();
    else if (!grace) grace = requestAnimationFrame(() => { grace = 0; flush(); });
  }

  let late = 0, away = false, last = "", source = null;
  function heard() {
    clearTimeout(late);
    late = 0;
    away = false;
    say(paused ? "paused" : "on");
  }
  // A stream ends by itself every few seconds and is opened again at once: only a longer absence is worth a word.
  function missed() {
    if (!late) late = setTimeout(() => { away = true; say("off"); }, 4000);
    // After an answer that is no stream the browser gives up: we do not.
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 5000);
  }
  function open() {
    const address = new URL(table.dataset.stream, location.href);
    if (last) address.searchParams.set("after", last);
    source = new EventSource(address);
    source.onopen = heard;
    source.onerror = missed;
    source.onmessage = (event) => { last = event.lastEventId || last; take(event); };
  }
  open();
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) open(); });

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.querySelector("span").textContent = paused ? pause.dataset.go : pause.dataset.pause;
    pause.querySelector("i").className = "ti ti-player-" + (paused ? "play" : "pause");
    pause.setAttribute("aria-pressed", paused);
    say(away ? "off" : paused ? "paused" : "on");
    if (!paused) flush();
  });
  byId("co-clear").addEventListener("click", () => { body.replaceChildren(); waiting = []; count(); });
  for (const field of [filter, wrong]) field.addEventListener("input", () => { rows().forEach(show); count(); });
  byId("co-source").addEventListener("change", (event) => event.target.form.submit());
  filter.form.addEventListener("submit", (event) => { if (document.activeElement === filter) event.preventDefault(); });
  say("on");
  count();
})();
