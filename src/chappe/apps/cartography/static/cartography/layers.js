/* How the network looks: the style of the map, and what the legend changes of it. */
import { addSigns, ring, INK, BRAND, PAPER } from "./signs.js";

const SOURCE = "network";
const layer = (id, type, of, more) => ({ id, type, source: SOURCE, "source-layer": of, ...more });
const MOST_RINGS = 800;

/* A style that needs nothing from outside; letters are drawn by the browser itself. */
export function blank(config) {
  const style = { version: 8, sources: {}, layers: [{ id: "paper", type: "background", paint: { "background-color": "#eef1f6" } }] };
  if (config.base && config.base.includes("{z}")) {
    style.sources.base = { type: "raster", tiles: [config.base], tileSize: 256, attribution: config.attribution };
    style.layers.push({ id: "base", type: "raster", source: "base", paint: { "raster-saturation": -0.55, "raster-opacity": 0.85 } });
  }
  return style;
}

/* Icons named “ring:12,0,3…” are drawn when a tile asks for them. */
export function drawRings(map, config) {
  const colours = config.states.map((state) => state.colour);
  let made = [];
  map.setMissingStyleImageResolver((id) => {
    if (!id.startsWith("ring:") || map.hasImage(id)) return;
    const { data, options } = ring(id.slice(5).split(",").map(Number), colours, config.language);
    map.addImage(id, data, options);
    made.push(id);
  });
  map.on("idle", () => {
    if (made.length < MOST_RINGS) return;
    made.filter((id) => map.hasImage(id)).forEach((id) => map.removeImage(id));
    made = [];
  });
}

const font = (weight) => [`${weight}`];
const ringName = (shown, count) => ["concat", "ring:", ...Array.from({ length: count }, (_, place) => [
  place ? "," : "", shown.includes(place) ? ["to-string", ["coalesce", ["get", `s${place}`], 0]] : "0"]).flat()];
const inRing = (shown) => ["+", 0, ...shown.map((place) => ["coalesce", ["get", `s${place}`], 0])];

