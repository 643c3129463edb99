// Copies an address of ours. Whoever opens it sees what they may see.
export default (button) => {
  const address = new URL(button.dataset.link, location).href;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(address);
      button.querySelector("[data-said]").textContent = button.dataset.copied;
    } catch {
      prompt(button.dataset.asks, address);
    }
  });
};
