import { HATCHES } from "./chart_hatches.js";

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// The key of a row on a picture: a piece of its line, or of its bars with their hatching.
export const drawKey = (pen, x, y, place, series) => {
  const { color, id, itemStyle, lineStyle, type } = series[place];
  pen.save();
  pen.beginPath();
  if (type === "line" && lineStyle.width) {
    pen.strokeStyle = color;
    pen.lineWidth = lineStyle.width;
    pen.setLineDash(lineStyle.type === "dashed" ? [5, 3] : []);
    pen.moveTo(x, y + 6);
    pen.lineTo(x + 14, y + 6);
    pen.stroke();
    pen.restore();
    return;
  }
  pen.rect(x, y, 14, 12);
  pen.clip();
  pen.globalAlpha = itemStyle.opacity;
  pen.fillStyle = color;
  pen.fill();
  const own = type === "bar" && itemStyle.decal && HATCHES[Number(id) % 6];
  pen.fillStyle = pen.strokeStyle = token("--hatch");
  pen.lineWidth = 1.5;
  pen.translate(x + 7, y + 6);
  pen.beginPath();
  if (own?.dots) {
    for (let n = 0; n < 6; n += 1) pen.rect(-6 + (n % 3) * 5, -4 + Math.floor(n / 3) * 5, 2.5, 2.5);
    pen.fill();
  } else if (own) {
    pen.rotate((own.turn * Math.PI) / 180);
    for (let n = -2; n < 3; n += 1) {
      pen.moveTo(-20, n * 4.5);
      pen.lineTo(20, n * 4.5);
    }
    pen.stroke();
  }
  pen.restore();
};
