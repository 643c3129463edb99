// Runs before the first paint: with no theme of their own, a reader gets the device's.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const chosen = root.dataset.theme || "system";
    root.dataset.bsTheme = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
    root.dispatchEvent(new CustomEvent("paceline:theme"));
  };
  root.classList.add("has-scripts");
  follow();
  dark.addEventListener("change", follow);
  // Paper is light, and what is drawn in the theme's colours is drawn anew for it.
  addEventListener("beforeprint", () => {
    root.dataset.bsTheme = "light";
    root.dispatchEvent(new CustomEvent("paceline:theme", { detail: "paper" }));
  });
  addEventListener("afterprint", follow);
})();
