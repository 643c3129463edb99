// Elements with data-live="topic" fetch themselves again when something happened to their topic.
// The stream carries hints only. After a lost connection everything is fetched again: a hint may
// have come whose answer the same outage swallowed.
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
      htmx.trigger(element, "live");
    }
  };
  const tell = (topics) =>
    waiting().filter((element) => topicsOf(element).some((topic) => topics.includes(topic))).forEach(refresh);

  const open = () => {
    clearTimeout(again);
    source?.close();
    if (!listened) return;
    source = new EventSource(`${body.dataset.liveUrl}?topics=${encodeURIComponent(listened)}`);
    source.addEventListener("open", () => {
      if (isLost) waiting().forEach(refresh);
      isLost = false;
      patience = 2 * SECOND;
    });
    source.addEventListener("error", ({ target }) => {
      isLost = true;
      // The browser comes back by itself unless it was answered, as by a proxy without a server.
      if (target !== source || target.readyState !== EventSource.CLOSED) return;
      again = setTimeout(open, patience * (1 + Math.random() / 4));
      patience = Math.min(patience * 2, 60 * SECOND);
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
    const missed = [...due];
    due.clear();
    tell(missed);
  };

  listen();
  document.addEventListener("htmx:beforeRequest", ({ detail }) => isBusy.add(detail.elt));
  document.addEventListener("htmx:afterRequest", afterRequest);
  document.addEventListener("htmx:load", listen);
  document.addEventListener("htmx:afterSettle", listen);
  addEventListener("pagehide", () => {
    clearTimeout(again);
    source?.close();
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    isLost = true;
    listened = "";
    listen();
  });
};
