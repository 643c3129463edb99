// The command palette: Ctrl-K or its button opens it, arrows choose, Enter goes there.
export default (dialog) => {
  const input = dialog.querySelector("input");
  const hits = dialog.querySelector("[role=listbox]");
  const options = () => [...hits.querySelectorAll("[role=option]")];

  const choose = (index) => {
    const all = options();
    all.forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
    const chosen = all[index];
    if (chosen) {
      input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const chosenIndex = () => options().findIndex((one) => one.ariaSelected === "true");

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    htmx.trigger(input, "palette");
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-opens=palette]")) open();
    else if (event.target === dialog) dialog.close();
  });
  input.addEventListener("keydown", (event) => {
    const count = options().length;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && count) {
      event.preventDefault();
      choose((chosenIndex() + steps[event.key] + count) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      options()[Math.max(chosenIndex(), 0)]?.click();
    } else if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault(); // a search field would only empty itself
      dialog.close();
    }
  });
  hits.addEventListener("htmx:afterSwap", () => choose(0));
};
