// Our own words for the drawing library in the two Chinese languages; English is its default.
const months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((month) => `${month}月`);

const locale = (own) => ({
  time: {
    month: months, monthAbbr: months,
    dayOfWeek: ["日", "一", "二", "三", "四", "五", "六"].map((day) => own.week + day),
    dayOfWeekAbbr: ["日", "一", "二", "三", "四", "五", "六"],
  },
  legend: { selector: { all: own.all, inverse: own.inverse } },
  toolbox: {},
  series: { typeNames: { line: own.line, bar: own.bar } },
  aria: {
    general: { withTitle: own.titled, withoutTitle: own.untitled },
    series: {
      single: { prefix: "", withName: own.single, withoutName: own.unnamed },
      multiple: {
        prefix: own.many, withName: own.single, withoutName: own.unnamed,
        separator: { middle: "；", end: "。" },
      },
    },
    data: {
      allData: own.allData, partialData: own.someData,
      withName: "{name}：{value}", withoutName: "{value}", separator: { middle: "，", end: "。" },
    },
  },
});

const traditional = locale({
  week: "週", all: "全選", inverse: "反選", line: "折線圖", bar: "長條圖",
  titled: "圖表「{title}」。", untitled: "圖表。", many: "共 {seriesCount} 組數列。",
  single: "{seriesType}「{seriesName}」。", unnamed: "{seriesType}。",
  allData: "資料：", someData: "前 {displayCnt} 筆資料：",
});

const simplified = locale({
  week: "周", all: "全选", inverse: "反选", line: "折线图", bar: "柱状图",
  titled: "图表“{title}”。", untitled: "图表。", many: "共 {seriesCount} 组系列。",
  single: "{seriesType}“{seriesName}”。", unnamed: "{seriesType}。",
  allData: "数据：", someData: "前 {displayCnt} 条数据：",
});

export const words = (library) => {
  library.registerLocale("PZT", traditional);
  library.registerLocale("PZS", simplified);
};
