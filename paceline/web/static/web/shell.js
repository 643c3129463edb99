// Starts islands: <div data-island="name other"> gets the default function of islands/name.js, once.
const places = JSON.parse(document.getElementById("islands").textContent);
const begun = new WeakMap(); // of each element: the names, each with what it is waited for

const start = async (element) => {
  const own = begun.get(element) ?? new Map();
  begun.set(element, own);
  for (const name of element.dataset.island.split(/\s+/).filter((one) => places[one])) {
    if (!own.has(name)) {
      own.set(name, import(places[name]).then(({ default: behave }) => behave(element)));
    }
    await own.get(name);
  }
  if ("started" in element.dataset) return;
  element.dataset.started = "";
  element.dispatchEvent(new Event("started"));
};

const startAll = (root) => {
  if (root.matches?.("[data-island]")) start(root);
  root.querySelectorAll?.("[data-island]").forEach(start);
};

startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.detail.elt));

// Whoever is quicker than the page: a dialog that was asked for opens as soon as it can.
const asked = new WeakSet();
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (!dialog || "started" in dialog.dataset || asked.has(dialog)) return;
  event.preventDefault();
  asked.add(dialog);
  dialog.addEventListener("started", () => opener.click(), { once: true });
});
