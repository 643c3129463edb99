const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Bars are told apart without colours too: the first row plain, the others hatched; those of
// hundreds of days are too thin for it.
export const HATCHES = [null, { turn: 45 }, { turn: -45 }, { turn: 0 }, { turn: 90 }, { dots: true }];
export const isHatched = (data) => data.kind === "bar" && data.labels.length <= 60;
export const decal = ({ turn, dots }) => ({
  color: token("--hatch"), symbol: dots ? "circle" : "rect",
  ...(dots
    ? { dashArrayX: [[4, 4], [0, 4, 4, 0]], dashArrayY: [4, 0], symbolSize: 0.7 }
    : { dashArrayX: [1, 0], dashArrayY: [1.5, 5], rotation: (turn * Math.PI) / 180 }),
});
