/* Degrees → metres of the legal projections of France (GRS 80), for the figures under the pointer. Formulas: Snyder, Map
   projections, 1987 (Lambert conformal conic with two parallels; transverse Mercator). The server does the same with PROJ. */
const A = 6378137, F = 1 / 298.257222101, E2 = F * (2 - F), E = Math.sqrt(E2);
const rad = (degrees) => (degrees * Math.PI) / 180;

const m = (phi) => Math.cos(phi) / Math.sqrt(1 - E2 * Math.sin(phi) ** 2);
const t = (phi) => Math.tan(Math.PI / 4 - phi / 2) / ((1 - E * Math.sin(phi)) / (1 + E * Math.sin(phi))) ** (E / 2);

function lambert(longitude, latitude) {
  const first = rad(44), last = rad(49), origin = rad(46.5);
  const n = (Math.log(m(first)) - Math.log(m(last))) / (Math.log(t(first)) - Math.log(t(last)));
  const f = m(first) / (n * t(first) ** n);
  const radius = (phi) => A * f * t(phi) ** n;
  const theta = n * rad(longitude - 3), rho = radius(rad(latitude));
  return [700000 + rho * Math.sin(theta), 6600000 + radius(origin) - rho * Math.cos(theta)];
}

function utm(longitude, latitude, meridian, south) {
  const phi = rad(latitude), second = E2 / (1 - E2);
  const nu = A / Math.sqrt(1 - E2 * Math.sin(phi) ** 2);
  const tt = Math.tan(phi) ** 2, c = second * Math.cos(phi) ** 2, a = Math.cos(phi) * rad(longitude - meridian);
  const arc = A * ((1 - E2 / 4 - (3 * E2 ** 2) / 64 - (5 * E2 ** 3) / 256) * phi
    - ((3 * E2) / 8 + (3 * E2 ** 2) / 32 + (45 * E2 ** 3) / 1024) * Math.sin(2 * phi)
    + ((15 * E2 ** 2) / 256 + (45 * E2 ** 3) / 1024) * Math.sin(4 * phi) - ((35 * E2 ** 3) / 3072) * Math.sin(6 * phi));
  const x = 0.9996 * nu * (a + ((1 - tt + c) * a ** 3) / 6 + ((5 - 18 * tt + tt ** 2 + 72 * c - 58 * second) * a ** 5) / 120);
  const y = 0.9996 * (arc + nu * Math.tan(phi) * (a ** 2 / 2 + ((5 - tt + 9 * c + 4 * c ** 2) * a ** 4) / 24
    + ((61 - 58 * tt + tt ** 2 + 600 * c - 330 * second) * a ** 6) / 720));
  return [500000 + x, (south ? 10000000 : 0) + y];
}

/* [name, x, y] in the projection of the territory around a point; null at sea, far from all. */
export function local(longitude, latitude, systems) {
  const inside = ({ box }) => longitude >= box[0] && longitude <= box[2] && latitude >= box[1] && latitude <= box[3];
  const found = systems.find(inside);
  if (!found) return null;
  const [x, y] = found.kind === "lambert" ? lambert(longitude, latitude) : utm(longitude, latitude, found.meridian, found.south);
  return [found.name, x, y];
}
