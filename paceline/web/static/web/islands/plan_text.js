// A plan's text that is too long for any plan is not sent: what is too much is told at once, in the
// browser's own way, and stays where it was pasted.
export default (form) => {
  const most = Number(form.dataset.most);
  const text = () => form.querySelector("textarea[name=source]");
  const isTooLong = () => text().value.length > most;
  const check = () => {
    text().setCustomValidity(isTooLong() ? form.dataset.tooLong : "");
    if (isTooLong()) text().reportValidity();
  };
  form.addEventListener("input", (event) => event.target === text() && check());
  form.addEventListener("htmx:beforeRequest", (event) => {
    if (!isTooLong()) return;
    event.preventDefault();
    check();
  });
};
