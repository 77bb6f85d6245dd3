import { make, the } from "../page/dom.js";
import { details } from "./details.js";
import { graphs } from "./graphs.js";
import { lanes } from "./lanes.js";
import { matrix } from "./matrix.js";
import { facts, meaning } from "./meaning.js";
import { table, sides, verdictOfTwo } from "./pairs.js";
import { drawing } from "./paths.js";
import { told } from "./other.js";
import { report } from "./report.js";
import { text } from "./strings.js";
import { works } from "./why.js";
import { headline, sentence, todo } from "./words.js";

/** @typedef {import("./run.js").Run} Run @typedef {import("./two.js").Pair} Pair @typedef {import("./report.js").Report} Report */

const EXPECTED = 20; // seconds

/** Everything that the page shows of a test. */
export class View {
  #head = the("head", HTMLElement);
  #verdict = the("verdict", HTMLElement);
  #todo = the("todo", HTMLElement);
  #notes = the("notes", HTMLElement);
  /** @type {Report | null} */
  #report = null;
  /** @type {ReturnType<typeof lanes>} */
  #lanes = [];
  #since = 0;
  #ticking = 0;
  #pending = 0;

  constructor() {
    new ResizeObserver(() => this.#drawPaths()).observe(the("paths-body", HTMLElement));
  }

  /** The report as JSON. */
  get json() {
    return JSON.stringify(this.#report, null, 1);
  }

  begin() {
    this.#since = performance.now();
    this.#report = null;
    the("report", HTMLScriptElement).textContent = "";
    this.#say("none", text.running, "", []);
    for (const id of ["meaning", "graphs", "details", "opened", "copy", "save"]) the(id, HTMLElement).hidden = true;
    for (const id of ["paths", "matrix", "progress"]) the(id, HTMLElement).hidden = false;
    this.#ticking = window.setInterval(() => this.#tick(), 250);
    this.#step(text.step.server);
  }

  /** How far it is. Many things may change at once; they are drawn together. @param {Run} run */
  show(run) {
    this.#pending ||= requestAnimationFrame(() => {
      this.#pending = 0;
      if (!run.running) return;
      this.#showRows(run.rows);
      const relays = run.rows.filter(({ kind }) => kind === "turn");
      if (relays.some(({ there }) => there !== null)) this.#step(text.step.flow);
      else if (relays.some(({ opened }) => opened !== null)) this.#step(text.step.measuring);
      else if (relays.length) this.#step(text.step.connecting);
      if (run.nat) this.#showNat(run.nat, relays.some(works));
    });
  }

