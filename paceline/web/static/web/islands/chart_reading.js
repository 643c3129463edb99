// What is under the pointer: a thread through the chart, and the figures there in the reader's words.
const element = (name, className = "", text = "") =>
  Object.assign(document.createElement(name), { className, textContent: text });

export const follow = (chart, canvas, data, hidden) => {
  const tip = element("div", "chart-tip");
  const thread = element("div", "chart-thread");
  tip.hidden = thread.hidden = true;
  canvas.append(thread, tip);
  const placed = data.series.some((one) => one.points.some((point) => Array.isArray(point.value)));
  const isScatter = data.kind === "scatter";
  const along = data.flat ? { yAxisIndex: 0 } : { xAxisIndex: 0 };
  const across = data.flat ? { xAxisIndex: 1 } : { yAxisIndex: 1 };
  let here = null;
  const highlight = (type) => {
    const seriesIndex = data.series.map((_, place) => place).filter((place) => !hidden.has(place));
    if (here !== null) chart.dispatchAction({ type, seriesIndex, dataIndex: here });
  };
  const turn = (place) => {
    highlight("downplay");
    here = place;
    highlight("highlight");
    if (place !== null) say(place);
  };
  const leave = () => {
    turn(null);
    tip.hidden = thread.hidden = true;
  };
  // The place of a label from the left, or from above where bars lie.
  const at = (place) =>
    chart.convertToPixel(along, placed ? Number(data.series[0].points[place].value[0]) : place);
  const nearest = (x, y) => {
    let [found, least] = [null, isScatter ? 24 : Infinity];
    data.labels.forEach((_, place) => {
      let far = Math.abs((data.flat ? y : x) - at(place));
      if (isScatter) {
        const [px, py] = chart.convertToPixel({ seriesIndex: 0 }, data.series[0].points[place].value.map(Number));
        far = Math.hypot(x - px, y - py);
      }
      if (far < least) [found, least] = [place, far];
    });
    return found;
  };
  const say = (place) => {
    const rows = data.series.flatMap((one, row) => {
      const point = one.points[place];
      if (hidden.has(row) || !point || [point.value].flat().at(-1) === null) return [];
      const line = element("div");
      line.append(element("i", `chart-dot is-${row % 6 + 1}${one.muted ? " is-muted" : ""}`),
        element("span", "", one.name), element("b", "", point.text));
      return [line];
    });
    tip.replaceChildren(element("strong", "", data.labels[place] ?? ""), ...rows);
  };
  const settle = (x, y) => {
    tip.hidden = false;
    const room = canvas.clientWidth - tip.offsetWidth;
    const beside = x + 14 <= room ? x + 14 : x - 14 - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(beside, room))}px`;
    tip.style.top = `${Math.max(0, Math.min(y + 14, canvas.clientHeight - tip.offsetHeight))}px`;
    thread.hidden = isScatter;
    const [first, last] = [0, 1].map((end) => chart.convertToPixel(across, end)).sort((a, b) => a - b);
    const where = at(here);
    Object.assign(thread.style, data.flat
      ? { left: `${first}px`, top: `${where}px`, width: `${last - first}px`, height: "0" }
      : { left: `${where}px`, top: `${first}px`, width: "0", height: `${last - first}px` });
  };
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const found = chart.containPixel({ gridIndex: 0 }, [x, y]) ? nearest(x, y) : null;
    if (found === null) return leave();
    if (found !== here) turn(found);
    settle(x, y);
  });
  for (const name of ["pointerleave", "pointercancel"]) canvas.addEventListener(name, leave);
  return leave;
};
