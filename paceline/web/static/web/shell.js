// Starts islands: <div data-island="name other"> gets the default function of islands/name.js, once.
const places = JSON.parse(document.getElementById("islands").textContent);
const started = new WeakMap();

const start = async (element) => {
  for (const name of element.dataset.island.split(/\s+/).filter(Boolean)) {
    const names = started.get(element) ?? new Set();
    if (names.has(name) || !places[name]) continue;
    started.set(element, names.add(name));
    const { default: behave } = await import(places[name]);
    behave(element);
  }
  element.dataset.started = "";
};

const startAll = (root) => {
  if (root.matches?.("[data-island]")) start(root);
  root.querySelectorAll?.("[data-island]").forEach(start);
};

startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.detail.elt));
