// The dashboard: asks the daemon every two seconds, and shows what it says.
import { picker } from "../language.js";
import { fillWords, make, the } from "../page/dom.js";
import { icon } from "../page/icons.js";
import { toast } from "../page/toast.js";
import { Refused, enter, forget, get, hasToken } from "./api.js";
import { askToDisconnect, why } from "./ask.js";
import { figures } from "./figures.js";
import { hour } from "./hour.js";
import { refusals, server } from "./server.js";
import { SessionTable } from "./sessions.js";
import { text } from "./strings.js";
import { clock, duration, number } from "./words.js";

/** @typedef {import("./api.js").Status} Status */

const EVERY = 2_000; // ms
const HISTORY_EVERY = 10_000;

fillWords(text);
document.title = `${text.title} · turnpike`;
the("top", HTMLElement).append(picker());

const pulse = the("pulse", HTMLElement);
const pause = the("pause", HTMLButtonElement);
const notice = the("notice", HTMLElement);
const door = the("door", HTMLFormElement);
const content = the("content", HTMLElement);
const sessions = new SessionTable((user) => askToDisconnect(user, last?.token_file ?? "", () => look()));

/** @type {Status | null} */
let last = null;
let goneSince = 0;
let paused = false;
let historyAt = -Infinity;
let timer = 0;
let looking = false;

pause.addEventListener("click", toggle);
addEventListener("keydown", keys);
document.addEventListener("visibilitychange", () => !document.hidden && look());
door.addEventListener("submit", (event) => {
  event.preventDefault();
  knock();
});
mood();
look();

/** Asks once, and then again after a while. A page that nobody sees asks nothing. */
async function look() {
  clearTimeout(timer);
  if (looking || paused || document.hidden || !door.hidden) return;
  looking = true;
  try {
    const old = performance.now() - historyAt > HISTORY_EVERY;
    const [status, list, history] = await Promise.all([get("v1/status"), get(sessions.query), old ? get("v1/history") : null]);
    if (history) historyAt = performance.now();
    if (!paused) show(status, list, history);
  } catch (err) {
    fail(err);
  } finally {
    looking = false;
    timer = window.setTimeout(look, EVERY);
  }
}

/** @param {Status} status @param {import("./api.js").Sessions} list @param {import("./api.js").History | null} history */
function show(status, list, history) {
  if (goneSince) toast(last && last.started_at !== status.started_at ? text.restarted : text.back);
  if (last && last.started_at !== status.started_at) historyAt = -Infinity;
  goneSince = 0;
  the("version", HTMLElement).textContent = status.version;
  figures(status, last);
  sessions.show(list);
  refusals(status);
  server(status);
  if (history) hour(history);
  last = status;
  the("loading", HTMLElement).hidden = true;
  content.hidden = false;
  content.classList.remove("old");
  const { draining } = status;
  say(draining ? text.draining(number(draining.sessions), duration(Math.max(0, (Date.parse(draining.until) - status.now) / 1000))) : "");
  mood();
}

/** @param {unknown} err */
function fail(err) {
  if (err instanceof Refused && err.status === 401) {
    if (!hasToken()) letIn();
    forget(); // that of a daemon before; here it may do without
    return;
  }
  goneSince ||= Date.now();
  the("loading", HTMLElement).hidden = true;
  content.classList.add("old");
  say(err instanceof Refused ? text.refused(err.message) : text.gone(clock(goneSince)));
  mood();
}

/** Asks for a token, without which there is nothing to show. */
function letIn() {
  the("loading", HTMLElement).hidden = true;
  the("door-hint", HTMLElement).textContent = text.doorHint;
  content.hidden = true;
  door.hidden = false;
  mood();
}

async function knock() {
  const field = the("door-token", HTMLInputElement);
  const error = the("door-error", HTMLElement);
  try {
    await enter(field.value.trim());
    field.value = error.textContent = "";
    error.hidden = door.hidden = true;
    look();
  } catch (err) {
    error.textContent = why(err);
    error.hidden = false;
    field.focus();
    field.select();
  }
}

function toggle() {
  paused = !paused;
  mood();
  if (!paused) look();
}

/** p pauses, / looks for a user; not where somebody writes. @param {KeyboardEvent} event */
function keys(event) {
  const writing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (writing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "p") toggle();
  else if (event.key === "/" && !content.hidden) {
    event.preventDefault();
    sessions.focus();
  }
}

/** Says in a word how fresh this is. */
function mood() {
  const [state, words] = paused ? ["wait", text.paused] : goneSince ? ["bad", text.offline] : last ? ["good", text.live] : ["wait", ""];
  pulse.dataset.mood = state;
  if (pulse.textContent !== words) pulse.textContent = words;
  const act = paused ? text.goOn : text.pause;
  if (pause.getAttribute("aria-label") === act) return;
  pause.setAttribute("aria-label", act);
  pause.replaceChildren(icon(paused ? "play" : "pause"), make("span", {}, act));
}

/** @param {string} words */
function say(words) {
  if (notice.textContent !== words) notice.textContent = words;
  notice.hidden = words === "";
}
