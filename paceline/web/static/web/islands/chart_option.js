// Turns a chart's data into an option of the drawing library, in the colours of the theme.
import { HATCHES, decal, isHatched } from "./chart_hatches.js";

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

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
      ...(isHatched(data) && HATCHES[place % 6] && { decal: decal(HATCHES[place % 6]) }),
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
