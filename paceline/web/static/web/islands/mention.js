// A form in which somebody can be mentioned: choosing a name writes it where the cursor stands.
export default (form) => {
  const text = form.querySelector("textarea");
  const people = form.querySelector("[data-mentions]");
  people?.addEventListener("change", () => {
    if (!people.value) return;
    text.setRangeText(`${people.value} `, text.selectionStart, text.selectionEnd, "end");
    people.value = "";
    text.focus();
  });
};
