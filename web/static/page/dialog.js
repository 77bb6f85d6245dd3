import { setIcon } from "./icons.js";

/**
 * A dialog closes by its button, by Escape, and by a press beside it.
 * @param {HTMLDialogElement} dialog
 * @param {HTMLButtonElement} button
 */
export function closes(dialog, button) {
  setIcon(button, "close");
  button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target, clientX: x, clientY: y }) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    if (target === dialog && (x < left || x > right || y < top || y > bottom)) dialog.close();
  });
}
