// Elements with data-live="topic" fetch themselves again when something happened to their topic.
// The stream carries hints only; after a lost connection it resumes, and "reset" refreshes all.
const topicsOf = (element) => element.dataset.live.split(/[\s,]+/).filter(Boolean);

export default (body) => {
  let source = null;
  let listened = "";

  const waiting = () => [...document.querySelectorAll("[data-live]")];
  const refresh = (element) => htmx.trigger(element, "live");

  const listen = () => {
    const topics = [...new Set(waiting().flatMap(topicsOf))].sort().join(",");
    if (topics === listened) return;
    source?.close();
    listened = topics;
    if (!topics) return;
    source = new EventSource(`${body.dataset.liveUrl}?topics=${encodeURIComponent(topics)}`);
    source.addEventListener("message", (event) => {
      const { topic } = JSON.parse(event.data);
      waiting().filter((element) => topicsOf(element).includes(topic)).forEach(refresh);
    });
    source.addEventListener("reset", () => waiting().forEach(refresh));
  };

  listen();
  document.addEventListener("htmx:load", listen);
  document.addEventListener("htmx:afterSettle", listen);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    listened = "";
    listen();
  });
};
