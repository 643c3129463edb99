// Sends a form of Paceline from any page that is on its list: fetches a token, does the work that is
// asked of the browser, posts JSON, and says the thanks. Without it the form still sends.
(() => {
  const bytes = (text) => new TextEncoder().encode(text);
  const isWorked = (hash, bits) => {
    for (let place = 0; bits > 0; place += 1, bits -= 8) {
      if (hash[place] >> (bits < 8 ? 8 - bits : 0)) return false;
    }
    return true;
  };
  const work = async (nonce, bits) => {
    if (!bits) return "";
    for (let answer = 0; ; answer += 1) {
      const hash = await crypto.subtle.digest("SHA-256", bytes(`${nonce}.${answer}`));
      if (isWorked(new Uint8Array(hash), bits)) return String(answer);
    }
  };
  const begin = (form) => {
    const field = (name) => form.elements[name];
    const told = form.querySelector("[data-paceline-told]");
    const address = new URL(form.action);
    let ready = null;
    const prepare = async () => {
      const token = field("token");
      if (!token.dataset.nonce) {
        const answer = await fetch(`${address.origin}${address.pathname}/token`);
        const made = await answer.json();
        token.value = made.token;
        token.dataset.nonce = made.nonce;
        token.dataset.work = made.work;
      }
      field("work").value = await work(token.dataset.nonce, Number(token.dataset.work || 0));
    };
    form.addEventListener("focusin", () => { ready ??= prepare().catch(() => null); }, { once: true });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      await (ready ??= prepare().catch(() => null));
      const fields = {};
      for (const one of form.elements) if (one.name?.startsWith("f-")) fields[one.name.slice(2)] = one.value;
      const sent = { fields, language: field("language").value, token: field("token").value, work: field("work").value, website: field("website").value, consent: Boolean(field("consent")?.checked) };
      try {
        const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent) });
        const said = await answer.json();
        if (answer.ok) {
          const thanks = document.createElement("p");
          thanks.setAttribute("role", "status");
          thanks.textContent = said.told;
          form.replaceChildren(thanks);
          return;
        }
        for (const [name, problem] of Object.entries(said.errors || {})) {
          const input = field(name === "consent" ? "consent" : `f-${name}`);
          input?.setCustomValidity(problem.text);
          input?.addEventListener("input", () => input.setCustomValidity(""), { once: true });
          input?.reportValidity();
        }
        if (!said.errors && told) told.textContent = said.text;
      } catch {
        form.submit();
      }
      button.disabled = false;
    });
  };
  document.querySelectorAll("form[data-paceline]").forEach(begin);
})();
