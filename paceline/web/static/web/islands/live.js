// Elements with data-live="topic" fetch themselves again when something happened to their topic.
// The stream carries hints only. After a lost connection everything is fetched again.
const topicsOf = (element) => element.dataset.live.split(/[\s,]+/).filter(Boolean);
const waiting = () => [...document.querySelectorAll("[data-live]")];
const PASSING = [0, 502, 503, 504]; // nobody there, or a proxy before a server that restarts
const SECOND = 1000;

export default (body) => {
  const isBusy = new WeakSet();
  const due = new Set();
  let source = null;
  let listened = "";
  let isLost = false;
  let patience = 2 * SECOND;
  let again = 0;

  const refresh = (element) => {
    // An answer under way may be older than the hint, and will take the element itself away.
    if (isBusy.has(element)) topicsOf(element).forEach((topic) => due.add(topic));
    else if (element.isConnected) {
      htmx.process(element); // an element that was just swapped in does not listen yet
      element.dispatchEvent(new CustomEvent("live")); // not rising: elements around stay as they are
    }
  };
  const tell = (topics) =>
    waiting().filter((element) => topicsOf(element).some((topic) => topics.includes(topic))).forEach(refresh);

  const url = () => `${body.dataset.liveUrl}?topics=${encodeURIComponent(listened)}`;
  // The browser comes back by itself unless it was answered: by a proxy without a server, or by a
  // server that has nothing to tell this reader.
  const knock = async () => {
    const asked = new AbortController();
    const { status, redirected } = await fetch(url(), { signal: asked.signal }).catch(() => ({ status: 0 }));
    asked.abort();
    if (status === 200 && !redirected) open();
    if (!PASSING.includes(status)) return;
    again = setTimeout(knock, patience * (1 + Math.random() / 4));
    patience = Math.min(patience * 2, 60 * SECOND);
  };
  const open = () => {
    clearTimeout(again);
    source?.close();
    if (!listened) return;
    source = new EventSource(url());
    source.addEventListener("open", () => {
      if (isLost) waiting().forEach(refresh);
      isLost = false;
      patience = 2 * SECOND;
    });
    source.addEventListener("error", ({ target }) => {
      isLost = true;
      if (target === source && target.readyState === EventSource.CLOSED) knock();
    });
    source.addEventListener("message", (event) => tell([JSON.parse(event.data).topic]));
    source.addEventListener("reset", () => waiting().forEach(refresh));
  };
  const listen = () => {
    const topics = [...new Set(waiting().flatMap(topicsOf))].sort().join(",");
    if (topics === listened) return;
    listened = topics;
    open();
  };
  const afterRequest = ({ detail: { elt, xhr } }) => {
    isBusy.delete(elt);
    if (elt.dataset.live && PASSING.includes(xhr.status)) setTimeout(() => refresh(elt), 2 * SECOND);
    tell([...due].filter((topic) => due.delete(topic)));
  };

  listen();
  document.addEventListener("htmx:beforeRequest", ({ detail }) => isBusy.add(detail.elt));
  document.addEventListener("htmx:afterRequest", afterRequest);
  document.addEventListener("htmx:load", listen);
  document.addEventListener("htmx:afterSettle", listen);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => {
    isLost = isLost || event.persisted;
    if (event.persisted) open();
  });
};
