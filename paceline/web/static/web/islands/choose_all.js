// The box in a table's head chooses every box below it; it shows when only some are chosen.
export default (table) => {
  const all = table.querySelector("[data-chooses-all]");
  if (!all) return;
  const boxes = () => [...table.querySelectorAll("tbody input[type=checkbox]:not(:disabled)")];
  const show = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  };
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    show();
  });
  table.addEventListener("change", (event) => event.target === all || show());
};
