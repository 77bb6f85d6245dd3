import { the } from "./dom.js";

const SHOWN = 5_000;
let timer = 0;

/**
 * Says something that needs no answer, for five seconds.
 * @param {string} message
 */
export function toast(message) {
  const element = the("toast", HTMLElement);
  element.textContent = message;
  clearTimeout(timer);
  timer = window.setTimeout(() => (element.textContent = ""), SHOWN);
}
