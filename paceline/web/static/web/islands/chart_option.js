// Turns a chart's data into an option of the drawing library, in the colours of the theme.
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const option = (data, library) => {
  const clean = library.format.encodeHTML;
  const language = document.documentElement.lang;
  const short = (unit) => {
    const style = unit === "percent" ? { style: "percent" } : { notation: "compact" };
    const format = new Intl.NumberFormat(language, { ...style, maximumFractionDigits: 1 });
    return (value) => format.format(value);
  };
  const soft = { color: token("--ink-soft") };
  const line = { lineStyle: { color: token("--line") } };
  const placed = data.series.some((one) => one.points.some((point) => Array.isArray(point.value)));
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
  const round = data.stacked ? 0 : data.flat ? [0, 3, 3, 0] : [3, 3, 0, 0];
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 250,
    aria: { enabled: true, decal: { show: data.kind === "bar" && data.series.length > 1 } },
    color: [1, 2, 3, 4, 5, 6].map((place) => token(`--chart-${place}`)),
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 8, right: 16, top: (data.series.length > 1 ? 36 : 12) + (data.currency && !data.flat ? 16 : 0), bottom: data.axis ? 24 : 4, containLabel: true },
    legend: {
      show: data.series.length > 1, type: "scroll", top: 0, left: 0, right: 0, icon: "roundRect", textStyle: soft,
      pageTextStyle: soft, pageIconSize: 11, pageIconColor: token("--ink-soft"), pageIconInactiveColor: token("--line-strong"),
    },
    tooltip: {
      trigger: data.kind === "scatter" ? "item" : "axis", backgroundColor: token("--raised"), borderColor: token("--line"),
      textStyle: { color: token("--ink") },
      formatter: (points) => [
        clean(data.labels[[points].flat()[0].dataIndex] ?? ""),
        ...[points].flat().map((one) => `${one.marker} ${clean(one.seriesName)} ` +
          `<b>${clean(one.data.text)}</b>`),
      ].join("<br>"),
    },
    ...(data.flat ? { xAxis: values, yAxis: { ...places, inverse: true } } : { xAxis: places, yAxis: values }),
    series: data.series.map((one, place) => ({
      type: data.kind, name: one.name, data: one.points, showSymbol: one.points.length < 3,
      symbolSize: data.kind === "scatter" ? 11 : 6, barMaxWidth: 36, connectNulls: false, stack: data.stacked ? "all" : undefined,
      lineStyle: { width: 2, type: one.muted ? "dashed" : "solid" },
      itemStyle: { borderRadius: data.kind === "bar" ? round : 0, opacity: one.muted ? 0.55 : 1 },
      markLine: data.mark === null || place ? undefined : {
        silent: true, symbol: "none", label: { show: false }, lineStyle: { color: token("--ink-faint") },
        data: [{ xAxis: placed ? one.points[data.mark].value[0] : data.mark }],
      },
    })),
  };
};
