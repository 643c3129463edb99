// Draws a chart with the drawing library, fetched only when a chart comes into view.
import { option } from "./chart_option.js";
import { words } from "./chart_words.js";

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
  const saver = figure.querySelector("[data-png]");
  saver?.addEventListener("click", async () => {
    const echarts = await fetchLibrary(figure.dataset.library);
    const width = Math.max(canvas.clientWidth, 640);
    const paper = document.createElement("div");
    const copy = echarts.init(paper, null, { renderer: "canvas", width, height: canvas.clientHeight });
    copy.setOption({ ...option(data, echarts), animation: false });
    const background = getComputedStyle(document.documentElement).getPropertyValue("--raised").trim();
    const href = copy.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: background || "#fff" });
    Object.assign(document.createElement("a"), { href, download: `${saver.dataset.png}.png` }).click();
    copy.dispose();
  });
  const draw = async () => {
    const echarts = await fetchLibrary(figure.dataset.library);
    words(echarts);
    const locale = document.documentElement.lang.startsWith("zh-Hans") ? "PZS" :
      document.documentElement.lang.startsWith("zh") ? "PZT" : "EN";
    const chart = echarts.init(canvas, null, { renderer: "svg", locale });
    chart.setOption(option(data, echarts));
    new ResizeObserver(() => chart.resize()).observe(canvas);
    document.documentElement.addEventListener("paceline:theme", () => chart.setOption(option(data, echarts)));
    addEventListener("beforeprint", () => chart.resize());
  };
  new IntersectionObserver((seen, watcher) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    watcher.disconnect();
    draw();
  }, { rootMargin: "200px" }).observe(canvas);
};
