// A control with data-dialog="id" opens that dialog; without scripts the form inside stays in the
// page: the dialog is printed open, hidden by style and closed here.
export default (dialog) => {
  dialog.removeAttribute("open");
  const opener = (event) => event.target.closest(`[data-dialog="${dialog.id}"]`);
  document.addEventListener("click", (event) => {
    const from = opener(event);
    if (!from || !dialog.isConnected) return;
    event.preventDefault();
    dialog.showModal();
    dialog.querySelector("[autofocus], textarea, input:not([type=hidden]), button")?.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-closes]")) dialog.close();
  });
};
