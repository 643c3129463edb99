// The tree of goals: dragging one, or Alt with the arrow keys, asks the server, which answers with
// the whole tree and says aloud what it did. A tree that is fetched again keeps its focus.
const KEYS = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };

export default async (tree) => {
  const send = (node, values) => {
    const asked = htmx.ajax("POST", node.dataset.move, {
      target: "#tree",
      swap: "outerHTML",
      values: { period: tree.dataset.period, ...values },
    });
    asked.then(() => {
      document.querySelector(`#${node.id} > .goal-line`)?.focus({ preventScroll: true });
    });
  };

  tree.addEventListener("keydown", (event) => {
    const how = event.altKey ? KEYS[event.key] : undefined;
    if (!event.target.matches(".goal-line")) return;
    const node = event.target.closest("[data-goal]");
    if (how && "mayMove" in node.dataset) send(node, { how });
    else if (event.key === "Enter") event.target.querySelector("a").click();
    else return;
    event.preventDefault();
  });

  const { default: Sortable } = await import(tree.dataset.vendor);
  const sort = (list) => {
    if (list.dataset.sorts) return;
    list.dataset.sorts = "yes";
    Sortable.create(list, {
      group: "goals",
      draggable: "[data-may-move]",
      ghostClass: "is-ghost",
      filter: "summary, button, form, a",
      preventOnFilter: false,
      fallbackOnBody: true,
      swapThreshold: 0.6,
      delayOnTouchOnly: true,
      delay: 150,
      onEnd({ item, from, to, oldIndex, newIndex }) {
        if (from === to && oldIndex === newIndex) return;
        const above = item.previousElementSibling?.dataset.goal ?? "";
        send(item, { parent: to.dataset.below, after: above });
      },
    });
  };
  const sortAll = () => tree.querySelectorAll("[data-below]").forEach(sort);
  sortAll();
  tree.addEventListener("htmx:afterSettle", sortAll);
};
