/**
 * Single keys that act wherever the focus is, but not while somebody types or a dialog is open.
 * @param {Record<string, () => void>} actions
 */
export function listen(actions) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const target = /** @type {Element | null} */ (event.target);
    if (target?.closest("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return;
    const act = actions[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
