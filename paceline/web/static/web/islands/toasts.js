// Toasts leave by their button, and good news by itself after a while; problems stay.
export default (region) => {
  const watch = (toast) => {
    if (toast.dataset.seen) return;
    toast.dataset.seen = "yes";
    if (toast.classList.contains("is-good")) setTimeout(() => toast.remove(), 8000);
  };
  const say = (id) => {
    const words = document.getElementById(id);
    if (words) region.append(words.content.cloneNode(true));
  };
  const watchAll = () => region.querySelectorAll(".toast-note").forEach(watch);
  region.addEventListener("click", (event) => {
    if (event.target.closest("[data-closes]")) event.target.closest(".toast-note").remove();
  });
  new MutationObserver(watchAll).observe(region, { childList: true });
  watchAll();
  // What a page fetches by itself comes back by itself; only what a person asked for is a problem.
  const isAsked = ({ detail }) => detail.requestConfig?.triggeringEvent?.type !== "live";
  const words = ({ detail }) => (detail.xhr.status === 401 ? "words-signed-out" : "words-refused");
  document.addEventListener("htmx:sendError", (event) => isAsked(event) && say("words-unreachable"));
  // A passkey that the browser did not give: the sign-in library says why, and nothing to the reader.
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const isAddress = event.detail.exception?.name === "SecurityError";
    say(isAddress ? "words-passkey-address" : "words-passkey");
  });
  document.addEventListener("htmx:responseError", (event) => isAsked(event) && say(words(event)));
};
