/* The page of the map: puts the map, its legend, search, panel and drawing together. Every word comes from the server. */
import { FullscreenControl, Map as Chart, NavigationControl, ScaleControl, AttributionControl } from "../vendor/maplibre/maplibre-gl.mjs";
import { Draw, box, written } from "./draw.js";
import { addNetwork, blank, drawRings, mark, showLayer, showStates } from "./layers.js";
import { Panel } from "./panel.js";
import { local } from "./project.js";
import { Search } from "./search.js";

const byId = (id) => document.getElementById(id);
const config = JSON.parse(byId("mp-config").textContent);
const page = byId("mp"), words = config.words;
const isPhone = () => matchMedia("(max-width: 900px)").matches;
document.querySelectorAll(".mp-dot").forEach((dot) => dot.style.setProperty("--dot", dot.dataset.colour));
if (isPhone()) byId("mp-legend").open = false;

function started() {
  const style = config.base && !config.base.includes("{z}") ? config.base : blank(config);
  const start = location.hash.includes("map=") ? {} : config.focus
    ? { center: [config.focus.longitude, config.focus.latitude], zoom: 16.5 }
    : { bounds: config.bounds, fitBoundsOptions: { padding: isPhone() ? { top: 150, bottom: 70, left: 40, right: 40 } : { top: 60, bottom: 70, left: 390, right: 310 }, maxZoom: 15 } };
  return new Chart({
    container: "mp-map", style, hash: "map", attributionControl: false, minZoom: 2, maxZoom: 20, maxPitch: 0, dragRotate: false, pitchWithRotate: false,
    touchPitch: false, fadeDuration: 120, canvasContextAttributes: { antialias: true }, cooperativeGestures: false,
    locale: { "NavigationControl.ZoomIn": words.zoom_in, "NavigationControl.ZoomOut": words.zoom_out, "FullscreenControl.Enter": words.full, "FullscreenControl.Exit": words.leave_full, "Map.Title": words.map }, ...start,
  });
}

let map = null;
try {
  map = started();
} catch {
  byId("mp-failed").hidden = false;
}
if (map) run(map);

function run(map) {
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new FullscreenControl({ container: page }), "bottom-right");
  map.addControl(new ScaleControl({ maxWidth: 110, unit: "metric" }), "bottom-left");
  if (config.base) map.addControl(new AttributionControl({ compact: isPhone(), customAttribution: config.base.includes("{z}") ? undefined : config.attribution }), "bottom-left");
  drawRings(map, config);
  let saidBase = false;
  map.on("error", (event) => {
    if (event.sourceId === "network") page.dataset.trouble = "tiles";
    else if (config.base && !saidBase) { saidBase = true; window.chappe?.toast(words.no_base, true); }
  });
  map.once("load", () => ready(map));
}

function ready(map) {
  addNetwork(map, config);
  const panel = new Panel(map, config, { mark });
  const draw = new Draw(map, { note: byId("mp-draw"), words, chosen: (corners) => panel.area(written(corners)) });
  panel.cleared = () => draw.show([]);
  panel.line = (given) => draw.line(given);
  new Search(map, config, (found) => {
    map.jumpTo({ center: [found.longitude, found.latitude], zoom: found.zoom });
    if (found.layer) panel.thing(found.layer, found.pk);
    else { panel.close(); panel.point(found.longitude, found.latitude); }
  });
  legend(map);
  clicks(map, panel, draw);
  places(map);
  const view = () => {
    const b = map.getBounds();
    return written([[b.getWest(), b.getSouth()], [b.getEast(), b.getNorth()]].map(([x, y]) => [Math.max(-180, Math.min(180, x)), Math.max(-85, Math.min(85, y))]));
  };
  const list = byId("mp-list");
  const listed = () => { list.href = `${config.list}?scope=all&area=${encodeURIComponent(view())}`; };
  map.on("moveend", listed);
  listed();
  byId("mp-view").addEventListener("click", () => {
    const b = map.getBounds();
    draw.stop();
    draw.show(box([b.getWest(), b.getSouth()], [b.getEast(), b.getNorth()]));
    panel.area(view());
  });
  if (config.focus) panel.thing(config.focus.layer, config.focus.pk, { still: true }).then(() => config.draw && panel.drawCourse());
  page.dataset.ready = "1";
  window.chappeMap = map;
}

