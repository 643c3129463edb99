// A board of cards: dragging one, or [ and ] and Alt with the arrow keys, asks the server, which
// answers with the whole board. A board that is fetched again keeps its place and its focus.
const KEYS = { "[": -1, "]": 1 };
const scrolled = new Map();

export default async (board) => {
  const columns = [...board.querySelectorAll("[data-column]")];
  const key = (column) => `${column.dataset.column} ${column.dataset.lane ?? ""}`;
  for (const column of columns) {
    column.scrollTop = scrolled.get(key(column)) ?? 0;
    column.addEventListener("scroll", () => scrolled.set(key(column), column.scrollTop), { passive: true });
  }
  if (!("mayMove" in board.dataset)) return;
  const inLane = (column) => columns.filter((one) => one.dataset.lane === column.dataset.lane);

  const send = (card, values) => {
    const left = board.scrollLeft;
    const seen = card.closest("[data-column]")?.dataset.column ?? "";
    const asked = htmx.ajax("POST", card.dataset.move, {
      target: "#board",
      swap: "outerHTML",
      values: { board: board.dataset.board || 1, seen, ...values },
    });
    asked.then(() => {
      const now = document.querySelector("#board .board");
      if (!now) return;
      now.scrollLeft = left;
      document.getElementById(card.id)?.focus({ preventScroll: true });
    });
  };

  board.addEventListener("keydown", (event) => {
    const card = event.target;
    if (!card.matches?.("[data-card]")) return;
    const column = card.closest("[data-column]");
    const side = KEYS[event.key];
    const step = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
    if (side) {
      const beside = inLane(column);
      const next = beside[beside.indexOf(column) + side];
      if (next) send(card, { to: next.dataset.column });
    } else if (step) send(card, { to: column.dataset.column, step });
    else if (event.key === "Enter") card.querySelector("a").click();
    else if (event.key === "m" && !event.ctrlKey) card.querySelector("[data-moves]")?.click();
    else return;
    event.preventDefault();
  });

  const { default: Sortable } = await import(board.dataset.vendor);
  let isDragging = false;
  let missed;
  // What others change waits until the card is dropped: a new board would take it from the hand.
  board.closest("#board")?.addEventListener("htmx:beforeRequest", (event) => {
    if (!isDragging) return;
    event.preventDefault();
    missed = event.detail.elt;
  });
  for (const column of columns) {
    Sortable.create(column, {
      group: "cards",
      ghostClass: "is-ghost",
      filter: "summary, button, form",
      preventOnFilter: false,
      delayOnTouchOnly: true,
      delay: 150,
      onStart: () => (isDragging = true),
      onEnd({ item, from, to, oldIndex, newIndex }) {
        isDragging = false;
        if (from === to && oldIndex === newIndex) return missed && htmx.trigger(missed, "live");
        const { column: into, lane, version } = to.dataset;
        const values = { to: into, seen: from.dataset.column, version };
        if (lane !== undefined && lane !== from.dataset.lane) values.lane = lane;
        const above = item.previousElementSibling?.dataset.card;
        send(item, above ? { ...values, after: above } : values);
      },
    });
  }
};
