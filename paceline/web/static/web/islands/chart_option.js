// Turns a chart's data into an option of the drawing library, in the colours of the theme.
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Bars are told apart without colours too: the first row plain, the others hatched; those of
// hundreds of days are too thin for it.
const HATCHES = [null, { turn: 45 }, { turn: -45 }, { turn: 0 }, { turn: 90 }, { dots: true }];
export const isHatched = (data) => data.kind === "bar" && data.labels.length <= 60;
const hatch = ({ turn, dots }) => ({
  color: token("--hatch"), symbol: dots ? "circle" : "rect",
  ...(dots
    ? { dashArrayX: [[4, 4], [0, 4, 4, 0]], dashArrayY: [4, 0], symbolSize: 0.7 }
    : { dashArrayX: [1, 0], dashArrayY: [1.5, 5], rotation: (turn * Math.PI) / 180 }),
});

// A value between two gaps makes no line: it needs a dot.
const told = (point) => [point?.value].flat().at(-1) ?? null;
const hasLonely = (points) => points.some((one, place) =>
  told(one) !== null && told(points[place - 1]) === null && told(points[place + 1]) === null);

export const option = (data, hidden) => {
  const language = document.documentElement.lang;
  const short = (unit) => {
    const style = unit === "percent" ? { style: "percent" } : { notation: "compact" };
    const format = new Intl.NumberFormat(language, { ...style, maximumFractionDigits: 1 });
    return (value) => format.format(value);
  };
  const soft = { color: token("--ink-soft") };
  const line = { lineStyle: { color: token("--line") } };
  const placed = data.series.some((one) => one.points.some((point) => Array.isArray(point.value)));
  const isScatter = data.kind === "scatter";
  const isBar = data.kind === "bar";
  const values = {
    type: "value", axisLabel: { ...soft, formatter: short(data.unit) }, splitLine: line,
    ...(data.currency && !data.flat && { name: data.currency, nameLocation: "end", nameGap: 10, nameTextStyle: { ...soft, align: "right" } }),
  };
  const places = {
    type: placed ? "value" : "category", data: placed ? undefined : data.labels,
    name: data.axis, nameLocation: "middle", nameGap: 26, nameTextStyle: soft, max: placed && data.kind === "line" ? "dataMax" : undefined,
    axisLabel: {
      ...soft, hideOverlap: true, ...(data.flat && { width: 150, overflow: "truncate" }),
      ...(placed && { formatter: short(data.positionsUnit) }),
    },
    axisLine: line, axisTick: { show: false }, splitLine: { show: false },
  };
  // From one end of the drawing to the other, whatever is drawn: what stands upon it is a mark.
  const whole = { type: "value", show: false, min: 0, max: 1 };
  const round = data.stacked ? 0 : data.flat ? [0, 3, 3, 0] : [3, 3, 0, 0];
  const series = data.series.map((one, place) => ({
    type: isBar ? "bar" : "line", id: `${place}`, name: one.name, color: token(`--chart-${place % 6 + 1}`),
    data: hidden.has(place) ? [] : one.points,
    symbol: "circle", showSymbol: isScatter || one.points.length < 3 || hasLonely(one.points), symbolSize: isScatter ? 11 : 6,
    barMaxWidth: 36, connectNulls: false, stack: data.stacked ? "all" : undefined,
    lineStyle: { width: isScatter ? 0 : 2, type: one.muted ? "dashed" : "solid" },
    emphasis: { lineStyle: { width: isScatter ? 0 : 2 } },
    itemStyle: {
      borderRadius: isBar ? round : 0, opacity: one.muted ? 0.55 : isScatter ? 0.75 : 1,
      ...(isHatched(data) && HATCHES[place % 6] && { decal: hatch(HATCHES[place % 6]) }),
    },
  }));
  if (data.mark !== null) {
    const here = placed ? data.series[0].points[data.mark].value[0] : data.mark;
    series.push({
      type: "line", id: "mark", yAxisIndex: 1, data: [[here, 0], [here, 1]], symbol: "none", silent: true, z: 1,
      lineStyle: { width: 1, type: "dashed", color: token("--ink-faint") },
    });
  }
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 250,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 8, right: 16, top: 12 + (data.currency && !data.flat ? 16 : 0), bottom: data.axis ? 24 : 4, containLabel: true },
    ...(data.flat
      ? { xAxis: [values, whole], yAxis: { ...places, inverse: true } }
      : { xAxis: places, yAxis: [values, whole] }),
    series,
  };
};

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
