// What no page waits for: islands are started, a form is sent once, and nobody is too quick.
// Islands: <div data-island="name other"> gets the default function of islands/name.js, once.
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

// A page may outlive the session that it was made in: its forms carry the token of today's.
const tokenNow = () => /(?:^|; )csrftoken=(\w+)/.exec(document.cookie)?.[1];
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("input[name=csrfmiddlewaretoken]");
  if (field) field.value = tokenNow() ?? field.value;
}, true);
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = tokenNow();
  if (!token || detail.verb === "get") return;
  detail.headers["X-CSRFToken"] = token;
  if (detail.parameters.csrfmiddlewaretoken) detail.parameters.csrfmiddlewaretoken = token;
});

// A form is sent once: its buttons rest until the answer comes. The server guards the rest.
const rest = (form, isBusy) => {
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    button.setAttribute("aria-busy", String(isBusy));
  }
  form.dataset.sent = isBusy ? "yes" : "";
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog" || form.method === "get" || event.defaultPrevented) return;
  if (form.dataset.sent === "yes") event.preventDefault();
  else if (!form.closest("[hx-post], [hx-put], [hx-delete]")) {
    setTimeout(() => rest(form, true));
    if (form.hasAttribute("data-downloads")) setTimeout(() => rest(form, false), 3000);
  }
});
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent=yes]").forEach((form) => rest(form, false));
});

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
