/* Drawing an area with the mouse, a finger or the keyboard. Calls back with its corners; nothing is sent from here. */
const feature = (type, coordinates) => ({ type: "Feature", properties: {}, geometry: { type, coordinates } });

export class Draw {
  constructor(map, { note, words, chosen }) {
    Object.assign(this, { map, note, words, chosen, mode: "", corners: [], ended: -1000 });
    this.text = note.querySelector("span");
    this.done = note.querySelector("#mp-done");
    this.done.addEventListener("click", () => this.finish());
    note.querySelector("#mp-stop").addEventListener("click", () => this.stop());
    this.buttons = { rectangle: document.getElementById("mp-rectangle"), polygon: document.getElementById("mp-polygon") };
    for (const [mode, button] of Object.entries(this.buttons)) button.addEventListener("click", () => (this.mode === mode ? this.stop() : this.start(mode)));
    document.addEventListener("keydown", (event) => this.key(event));
    const canvas = map.getCanvasContainer();
    canvas.addEventListener("pointerdown", (event) => this.down(event), true);
    canvas.addEventListener("pointermove", (event) => this.move(event), true);
    canvas.addEventListener("pointerup", (event) => this.up(event), true);
    canvas.addEventListener("pointercancel", () => this.mode === "rectangle" && this.stop());
    canvas.addEventListener("dblclick", (event) => this.double(event), true);
  }

  get on() { return this.mode !== ""; }

  /* the click that ended a drawing is no click on the map */
  get busy() { return this.on || performance.now() - this.ended < 500; }

  start(mode) {
    this.stop();
    this.mode = mode;
    this.text.textContent = this.words[`draw_${mode}`];
    this.note.hidden = false;
    this.buttons[mode]?.setAttribute("aria-pressed", "true");
    this.map.getCanvas().style.cursor = "crosshair";
    this.map.doubleClickZoom.disable();
    if (mode === "rectangle") { this.map.dragPan.disable(); this.map.touchZoomRotate.disable(); }
  }

  stop() {
    if (!this.on) return;
    this.buttons[this.mode]?.setAttribute("aria-pressed", "false");
    const given = this.given;
    this.mode = "";
    this.given = null;
    this.ended = performance.now();
    this.corners = [];
    this.from = null;
    this.note.hidden = this.done.hidden = true;
    this.map.getCanvas().style.cursor = "";
    this.map.dragPan.enable();
    this.map.touchZoomRotate.enable();
    this.map.touchZoomRotate.disableRotation();
    setTimeout(() => this.map.doubleClickZoom.enable(), 50);
    this.show([]);
    given?.stopped?.();
  }

  /* a line instead of an area: ``drawn`` gets its points, ``stopped`` is told when it is given up */
  line(given) {
    this.start("line");
    this.given = given;
  }

  at(event) {
    const box = this.map.getCanvas().getBoundingClientRect();
    const { lng, lat } = this.map.unproject([event.clientX - box.left, event.clientY - box.top]);
    return [lng, lat];
  }

  down(event) {
    if (!this.on) return;
    this.pressed = [event.clientX, event.clientY];
    if (this.mode !== "rectangle") return;
    event.preventDefault();
    event.stopPropagation();
    this.from = this.at(event);
    event.target.setPointerCapture?.(event.pointerId);
  }

  move(event) {
    if (this.mode === "rectangle" && this.from) this.show(box(this.from, this.at(event)));
    if ((this.mode === "polygon" || this.mode === "line") && this.corners.length) this.show([...this.corners, this.at(event)]);
  }

  up(event) {
    if (!this.on || !this.pressed) return;
    const moved = Math.hypot(event.clientX - this.pressed[0], event.clientY - this.pressed[1]);
    if (this.mode === "rectangle" && this.from) {
      const corners = box(this.from, this.at(event));
      if (moved < 8) { this.from = null; return; }
      this.end([corners[0], corners[2]], corners);
    } else if (this.mode !== "rectangle" && moved < 6) {
      const corner = this.at(event), last = this.corners.at(-1);
      if (last && this.near(last, corner)) return;
      if (this.mode === "polygon" && this.corners.length > 2 && this.near(this.corners[0], corner)) { this.finish(); return; }
      this.corners.push(corner);
      this.done.hidden = this.corners.length < this.least;
      this.show(this.corners);
    }
  }

  near(a, b) {
    const [p, q] = [this.map.project(a), this.map.project(b)];
    return Math.hypot(p.x - q.x, p.y - q.y) < 9;
  }

  double(event) {
    if (this.mode !== "polygon" && this.mode !== "line") return;
    event.preventDefault();
    event.stopPropagation();
    this.finish();
  }

  key(event) {
    if (!this.on) return;
    if (event.key === "Escape") this.stop();
    if (event.key === "Enter" && this.mode !== "rectangle" && event.target.tagName !== "BUTTON") this.finish();
  }

  get least() { return this.mode === "line" ? 2 : 3; }

  finish() {
    if (this.corners.length < this.least) return;
    if (this.mode !== "line") { this.end(this.corners, this.corners); return; }
    const [points, given] = [[...this.corners], this.given];
    this.given = null;
    this.stop();
    given.drawn(points);
  }

  end(corners, shown) {
    const [kept, drawn] = [[...corners], [...shown]];
    this.stop();
    this.show(drawn);
    this.chosen(kept);
  }

  show(corners) {
    const shapes = [];
    if (corners.length === 2 || (this.mode === "line" && corners.length > 1)) shapes.push(feature("LineString", corners));
    if (corners.length > 2 && this.mode !== "line") shapes.push(feature("Polygon", [[...corners, corners[0]]]));
    this.map.getSource("area").setData({ type: "FeatureCollection", features: shapes });
  }
}

export function box([x0, y0], [x1, y1]) {
  const [west, east, south, north] = [Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)];
  return [[west, south], [east, south], [east, north], [west, north]];
}

export const written = (corners) => corners.map(([x, y]) => `${x.toFixed(6)},${y.toFixed(6)}`).join(";");
