/* Small drawings of the map, made on a canvas: the signs of PRDM, PM and PBO, and rings that tell the states of a square. No file
   is loaded for them, so that the map draws the same without internet. */
const RATIO = 2;
const FONT = '"Inter Variable", Inter, system-ui, sans-serif';
export const INK = "#14213d", BRAND = "#1d4ed8", SIGNAL = "#e4570b", PAPER = "#ffffff";

function sheet(size) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext("2d");
  pen.scale(RATIO, RATIO);
  return pen;
}
const image = (pen) => pen.getImageData(0, 0, pen.canvas.width, pen.canvas.height);

function text(pen, words, x, y, size, colour, weight = 650) {
  pen.font = `${weight} ${size}px ${FONT}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = colour;
  pen.fillText(words, x, y + size * 0.04);
}

function pm(colour) {
  const pen = sheet(30);
  pen.beginPath();
  pen.roundRect(2, 4, 26, 22, 6);
  pen.fillStyle = colour;
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = PAPER;
  pen.stroke();
  text(pen, "PM", 15, 15, 11, PAPER);
  return image(pen);
}

function prdm() {
  const pen = sheet(34);
  pen.beginPath();
  for (let corner = 0; corner < 6; corner++) {
    const angle = (Math.PI / 3) * corner - Math.PI / 2;
    pen.lineTo(17 + 14 * Math.cos(angle), 17 + 14 * Math.sin(angle));
  }
  pen.closePath();
  pen.fillStyle = SIGNAL;
  pen.lineJoin = "round";
  pen.lineWidth = 2.5;
  pen.fill();
  pen.strokeStyle = PAPER;
  pen.stroke();
  text(pen, "R", 17, 17, 13, PAPER, 700);
  return image(pen);
}

function pbo(closure) {
  const pen = sheet(16);
  pen.translate(8, 8);
  pen.rotate(Math.PI / 4);
  pen.fillStyle = closure ? PAPER : INK;
  pen.strokeStyle = closure ? INK : PAPER;
  pen.lineWidth = 1.6;
  pen.fillRect(-4.2, -4.2, 8.4, 8.4);
  pen.strokeRect(-4.2, -4.2, 8.4, 8.4);
  return image(pen);
}

export function addSigns(map) {
  const add = (name, data) => map.addImage(name, data, { pixelRatio: RATIO });
  add("pm", pm(BRAND));
  add("pm-planned", pm("#8090a7"));
  add("prdm", prdm());
  add("pbo", pbo(false));
  add("bpe", pbo(true));
}

/* 1234 → 1,2 k in French, 1.2k in English: never more than four signs */
export function short(number, language) {
  const comma = language.startsWith("fr");
  const told = (value, unit) => {
    const figure = value < 10 ? (Math.floor(value * 10) / 10).toString() : Math.floor(value).toString();
    return (comma ? figure.replace(".", ",") + "\u202f" : figure) + unit;
  };
  if (number < 1000) return String(number);
  return number < 1e6 ? told(number / 1000, "k") : told(number / 1e6, "M");
}

/* A ring whose arcs are the states, with how many inside. */
export function ring(counts, colours, language) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const radius = Math.min(13 + Math.log10(total + 1) * 5, 34), size = Math.ceil(radius * 2 + 4), middle = size / 2;
  const pen = sheet(size);
  pen.beginPath();
  pen.arc(middle, middle, radius, 0, 2 * Math.PI);
  pen.fillStyle = PAPER;
  pen.fill();
  const width = 4.5;
  let from = -Math.PI / 2;
  counts.forEach((count, place) => {
    if (!count) return;
    const to = from + (2 * Math.PI * count) / total;
    pen.beginPath();
    pen.arc(middle, middle, radius - width / 2, from, to);
    pen.lineWidth = width;
    pen.strokeStyle = colours[place];
    pen.stroke();
    from = to;
  });
  pen.beginPath();
  pen.arc(middle, middle, radius, 0, 2 * Math.PI);
  pen.lineWidth = 0.6;
  pen.strokeStyle = "rgb(20 33 61 / 35%)";
  pen.stroke();
  const words = short(total, language);
  text(pen, words, middle, middle, words.length > 3 ? 11 : 12, INK, 600);
  return { data: image(pen), options: { pixelRatio: RATIO } };
}