  /** @param {Run} run @param {Pair | null} pair */
  finish(run, pair) {
    const { verdict } = run;
    if (!verdict) throw new Error("the test is still running");
    const open = run.rows.some((row) => row.kind === "turn" && works(row));
    const said = headline(verdict, open);
    this.#report = report({
      at: new Date(run.started).toISOString(),
      seconds: run.seconds,
      browser: navigator.userAgent,
      verdict: { ...verdict, sentence: said, todo: verdict.mood === "none" ? "" : todo(verdict) },
      nat: run.nat,
      clock: run.known.clock ?? 0,
      session: run.known.session,
      rows: run.rows,
      saw: run.saw,
      candidates: [...run.candidates],
    });
    // On the page of the one who tests, addresses are whole.
    this.#showAll({ ...this.#report, nat: run.nat, rows: run.rows });
    this.#say(verdict.mood, said, this.#report.verdict.todo, verdict.also.map(sentence));
    if (pair) this.#step(pair.state === "here" ? text.step.waiting : text.twoAlone);
  }

  /** @param {Run} run @param {Pair} pair */
  finishTwo(run, pair) {
    if (!this.#report || !run.verdict || !pair.other) return;
    const mine = inWords(told(run.verdict, run.nat, run.rows));
    const other = inWords(pair.other);
    this.#report.two = { ways: pair.ways, mine, other };
    const { mood, sentence: words, todo: what } = verdictOfTwo(pair.ways, mine, other);
    this.#report.verdict = { ...this.#report.verdict, mood, sentence: words, todo: what };
    this.#showTwo(this.#report.two);
    this.#say(mood, words, what, []);
    the("details-body", HTMLElement).replaceChildren(...details(this.#report));
  }

  /** The test is over: the report can be had. */
  publish() {
    clearInterval(this.#ticking);
    the("progress", HTMLElement).hidden = true;
    for (const id of ["copy", "save"]) the(id, HTMLElement).hidden = false;
    the("report", HTMLScriptElement).textContent = JSON.stringify(this.#report);
  }

  /** @param {import("./types.js").Why} why */
  showTrouble(why) {
    this.#say(why.mood, sentence(why), todo(why), []);
  }

  /** Shows a report of somebody else, or of another day. @param {Report} other @returns {boolean} */
  open(other) {
    try {
      this.#showAll(other);
      this.#report = other;
      this.#say(other.verdict.mood, other.verdict.sentence, other.verdict.todo, []);
      if (other.two) this.#showTwo(other.two);
      the("invite", HTMLElement).hidden = true;
      the("two", HTMLElement).hidden = !other.two;
      the("matrix", HTMLElement).hidden = the("paths", HTMLElement).hidden = false;
      the("opened", HTMLElement).hidden = false;
      the("opened", HTMLElement).textContent = text.openedReport(new Date(other.at).toLocaleString(document.documentElement.lang));
      return true;
    } catch {
      return false; // it only looked like one
    }
  }

  /** @param {Pair} pair */
  showPair(pair) {
    const words = { alone: text.twoAlone, here: text.twoHere, gone: text.twoGone, full: text.twoFull }[pair.state];
    const state = the("two-state", HTMLElement);
    if (state.textContent !== words) state.textContent = words;
    state.dataset.state = pair.state;
    the("two", HTMLElement).hidden = false;
    if (!this.#report || !pair.other || pair.ways.length === 0) return;
    const { verdict, nat, rows } = this.#report;
    this.#showTwo({ ways: pair.ways, mine: inWords(told(verdict, nat, /** @type {any} */ (rows))), other: inWords(pair.other) });
    this.#step(text.step.together);
  }

  /** @param {import("./two.js").Two} two */
  #showTwo({ ways, mine, other }) {
    the("two-body", HTMLElement).replaceChildren(sides(mine, other), table(ways, mine, other));
    the("invite", HTMLElement).hidden = true;
  }

  /** @param {Report} all */
  #showAll(all) {
    this.#showRows(all.rows);
    if (all.nat) this.#showNat(all.nat, all.rows.some((row) => row.kind === "turn" && works(/** @type {any} */ (row))));
    const charts = graphs(all.rows);
    the("graphs-body", HTMLElement).replaceChildren(...charts);
    the("graphs", HTMLElement).hidden = charts.length === 0;
    the("details-body", HTMLElement).replaceChildren(...details(this.#report ?? all));
    the("details", HTMLElement).hidden = false;
  }

  /** @param {Report["rows"]} rows */
  #showRows(rows) {
    the("matrix-body", HTMLElement).replaceChildren(matrix(rows));
    this.#lanes = lanes(rows);
    this.#drawPaths();
  }

  /** @param {import("./types.js").Nat} nat @param {boolean} relay */
  #showNat(nat, relay) {
    the("meaning-body", HTMLElement).replaceChildren(...meaning(nat, relay));
    the("nat-body", HTMLElement).replaceChildren(...facts(nat));
    the("meaning", HTMLElement).hidden = false;
  }

  #drawPaths() {
    const body = the("paths-body", HTMLElement);
    if (body.clientWidth > 0) body.replaceChildren(drawing(this.#lanes, body.clientWidth));
  }

  /** @param {string} mood @param {string} words @param {string} what @param {string[]} notes */
  #say(mood, words, what, notes) {
    this.#head.dataset.mood = mood;
    this.#verdict.textContent = words;
    this.#todo.textContent = what;
    this.#todo.hidden = what === "";
    this.#notes.replaceChildren(...notes.map((note) => make("li", {}, note)));
    this.#notes.hidden = notes.length === 0;
  }

  /** @param {string} words */
  #step(words) {
    const place = the("progress-words", HTMLElement);
    if (place.textContent !== words) place.textContent = words;
  }

  #tick() {
    // Never quite at the end before it is.
    const share = (performance.now() - this.#since) / 1000 / EXPECTED;
    the("progress-bar", HTMLProgressElement).value = 100 * (share < 0.8 ? share : 1 - 0.2 * Math.exp(-(share - 0.8) * 5));
  }
}

/** @param {import("./other.js").Other} found @returns {import("./two.js").InWords} */
function inWords(found) {
  const { verdict, relays } = found;
  return { ...found, verdict: { ...verdict, sentence: headline(verdict, relays.some(({ works }) => works)), todo: todo(verdict) } };
}
