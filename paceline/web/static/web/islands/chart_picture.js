// A chart as a file, fetched by whoever asks for one.
import { drawKey } from "./chart_key.js";
import { option } from "./chart_option.js";

const GAP = 14;
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// The title and the key above the picture, in rows as wide as it; answers how high they are.
const head = (pen, width, title, names, series) => {
  const font = getComputedStyle(document.body).fontFamily;
  let [x, y] = [8, 12];
  pen.textBaseline = "middle";
  if (title) {
    pen.font = `600 15px ${font}`;
    pen.fillStyle = token("--ink");
    pen.fillText(title, x, y + 8, width - 16);
    y += 28;
  }
  pen.font = `12px ${font}`;
  names.forEach((name, place) => {
    const wide = Math.min(22 + pen.measureText(name).width, width - 16);
    if (x > 8 && x + wide > width - 8) [x, y] = [8, y + 20];
    drawKey(pen, x, y + 1, place, series);
    pen.fillStyle = token("--ink-soft");
    pen.fillText(name, x + 20, y + 7, wide - 20);
    x += wide + GAP;
  });
  return names.length ? y + 24 : y;
};

// The chart as a file: as it is shown, with its title and its key.
export const save = (echarts, figure, data, hidden, name) => {
  const canvas = figure.querySelector(".chart-canvas");
  const width = Math.max(canvas.clientWidth, 640);
  const copy = echarts.init(document.createElement("div"), null, { width, height: canvas.clientHeight });
  const drawn = option(data, hidden);
  copy.setOption({ ...drawn, animation: false });
  const picture = copy.renderToCanvas({ pixelRatio: 2 });
  const sheet = document.createElement("canvas");
  const pen = sheet.getContext("2d");
  const shown = data.series.map((_, place) => place).filter((place) => !hidden.has(place));
  const names = data.series.length > 1 ? shown.map((place) => data.series[place].name) : [];
  const title = figure.querySelector("figcaption").textContent.trim();
  const above = head(pen, width, title, names, shown.map((place) => drawn.series[place]));
  Object.assign(sheet, { width: picture.width, height: picture.height + above * 2 });
  pen.scale(2, 2);
  pen.fillStyle = token("--raised") || "#fff";
  pen.fillRect(0, 0, width, sheet.height);
  head(pen, width, title, names, shown.map((place) => drawn.series[place]));
  pen.drawImage(picture, 0, above, width, picture.height / 2);
  copy.dispose();
  sheet.toBlob((file) => {
    const href = URL.createObjectURL(file);
    Object.assign(document.createElement("a"), { href, download: `${name}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  });
};