export function addNetwork(map, config) {
  addSigns(map);
  const address = new URL(config.tiles, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
  map.addSource(SOURCE, { type: "vector", tiles: [address], minzoom: 0, maxzoom: config.deepest });
  map.addSource("area", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addSource("ties", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  const colour = ["match", ["get", "state"], ...config.states.flatMap((state, place) => [place, state.colour]), "#8090a7"];
  const small = ["interpolate", ["exponential", 1.6], ["zoom"], 15, ["case", ["==", ["get", "kind"], 1], 3.6, 2.2], 17, ["case", ["==", ["get", "kind"], 1], 6.5, 4.4], 20, ["case", ["==", ["get", "kind"], 1], 15, 11]];
  const label = (size, halo = 1.6) => ({ layout: { "text-font": font("Inter Variable"), "text-size": size }, paint: { "text-color": INK, "text-halo-color": "rgb(255 255 255 / 92%)", "text-halo-width": halo } });
  const add = (one, of) => map.addLayer(one, of);
  add({ id: "area-fill", type: "fill", source: "area", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": BRAND, "fill-opacity": 0.08 } });
  add({ id: "area-line", type: "line", source: "area", paint: { "line-color": BRAND, "line-width": 2, "line-dasharray": [2, 1.4] } });
  add(layer("place", "symbol", "place", { layout: { "text-font": font("Inter Variable"), "text-field": ["get", "name"], "symbol-sort-key": ["-", 0, ["get", "n"]],
    "text-size": ["interpolate", ["linear"], ["zoom"], 5, 11, 9, ["interpolate", ["linear"], ["get", "n"], 1000, 11, 30000, 15], 13, ["interpolate", ["linear"], ["get", "n"], 500, 12, 30000, 19]], "text-padding": 4, "text-max-width": 8, "text-anchor": "top", "text-offset": ["step", ["zoom"], ["literal", [0, 2]], 13, ["literal", [0, 0]]] },
    paint: { "text-color": "#6b778c", "text-halo-color": "#eef1f6", "text-halo-width": 1.4 } }));
  add(layer("link", "line", "link", { layout: { "line-cap": "round" }, paint: { "line-color": "#e4570b", "line-opacity": 0.65, "line-width": ["interpolate", ["linear"], ["zoom"], 7, 0.7, 14, 2], "line-dasharray": [3, 2] } }));
  const thick = ["interpolate", ["linear"], ["zoom"], 14, ["match", ["get", "kind"], "TR", 2.2, "DI", 1.2, 0.7], 18, ["match", ["get", "kind"], "TR", 4, "DI", 2.6, 1.4]];
  const hue = ["match", ["get", "kind"], "TR", "#9a3412", "RA", "#64748b", "#0f766e"];
  add(layer("cable", "line", "cable", { minzoom: config.from.cable, filter: ["==", ["get", "drawn"], 0], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": hue, "line-opacity": 0.85, "line-width": thick } }));
  add(layer("cable-straight", "line", "cable", { minzoom: config.from.cable, filter: ["==", ["get", "drawn"], 1], paint: { "line-color": hue, "line-opacity": ["match", ["get", "kind"], "PBO", 0.16, 0.5], "line-width": thick, "line-dasharray": [2, 2] } }));
  add({ id: "ties", type: "line", source: "ties", layout: { "line-cap": "round" }, paint: { "line-color": BRAND, "line-opacity": 0.8, "line-width": 4.5 } });
  add(layer("chosen-under", "circle", "building", { filter: ["==", ["get", "pm"], -1], minzoom: config.from.building, paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 15, 5.5, 18, 11], "circle-color": BRAND, "circle-opacity": 0.22 } }));
  add(layer("building", "circle", "building", { minzoom: config.from.building, layout: { "circle-sort-key": ["get", "kind"] },
    paint: { "circle-color": colour, "circle-radius": small, "circle-stroke-color": PAPER, "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 15, 0.5, 18, 1.6] } }));
  add(layer("pbo", "symbol", "pbo", { minzoom: config.from.pbo + 0.5, layout: { "icon-image": ["case", ["==", ["get", "kind"], "BPE"], "bpe", "pbo"], "icon-size": ["interpolate", ["linear"], ["zoom"], 15.5, 0.6, 18, 1.1], "icon-allow-overlap": true, "icon-ignore-placement": true } }));
  add(layer("count", "symbol", "count", { maxzoom: config.from.building, layout: { "icon-image": "", "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["get", "n"], "symbol-z-order": "source" } }));
  const named = label(12);
  const aside = (from, to, by) => ["interpolate", ["linear"], ["zoom"], from, ["literal", [0, by]], to, ["literal", [0, 0]]];  // leaves the figures to be read
  add(layer("pm", "symbol", "pm", { minzoom: config.from.pm, layout: { ...named.layout, "icon-image": ["match", ["get", "state"], ["DEPLOYE", ""], "pm", "pm-planned"],
    "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.42, 12, 0.8, 16, 1.1], "icon-allow-overlap": true, "icon-ignore-placement": true, "text-field": ["step", ["zoom"], "", 14.6, ["get", "ref"]], "text-offset": [0, 1.35], "text-anchor": "top", "text-optional": true }, paint: { ...named.paint, "icon-translate": aside(14, 15, -24) } }));
  add(layer("prdm", "symbol", "prdm", { minzoom: config.from.prdm, layout: { ...named.layout, "icon-image": "prdm", "icon-size": ["interpolate", ["linear"], ["zoom"], 5, 0.5, 10, 0.9, 15, 1.15], "icon-allow-overlap": true, "icon-ignore-placement": true,
    "text-field": ["step", ["zoom"], "", 14.6, ["get", "ref"]], "text-offset": [0, 1.5], "text-anchor": "top", "text-optional": true }, paint: { ...named.paint, "icon-translate": aside(12, 15, -36) } }));
  add({ id: "here", type: "circle", source: "area", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 15, "circle-color": "rgb(29 78 216 / 10%)", "circle-stroke-color": BRAND, "circle-stroke-width": 2.5 } });
  showStates(map, config, config.states.map((_, place) => place));
}

/* Only the buildings of these states, in dots and in rings. */
export function showStates(map, config, shown) {
  const some = shown.length ? shown : [-1];
  map.setFilter("building", ["in", ["get", "state"], ["literal", some]]);
  map.setFilter("count", [">", shown.length ? inRing(shown) : 0, 0]);
  map.setLayoutProperty("count", "icon-image", ringName(shown, config.states.length));
}

export function showLayer(map, name, shown) {
  for (const one of name === "cable" ? ["cable", "cable-straight"] : [name]) map.setLayoutProperty(one, "visibility", shown ? "visible" : "none");
}

/* One cable drawn over the others. */
export function trace(map, parts) {
  map.getSource("ties").setData({ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: parts } });
}

/* The buildings of a PM or of a PBO, marked. */
export function mark(map, layerName, pk) {
  const by = layerName === "pbo" ? "pbo" : "pm";
  map.setFilter("chosen-under", ["==", ["get", by], layerName === "pm" || layerName === "pbo" ? pk : -1]);
}
