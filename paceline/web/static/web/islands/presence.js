// Says that this page is open, and whether somebody writes in it; shows who else is there.
const BEAT = 20_000; // milliseconds; the server forgets a page after 45 seconds
const WRITING = 60_000;

export default (element) => {
  const { url, doing: always } = element.dataset;
  const page = crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16));
  let wrote = -Infinity;
  const doing = () => (always === "editing" || performance.now() - wrote < WRITING ? "editing" : "viewing");
  const say = () => {
    if (document.hidden || !element.isConnected) return;
    htmx.ajax("POST", url, { source: element, target: element, swap: "innerHTML", values: { page, doing: doing() } });
  };

  document.getElementById("main").addEventListener("input", ({ target }) => {
    if (target.form?.method !== "post") return;
    const isNew = doing() === "viewing";
    wrote = performance.now();
    if (isNew) say();
  });
  document.addEventListener("visibilitychange", say);
  addEventListener("pagehide", () => {
    const goodbye = new FormData();
    const { "X-CSRFToken": token } = JSON.parse(document.body.getAttribute("hx-headers"));
    for (const [name, value] of Object.entries({ page, doing: "closing", csrfmiddlewaretoken: token })) goodbye.append(name, value);
    navigator.sendBeacon(url, goodbye);
  });
  addEventListener("pageshow", ({ persisted }) => persisted && say());
  setInterval(say, BEAT);
  say();
};
