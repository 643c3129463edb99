// One event stream that comes back. `hear(topics)` gets what happened; `hear()` when anything may have.
const PASSING = [0, 502, 503, 504]; // nobody there, or a proxy before a server that restarts
const SECOND = 1000;

export { PASSING, SECOND };
export default (address, hear) => {
  let source = null;
  let listened = "";
  let isLost = false;
  let patience = 2 * SECOND;
  let again = 0;
  let rest = 0;

  const url = () => `${address}?topics=${encodeURIComponent(listened)}`;
  // The browser comes back by itself unless it was answered: by a proxy without a server, or by a
  // server that has nothing to tell this reader.
  const knock = async () => {
    const asked = new AbortController();
    // It says what it is, as the stream does: a person who signed out is answered 204, not led to sign-in.
    const { status, redirected } = await fetch(url(), {
      headers: { Accept: "text/event-stream" },
      signal: asked.signal,
    }).catch(() => ({ status: 0 }));
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
      if (isLost) hear();
      isLost = false;
      patience = 2 * SECOND;
    });
    source.addEventListener("error", ({ target }) => {
      isLost = true;
      if (target === source && target.readyState === EventSource.CLOSED) knock();
    });
    source.addEventListener("message", (event) => hear([JSON.parse(event.data).topic]));
    source.addEventListener("reset", () => hear());
  };
  const close = () => {
    source?.close();
    clearTimeout(again);
    rest = "resting";
  };

  // A page that is not looked at gives its stream back: a browser keeps few to one server at a time.
  document.addEventListener("visibilitychange", () => {
    if (rest === "resting" && !document.hidden) {
      isLost = true;
      open();
    }
    if (rest !== "resting") clearTimeout(rest);
    rest = document.hidden ? setTimeout(close, 60 * SECOND) : 0;
  });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => {
    isLost = isLost || event.persisted;
    if (event.persisted) open();
  });

  return (topics) => {
    if (topics === listened) return;
    listened = topics;
    open();
  };
};
