const INTERVAL = 10_000;
const PATIENCE = 7_000;
const GRACE = 1_000;

/**
 * Whether a connection still lives. A browser does not say when a network swallows it: without this, a call would
 * learn of it minutes later. While it matters, every ten seconds the server is asked for a sign; if eight seconds
 * later nothing at all has come, the connection is dead. When it does not matter no timer runs.
 */
export class Vigil {
  #matters;
  #ask;
  #dead;
  #timers;
  /** @type {any} */
  #timer = null;
  #asked = false;

  /**
   * @param {object} options
   * @param {() => boolean} options.matters
   * @param {() => void} options.ask sends what has an answer
   * @param {() => void} options.dead
   * @param {import("./types.js").Timers} options.timers
   */
  constructor({ matters, ask, dead, timers }) {
    this.#matters = matters;
    this.#ask = ask;
    this.#dead = dead;
    this.#timers = timers;
  }

  /**
   * To be told whenever something comes or goes, since with that it may begin to matter, or end.
   * @param {boolean} came
   */
  feel(came) {
    if ((came && this.#asked) || !this.#matters()) this.stop();
    if (this.#timer === null && this.#matters()) this.#timer = this.#timers.setTimeout(() => this.#ring(), INTERVAL);
  }

  /** The connection is gone by other means. */
  stop() {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = null;
    this.#asked = false;
  }

  #ring() {
    this.#timer = null;
    if (!this.#matters()) return;
    this.#asked = true;
    // In two steps: a page that was frozen meanwhile hears what has come before it judges.
    this.#timer = this.#timers.setTimeout(() => {
      this.#timer = this.#timers.setTimeout(() => {
        this.stop();
        this.#dead();
      }, GRACE);
    }, PATIENCE);
    this.#ask();
  }
}
