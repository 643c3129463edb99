// Draws a chart with the drawing library, fetched only when a chart comes into view. Its smallest
// edition is loaded, which has neither key nor tooltip: those are the page's own.
import { isHatched } from "./chart_hatches.js";
import { option } from "./chart_option.js";
import { follow } from "./chart_reading.js";

const PAPER = 640; // between the margins of a page of A4 and the edges of a card

let library;
const fetchLibrary = (url) =>
  (library ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: url });
    script.addEventListener("load", () => done(window.echarts));
    script.addEventListener("error", failed);
    document.head.append(script);
  }));

export default (figure) => {
  const canvas = figure.querySelector(".chart-canvas");
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const hidden = new Set();
  figure.querySelector(".chart-key")?.classList.toggle("is-plain", !isHatched(data));
  const saver = figure.querySelector("[data-png]");
  saver?.addEventListener("click", async () => {
    const { save } = await import("./chart_picture.js");
    save(await fetchLibrary(figure.dataset.library), figure, data, hidden, saver.dataset.png);
  });
  const draw = async () => {
    const echarts = await fetchLibrary(figure.dataset.library);
    const chart = echarts.init(canvas, null, { devicePixelRatio: Math.max(devicePixelRatio, 2) });
    const paint = () => chart.setOption(option(data, hidden));
    paint();
    const leave = follow(chart, canvas, data, hidden);
    figure.querySelectorAll(".chart-key button").forEach((button, place) => {
      button.addEventListener("click", () => {
        if (!hidden.delete(place)) hidden.add(place);
        button.setAttribute("aria-pressed", String(!hidden.has(place)));
        leave();
        paint();
      });
    });
    const fit = () => { leave(); chart.resize(); };
    new ResizeObserver(fit).observe(canvas);
    document.documentElement.addEventListener("paceline:theme", ({ detail }) => {
      fit();
      if (detail !== "paper") return paint();
      chart.resize({ width: Math.min(canvas.clientWidth, PAPER) });
      chart.setOption({ ...option(data, hidden), animation: false });
      chart.getZr().flush();
    });
  };
  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    watcher.disconnect();
    draw();
  }, { rootMargin: "200px" }).observe(canvas);
};
