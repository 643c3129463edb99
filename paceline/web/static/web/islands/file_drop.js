// A file may be dropped on the area around its file field; the field shows what was chosen.
// A file that the server would refuse for its size is refused here, before it is sent.
export default (area) => {
  const field = area.querySelector("input[type=file]");
  const most = Number(area.dataset.bytesMax || Infinity);
  field.addEventListener("change", () => {
    const isTooLarge = [...field.files].some((file) => file.size > most);
    field.setCustomValidity(isTooLarge ? area.dataset.tooLarge : "");
    if (isTooLarge) field.reportValidity();
  });
  const mark = (isOver) => area.classList.toggle("is-over", isOver);
  for (const kind of ["dragenter", "dragover"]) {
    area.addEventListener(kind, (event) => {
      event.preventDefault();
      mark(true);
    });
  }
  area.addEventListener("dragleave", (event) => area.contains(event.relatedTarget) || mark(false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (!event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
};
