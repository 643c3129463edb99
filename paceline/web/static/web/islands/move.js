// The form that moves a card: beside a board it opens over the page and answers with the board;
// on a page of its own it is a plain form.
export default (dialog) => {
  const board = document.querySelector("#board .board");
  const close = () => (dialog.open ? dialog.close() : undefined);
  const cancels = (event) => event.target === dialog || event.target.closest("[data-closes]");
  if (!board) {
    dialog.addEventListener("click", (event) => event.target.closest("[data-closes]") && history.back());
    return;
  }
  dialog.removeAttribute("open");
  dialog.showModal();
  dialog.querySelector("select").focus();
  const form = dialog.querySelector("form");
  const after = form.elements.after;
  const hide = () => after && (after.closest(".form-field").hidden = form.elements.to.value !== form.elements.seen.value);
  form.elements.to.addEventListener("change", hide);
  dialog.addEventListener("click", (event) => cancels(event) && close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const card = document.getElementById(`card-${form.dataset.card}`);
    const values = { ...Object.fromEntries(new FormData(form)), board: board.dataset.board };
    close();
    htmx.ajax("POST", form.action, { target: "#board", swap: "outerHTML", values }).then(() =>
      document.getElementById(card?.id)?.focus(),
    );
  });
};
