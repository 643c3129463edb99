// A form is sent once: its buttons rest until the answer comes. The server guards the rest.
export default (body) => {
  const rest = (form, isBusy) => {
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      button.setAttribute("aria-busy", String(isBusy));
    }
    form.dataset.sent = isBusy ? "yes" : "";
  };
  body.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || form.method === "get" || event.defaultPrevented) return;
    if (form.dataset.sent === "yes") event.preventDefault();
    else if (!form.closest("[hx-post], [hx-put], [hx-delete]")) {
      setTimeout(() => rest(form, true));
      if (form.hasAttribute("data-downloads")) setTimeout(() => rest(form, false), 3000);
    }
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent=yes]").forEach((form) => rest(form, false));
  });
};