/* legend: states and layers */
function legend(map) {
  const states = [...document.querySelectorAll("input[name=state]")], all = byId("mp-all");
  const apply = () => {
    showStates(map, config, states.filter((box) => box.checked).map((box) => Number(box.value)));
    all.hidden = states.every((box) => box.checked);
  };
  states.forEach((box) => box.addEventListener("change", apply));
  all.addEventListener("click", (event) => { event.preventDefault(); states.forEach((box) => (box.checked = true)); apply(); });
  if (states.some((box) => !box.checked)) apply();
  for (const box of document.querySelectorAll("input[name=layer]")) {
    const set = () => showLayer(map, box.value, box.checked);
    box.addEventListener("change", set);
    if (!box.checked) set();
  }
  map.on("idle", () => figures(map, states));
  const hint = byId("mp-hint");
  const told = () => { hint.hidden = map.getZoom() >= config.from.building; };
  map.on("zoom", told);
  told();
}

/* how many buildings of each state the map shows now: rings stand for theirs */
function figures(map, states) {
  const each = map.getZoom() >= config.from.building, bounds = map.getBounds();
  const found = new Map(map.querySourceFeatures("network", { sourceLayer: each ? "building" : "count" }).map((one) => [one.id, one]));
  const sums = states.map(() => 0);
  for (const { geometry, properties } of found.values()) {
    if (!bounds.contains(geometry.coordinates)) continue;
    if (each) sums[properties.state] += 1;
    else states.forEach((_, place) => { sums[place] += properties[`s${place}`] || 0; });
  }
  const written = new Intl.NumberFormat(config.language);
  states.forEach((box) => { box.closest("label").querySelector("b").textContent = written.format(sums[Number(box.value)]); });
}

/* clicks: the nearest of the most telling things */
const ORDER = ["pm", "prdm", "building", "pbo", "count"], LINES = ["cable", "cable-straight"];
function under(map, { x, y }, room) {
  const found = map.queryRenderedFeatures([[x - room, y - room], [x + room, y + room]], { layers: ORDER });
  const far = (feature) => { const p = map.project(feature.geometry.coordinates); return Math.hypot(p.x - x, p.y - y); };
  const nearest = found.sort((a, b) => far(a) - far(b) + (ORDER.indexOf(a.layer.id) - ORDER.indexOf(b.layer.id)) * 4)[0];
  return nearest || map.queryRenderedFeatures([[x - room, y - room], [x + room, y + room]], { layers: LINES })[0];
}

function clicks(map, panel, draw) {
  map.on("click", (event) => {
    if (draw.busy) return;
    const feature = under(map, event.point, isPhone() ? 14 : 6);
    if (!feature) { panel.close(); return; }
    if (feature.layer.id === "count") {
      map.easeTo({ center: feature.geometry.coordinates, zoom: Math.min(map.getZoom() + 2.2, config.from.building + 0.6), duration: 450 });
      return;
    }
    // a line guessed from an IPE alone is a box that hangs on its PM: it leads to the box
    const layer = LINES.includes(feature.layer.id) ? (feature.properties.kind === "PBO" ? "pbo" : "cable") : feature.layer.id;
    panel.thing(layer, feature.id, { still: true });
  });
  map.on("mousemove", (event) => {
    if (draw.on) return;
    map.getCanvas().style.cursor = under(map, event.point, 4) ? "pointer" : "";
  });
}

/* the coordinates under the pointer, of the middle of the map on a phone */
function places(map) {
  const where = byId("mp-where");
  const figures = new Intl.NumberFormat(config.language, { maximumFractionDigits: 0 });
  const degrees = new Intl.NumberFormat(config.language, { minimumFractionDigits: 5, maximumFractionDigits: 5 });
  const tell = ({ lng, lat }) => {
    const found = local(lng, lat, config.systems);
    const words = [`${degrees.format(lat)}° ; ${degrees.format(lng)}°`];
    if (found) words.push(`${found[0]} ${figures.format(found[1])} / ${figures.format(found[2])}`);
    where.textContent = words.join("  ·  ");
    where.dataset.at = JSON.stringify([lng, lat, ...(found || [])]);
  };
  map.on("mousemove", (event) => tell(event.lngLat));
  map.on("move", () => tell(map.getCenter()));
  tell(map.getCenter());
}
