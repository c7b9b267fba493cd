// Single keys as commands: never while somebody types, and not at all for whoever switched them off.

const OFF = "qa-keys-off";

const isOff = () => localStorage.getItem(OFF) === "1";

/** `acts`: key → what it does; `whileTyping`: what Ctrl Enter does in a field. */
export function onKeys(acts, { whileTyping = null } = {}) {
  bindSwitch();
  addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "Enter" && whileTyping) whileTyping();
      return;
    }
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (typing) {
      if (event.key === "Escape") typing.blur();
      return;
    }
    const act = acts[event.key];
    if (!act || (isOff() && event.key !== "?")) return;
    if (event.target.closest("button, a, summary, [type=checkbox]") && [" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    act();
  });
}

/** The box that switches them off (WCAG 2.1.4), where the page has one. */
function bindSwitch() {
  const box = document.getElementById("keys-on");
  if (!box) return;
  box.checked = !isOff();
  box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "0" : "1"));
}
