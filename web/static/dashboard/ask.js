// Asks before somebody is disconnected, and for the admin token if it is not known yet.
import { closes } from "../page/dialog.js";
import { the } from "../page/dom.js";
import { toast } from "../page/toast.js";
import { Refused, disconnect, forget, hasToken } from "./api.js";
import { text } from "./strings.js";
import { number } from "./words.js";

const dialog = the("ask", HTMLDialogElement);
const field = the("ask-field", HTMLElement);
const token = the("ask-token", HTMLInputElement);
const error = the("ask-error", HTMLElement);
const yes = the("ask-yes", HTMLButtonElement);

let user = "";
let done = () => {};

closes(dialog, the("ask-close", HTMLButtonElement));
the("ask-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => (token.value = ""));
the("ask-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  act();
});

/**
 * @param {string} whom
 * @param {string} file where the token is, if this is known
 * @param {() => void} then
 */
export function askToDisconnect(whom, file, then) {
  [user, done] = [whom, then];
  the("ask-title", HTMLElement).textContent = text.ask(whom);
  the("ask-words", HTMLElement).textContent = text.askWords;
  the("ask-hint", HTMLElement).textContent = file ? text.tokenIn(file) : text.tokenThere;
  field.hidden = hasToken();
  say("");
  dialog.showModal();
  if (hasToken()) the("ask-cancel", HTMLButtonElement).focus();
  else token.focus();
}

async function act() {
  yes.disabled = true;
  try {
    const { ended } = await disconnect(user, token.value.trim());
    dialog.close();
    toast(text.ended(number(ended)));
    done();
  } catch (err) {
    if (err instanceof Refused && (err.status === 401 || err.status === 403)) {
      if (err.status === 401) forget();
      field.hidden = false;
      token.focus();
      token.select();
    }
    say(why(err));
  } finally {
    yes.disabled = false;
  }
}

/** @param {unknown} err */
export function why(err) {
  if (!(err instanceof Refused)) return text.noAnswer;
  if (err.status === 401) return text.wrongToken;
  if (err.status === 403) return text.mayOnlyRead;
  if (err.status === 429) return text.tooMany;
  return text.refused(err.message);
}

/** @param {string} words */
function say(words) {
  error.textContent = words;
  error.hidden = words === "";
  token.setAttribute("aria-invalid", String(words !== ""));
}
