import { EventSocket } from "./eventsocket.js";

const KEY = "turnpike.events";
const KEPT = 10 * 60_000;
const FAILURES = 2;

/**
 * Which way to the server to take: a WebSocket, or where those do not come through an event stream. A tab remembers
 * that for ten minutes and then tries a WebSocket again when it next connects.
 */
export class Ways {
  #WebSocket;
  #fetch;
  #timers;
  #memory;
  #failures = 0;
  /** Whether the newest connection is an event stream. */
  events = false;

  /**
   * @param {object} options
   * @param {typeof WebSocket | undefined} options.WebSocket
   * @param {typeof globalThis.fetch} [options.fetch] left out: nothing but WebSockets
   * @param {import("./types.js").Timers} options.timers
   * @param {import("./types.js").Store | null} [options.memory] of the tab
   */
  constructor({ WebSocket, fetch, timers, memory = null }) {
    this.#WebSocket = WebSocket;
    this.#fetch = fetch;
    this.#timers = timers;
    this.#memory = memory;
  }

  /** Whether there is another way beside WebSockets. */
  get other() {
    return this.#fetch !== undefined;
  }

  /**
   * @param {string} url
   * @returns {WebSocket | EventSocket}
   */
  open(url) {
    // When neither way works the server may just be away: they take turns.
    this.events = this.other && (this.#remembered() || (this.#failures >= FAILURES && this.#failures % 2 === 0));
    if (!this.events) {
      try {
        if (!this.#WebSocket) throw new Error("there is no WebSocket");
        return new this.#WebSocket(url);
      } catch (err) {
        if (!this.other) throw err;
        this.#failures = FAILURES;
        this.events = true;
      }
    }
    return new EventSocket(url, /** @type {typeof globalThis.fetch} */ (this.#fetch), this.#timers);
  }

  /** A connection ended before it was of use. @param {boolean} never it did not even open in time */
  failed(never) {
    this.#failures = never && !this.events ? FAILURES : this.#failures + 1;
    if (this.events) this.#remember(0);
  }

  worked() {
    if (this.events && this.#failures > 0) this.#remember(Date.now() + KEPT);
    else if (!this.events) this.#remember(0);
    this.#failures = 0;
  }

  #remembered() {
    try {
      return Number(this.#memory?.getItem(KEY) ?? 0) > Date.now();
    } catch {
      return false;
    }
  }

  /** @param {number} until */
  #remember(until) {
    try {
      if (until > 0 || this.#remembered()) this.#memory?.setItem(KEY, String(until));
    } catch {
      // A private window: it is found out anew.
    }
  }
}
