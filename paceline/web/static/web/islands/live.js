// Elements with data-live="topic" fetch themselves again when something happened to their topic.
// The stream carries hints only. After a lost connection everything is fetched again.
import stream, { PASSING, SECOND } from "./live_stream.js";

const topicsOf = (element) => element.dataset.live.split(/[\s,]+/).filter(Boolean);
const waiting = () => [...document.querySelectorAll("[data-live]")];

// What somebody writes in, has chosen from or was asked is not taken away from under them.
const isTouched = (field) =>
  field.type !== "hidden" && (field.value !== field.defaultValue || field.checked !== field.defaultChecked);
const isInUse = (element) => {
  const target = element.getAttribute("hx-target") ?? "this";
  const found = target === "this" ? element.closest("[hx-target=this]") : document.querySelector(target);
  const place = found ?? element;
  if (place.querySelector("dialog[open]")) return true;
  if (document.hasFocus() && place.querySelector("details[open]:focus-within")) return true;
  return [...place.querySelectorAll("input, textarea")].some(isTouched);
};

export default (body) => {
  const isBusy = new WeakSet();
  const postponed = new WeakSet();
  const due = new Set();

  const postpone = (element) => {
    if (postponed.has(element)) return;
    postponed.add(element);
    setTimeout(() => {
      postponed.delete(element);
      refresh(element);
    }, SECOND);
  };
  const refresh = (element) => {
    // An answer under way may be older than the hint, and will take the element itself away.
    if (isBusy.has(element)) topicsOf(element).forEach((topic) => due.add(topic));
    else if (!element.isConnected) return;
    else if (isInUse(element)) postpone(element);
    else {
      htmx.process(element); // an element that was just swapped in does not listen yet
      element.dispatchEvent(new CustomEvent("live")); // not rising: elements around stay as they are
    }
  };
  // Somebody began to write while the answer was on its way.
  const keepWhatIsWritten = ({ detail }) => {
    const element = detail.requestConfig?.elt;
    if (!element?.dataset.live || !element.isConnected || !isInUse(element)) return;
    detail.shouldSwap = false;
    postpone(element);
  };
  const tell = (topics) =>
    waiting().filter((element) => topicsOf(element).some((topic) => topics.includes(topic))).forEach(refresh);

  const follow = stream(body.dataset.liveUrl, (topics) => (topics ? tell(topics) : waiting().forEach(refresh)));
  const listen = () => follow([...new Set(waiting().flatMap(topicsOf))].sort().join(","));
  const afterRequest = ({ detail: { elt, xhr } }) => {
    isBusy.delete(elt);
    if (elt.dataset.live && PASSING.includes(xhr.status)) setTimeout(() => refresh(elt), 2 * SECOND);
    tell([...due].filter((topic) => due.delete(topic)));
  };

  listen();
  document.addEventListener("htmx:beforeRequest", ({ detail }) => isBusy.add(detail.elt));
  document.addEventListener("htmx:beforeSwap", keepWhatIsWritten);
  document.addEventListener("htmx:afterRequest", afterRequest);
  document.addEventListener("htmx:load", listen);
  document.addEventListener("htmx:afterSettle", listen);
};
