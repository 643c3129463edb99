// A board of cards: dragging one, or [ and ] and Alt with the arrow keys, asks the server, which
// answers with the whole board. A board that is fetched again keeps its place and its focus.
const KEYS = { "[": -1, "]": 1 };

export default async (board) => {
  if (!("mayMove" in board.dataset)) return;
  const columns = [...board.querySelectorAll("[data-stage]")];

  const send = (card, values) => {
    const scrolled = board.scrollLeft;
    const seen = card.closest("[data-stage]")?.dataset.stage ?? "";
    const asked = htmx.ajax("POST", card.dataset.move, {
      target: "#board",
      swap: "outerHTML",
      values: { board: 1, seen, ...values },
    });
    asked.then(() => {
      const now = document.querySelector("#board .board");
      if (!now) return;
      now.scrollLeft = scrolled;
      document.getElementById(card.id)?.focus({ preventScroll: true });
    });
  };

  board.addEventListener("keydown", (event) => {
    const card = event.target;
    if (!card.matches?.("[data-deal]")) return;
    const column = card.closest("[data-stage]");
    const side = KEYS[event.key];
    const step = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
    if (side) {
      const next = columns[columns.indexOf(column) + side];
      if (next) send(card, { to: next.dataset.stage });
    } else if (step) send(card, { to: column.dataset.stage, step });
    else if (event.key === "Enter") card.querySelector("a").click();
    else return;
    event.preventDefault();
  });

  const { default: Sortable } = await import(board.dataset.vendor);
  for (const column of columns) {
    Sortable.create(column, {
      group: "deals",
      ghostClass: "is-ghost",
      filter: "summary, button, form",
      preventOnFilter: false,
      delayOnTouchOnly: true,
      delay: 150,
      onEnd({ item, from, to, oldIndex, newIndex }) {
        if (from === to && oldIndex === newIndex) return;
        const values = { to: to.dataset.stage, seen: from.dataset.stage, version: to.dataset.version };
        const above = item.previousElementSibling?.dataset.deal;
        send(item, above ? { ...values, after: above } : values);
      },
    });
  }
};
