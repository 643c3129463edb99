// Shows of a rule's conditions those that belong to what is chosen, and reads the rule out as a sentence.
const label = (field) => {
  const words = field.labels[0]?.cloneNode(true);
  words?.querySelectorAll(".optional").forEach((mark) => mark.remove()); // that it may stay empty
  return words?.textContent.trim() ?? "";
};

const said = (field) => {
  if (field.disabled || !field.value) return "";
  if (field.type === "checkbox") return field.checked ? label(field) : "";
  const value = field.tagName === "SELECT" ? field.selectedOptions[0].text.trim() : field.value.trim();
  return value && `${label(field)}: ${value}`;
};

export default (form) => {
  const trigger = form.querySelector("[data-trigger] select");
  const sentence = form.querySelector(".rule-sentence");
  const fields = (place) => [...place.querySelectorAll("select, input, textarea")];
  const show = () => {
    for (const place of form.querySelectorAll("[data-triggers]")) {
      place.hidden = !place.dataset.triggers.split(" ").includes(trigger.value);
      for (const field of fields(place)) field.disabled = place.hidden;
    }
    const when = [trigger.selectedOptions[0].text.trim(),
      ...[...form.querySelectorAll("[data-triggers]")].flatMap(fields).map(said)];
    const then = fields(form.querySelector(".rule-steps")).map(said).filter(Boolean);
    sentence.querySelector("[data-when]").textContent = when.filter(Boolean).join(" · ");
    sentence.querySelector("[data-then]").textContent = then.join(" · ") || "…";
    sentence.hidden = false;
  };
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
};
