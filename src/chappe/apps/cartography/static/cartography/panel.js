/* The panel beside the map, a sheet from below on a phone: what the server says of a thing or of an area. */
import { mark, trace } from "./layers.js";

export class Panel {
  constructor(map, config) {
    Object.assign(this, { map, config, asked: 0, cleared: () => {}, line: () => {} });
    this.box = document.getElementById("mp-panel");
    this.inside = document.getElementById("mp-inside");
    document.getElementById("mp-close").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.box.hidden && !document.querySelector("dialog[open]")) this.close();
    });
    this.inside.addEventListener("click", (event) => this.clicked(event));
    this.grip(document.getElementById("mp-grip"));
  }

  async fetch(url, then) {
    const turn = ++this.asked;
    this.open();
    this.inside.setAttribute("aria-busy", "true");
    let answer, text = "";
    try {
      answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
      text = await answer.text();
    } catch { answer = null; }
    if (turn !== this.asked) return;
    this.inside.removeAttribute("aria-busy");
    const sentHome = answer?.redirected || !answer || (answer.status >= 400 && answer.status !== 400);
    if (sentHome) {
      if (answer?.redirected) { location.reload(); return; }
      this.inside.replaceChildren(Object.assign(document.createElement("p"), { className: "mp-trouble", textContent: this.config.words.failed }));
      return;
    }
    this.inside.innerHTML = text;
    this.box.scrollTop = 0;
    then?.();
  }

  thing(layer, pk, { still = false } = {}) {
    this.cleared();
    trace(this.map, []);
    mark(this.map, layer, Number(pk));
    return this.fetch(`${this.config.show}${layer}/${pk}/`, () => {
      const told = this.inside.querySelector(".mp-thing"), line = told.dataset.line;
      if (line) trace(this.map, JSON.parse(line));
      history.replaceState(null, "", `${location.pathname}?${layer}=pk:${pk}${location.hash}`);
      if (!told.dataset.longitude) return;
      this.place = [Number(told.dataset.longitude), Number(told.dataset.latitude)];
      if (!line) this.point(...this.place);
      if (!still || this.covered()) this.map.easeTo({ center: this.place, padding: this.room(), duration: 350 });
    });
  }

  area(text) {
    trace(this.map, []);
    mark(this.map, "", 0);
    return this.fetch(`${this.config.area}?area=${encodeURIComponent(text)}`);
  }

  point(longitude, latitude) {
    this.map.getSource("area").setData({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [longitude, latitude] } });
  }

  /* whether the thing stands under the panel */
  covered() {
    const at = this.map.project(this.place), panel = this.box.getBoundingClientRect(), map = this.map.getCanvas().getBoundingClientRect();
    const [x, y] = [at.x + map.left, at.y + map.top];
    return x > panel.left - 20 && x < panel.right + 20 && y > panel.top - 20 && y < panel.bottom + 20;
  }

  room() {
    const phone = matchMedia("(max-width: 900px)").matches;
    return phone ? { bottom: this.box.offsetHeight, top: 60, left: 0, right: 0 } : { left: 380, right: 0, top: 0, bottom: 0 };
  }

  clicked(event) {
    const go = event.target.closest("[data-layer]");
    if (go) this.thing(go.dataset.layer, go.dataset.pk);
    if (event.target.closest("[data-zoom]")) this.map.easeTo({ center: this.place, zoom: Math.max(18, this.map.getZoom()), padding: this.room() });
    if (event.target.closest("[data-draw]")) this.drawCourse();
  }

  /* the panel gives way to the map while a course is drawn; its form then sends the line */
  drawCourse() {
    const form = this.inside.querySelector("form[data-course]");
    if (!form) return;
    this.box.hidden = true;
    this.line({
      stopped: () => { this.box.hidden = false; },
      drawn: (points) => {
        trace(this.map, [points]);
        form.elements.course.value = `LINESTRING (${points.map(([x, y]) => `${x.toFixed(6)} ${y.toFixed(6)}`).join(", ")})`;
        form.submit();
      },
    });
  }

  open() {
    this.box.hidden = false;
    document.getElementById("mp").classList.add("mp-told");
  }

  close() {
    this.asked++;
    if (this.box.hidden) return;
    this.box.hidden = true;
    this.box.classList.remove("mp-tall");
    document.getElementById("mp").classList.remove("mp-told");
    this.cleared();
    trace(this.map, []);
    mark(this.map, "", 0);
    this.map.setPadding({ top: 0, right: 0, bottom: 0, left: 0 });
    history.replaceState(null, "", location.pathname + location.hash);
    this.map.getCanvas().focus({ preventScroll: true });
  }

  /* on a phone the sheet is drawn up or down by its grip; a tap does it too */
  grip(handle) {
    let from = null;
    handle.addEventListener("pointerdown", (event) => { from = event.clientY; handle.setPointerCapture(event.pointerId); });
    handle.addEventListener("pointerup", (event) => {
      const moved = event.clientY - from;
      if (moved > 60 && !this.box.classList.contains("mp-tall")) this.close();
      else if (Math.abs(moved) > 30) this.box.classList.toggle("mp-tall", moved < 0);
    });
    handle.addEventListener("click", (event) => {
      if (event.detail === 0 || Math.abs(event.clientY - from) < 5) this.box.classList.toggle("mp-tall");
    });
  }
}
