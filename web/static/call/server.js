import { the } from "../page/dom.js";
import { sayProblem, text } from "./strings.js";

const GOOD_NEWS = 4_000;
const PATIENCE = 1_500;

/** The line that says when the connection to the server is gone, and when it is back. Silent while all is well. */
export class ServerLine {
  #line = the("server", HTMLElement);
  #words = the("server-words", HTMLElement);
  #try = the("server-try", HTMLButtonElement);
  #timer = 0;
  #gone = false;

  /** @param {import("../turnpike.js").Client} client */
  constructor(client) {
    this.#try.addEventListener("click", () => client.open());
    client.on("up", () => this.#up());
    client.on("down", ({ wait }) => this.#down(wait));
    // A connection is usually there before anybody could read that it is being made.
    this.#later(PATIENCE, () => this.#say("care", text.serverConnecting));
  }

  /** The server is there, but it said no. @param {unknown} err null: what it said is shown elsewhere */
  refused(err) {
    clearTimeout(this.#timer);
    if (!err) return this.#hide();
    this.#gone = true;
    const { code, message } = /** @type {{code?: string, message?: string}} */ (err);
    this.#say("bad", code === "forbidden" ? text.serverRefused(message ?? "") : sayProblem(err));
    this.#try.hidden = false;
  }

  #up() {
    clearTimeout(this.#timer);
    if (!this.#gone) return this.#hide();
    this.#gone = false;
    this.#say("good", text.serverBack);
    this.#try.hidden = true;
    this.#later(GOOD_NEWS, () => this.#hide());
  }

  /** @param {number} wait milliseconds */
  #down(wait) {
    this.#gone = true;
    clearTimeout(this.#timer);
    this.#say("bad", text.serverGone(Math.max(1, Math.round(wait / 1000))));
    this.#try.hidden = false;
  }

  /**
   * @param {"good" | "care" | "bad"} mood
   * @param {string} words
   */
  #say(mood, words) {
    this.#line.dataset.mood = mood;
    this.#words.textContent = words;
    this.#line.hidden = false;
  }

  #hide() {
    this.#line.hidden = true;
  }

  /**
   * @param {number} ms
   * @param {() => void} act
   */
  #later(ms, act) {
    this.#timer = window.setTimeout(act, ms);
  }
}
