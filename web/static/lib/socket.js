import { Emitter } from "./emitter.js";
import { pause, resumes, retries } from "./backoff.js";
import { Thread } from "./thread.js";
import { Vigil } from "./vigil.js";
import { Ways } from "./ways.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {WebSocket | import("./eventsocket.js").EventSocket} Way */

const OPEN_TIMEOUT = 5_000;
const WELCOME_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 15_000;
const LOST = "the connection to the server was lost";
// To the server 1000 is a goodbye.
const LOST_CODE = 4000;

/** An error frame of the server, or the loss of the connection, as an Error. `code` is that of the protocol. */
export class SignalError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "SignalError";
    this.code = code;
  }
}

/**
 * The signaling connection: says hello, is welcomed, and comes back by itself when it breaks, also when it breaks
 * without a word while we are with somebody. The server keeps the session for a minute; what is said meanwhile, by
 * either side, arrives when the connection is back.
 *
 * Events: `up` (the welcome frame), `down` ({code, retry, wait}: lost; wait is the pause in milliseconds before the
 * next try), `refused` (a SignalError: the server wants no further try, or not under this name), `frame` (every
 * frame that answers no request).
 */
export class Socket extends Emitter {
  /** @type {"closed" | "connecting" | "up" | "waiting"} */
  state = "closed";

  #url;
  #hello;
  #ways;
  #thread = new Thread();
  #timers;
  #random;
  #diagnose;
  #vigil;
  /** @type {Way | null} */
  #ws = null;
  /** @type {any} */
  #timer = null;
  #attempt = 0;
  #serial = 0;
  /** @type {Map<string, {resolve: (frame: Frame) => void, reject: (err: Error) => void, timer: any}>} */
  #pending = new Map();

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {() => Record<string, unknown>} options.hello the fields of the hello frame
   * @param {typeof WebSocket} options.WebSocket
   * @param {typeof globalThis.fetch} [options.fetch] for where WebSockets do not come through; left out: nothing else is tried
   * @param {import("./types.js").Store | null} [options.memory] of the tab, for that
   * @param {import("./types.js").Timers} options.timers
   * @param {() => number} [options.random]
   * @param {() => Promise<string>} [options.diagnose] why the server refused a connection that never opened, or ""
   * @param {() => boolean} [options.busy] we are with somebody, so that a dead connection has to be noticed
   */
  constructor({ url, hello, WebSocket, fetch, memory, timers, random = Math.random, diagnose, busy = () => false }) {
    super();
    this.#url = url;
    this.#hello = hello;
    this.#ways = new Ways({ WebSocket, fetch, timers, memory });
    this.#timers = timers;
    this.#random = random;
    this.#diagnose = diagnose;
    this.#vigil = new Vigil({
      timers,
      matters: () => this.state === "up" && busy(),
      ask: () => this.#put({ type: "ping", id: String(++this.#serial) }),
      dead: () => this.#abandon(),
    });
  }

  /** Opens the connection, or tries again now instead of after the pause. */
  open() {
    if (this.state === "connecting" || this.state === "up") return;
    this.#connect();
  }

  /** Drops the connection and carries on over a new one at once, as after a change of network. */
  reopen() {
    this.#drop(LOST);
    this.#connect();
  }

  /** Drops the connection and the session, and begins a new one at once, as after a change of name. */
  restart() {
    this.#quit("the session is begun anew");
    this.#connect();
  }

  /** Closes for good (until open is called). */
  close() {
    this.#quit("closed");
    this.state = "closed";
  }

  /**
   * @param {Frame} frame
   * @returns {boolean} false if there is no connection, nor a session to come back to: the frame is dropped
   */
  send(frame) {
    if (this.state === "closed" || (this.state !== "up" && !this.#thread.holds)) return false;
    const numbered = this.#thread.number(frame);
    if (!numbered) {
      this.#rejectAll("too much waits for the connection to the server");
      return false;
    }
    if (this.state === "up") this.#put(numbered);
    return true;
  }

  /** @param {Frame} frame */
  #put(frame) {
    this.#ws?.send(JSON.stringify(frame));
    this.#vigil.feel(false);
  }

  /**
   * Sends a frame that has a direct answer.
   * @param {Frame} frame
   * @returns {Promise<Frame>} rejects with a SignalError
   */
  request(frame) {
    const id = String(++this.#serial);
    if (!this.send({ ...frame, id })) {
      return Promise.reject(new SignalError("offline", "there is no connection to the server"));
    }
    return new Promise((resolve, reject) => {
      const timer = this.#timers.setTimeout(() => {
        this.#pending.delete(id);
        reject(new SignalError("timeout", "the server did not answer"));
      }, REQUEST_TIMEOUT);
      this.#pending.set(id, { resolve, reject, timer });
    });
  }

  #connect() {
    this.#timers.clearTimeout(this.#timer);
    this.state = "connecting";
    const ws = this.#ways.open(this.#url);
    this.#ws = ws;
    let opened = false;
    ws.onopen = () => {
      opened = true;
      this.#within(WELCOME_TIMEOUT, true);
      ws.send(JSON.stringify({ type: "hello", version: 1, ...this.#hello(), ...this.#thread.hello() }));
    };
    ws.onmessage = (/** @type {{data: unknown}} */ event) => this.#receive(ws, event.data);
    ws.onclose = (/** @type {{code: number, reason: string}} */ event) => this.#closed(ws, event.code, event.reason, opened);
    this.#within(this.#ways.other ? OPEN_TIMEOUT : WELCOME_TIMEOUT, false);
  }

  /**
   * @param {number} ms
   * @param {boolean} opened
   */
  #within(ms, opened) {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => this.#abandon(!opened), ms);
  }

  /** @param {boolean} [never] it has not even opened */
  #abandon(never = false) {
    const ws = this.#ws;
    if (!ws) return;
    // A close handshake with a dead server takes long; what comes of it later is of no interest.
    detach(ws, LOST_CODE);
    this.#closed(ws, 1006, "", true, never);
  }

  /**
   * @param {Way} ws
   * @param {unknown} data
   */
  #receive(ws, data) {
    if (this.#ws !== ws || typeof data !== "string") return;
    /** @type {Frame} */
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    if (frame === null || typeof frame !== "object") return;
    if (this.state === "connecting") {
      if (frame.type === "welcome") this.#welcome(frame);
      else if (frame.type === "error") this.#refuse(new SignalError(frame.code, frame.message));
      return;
    }
    if (this.#thread.take(frame)) this.#answer(frame);
    const ack = this.state === "up" && this.#thread.due();
    if (ack) this.#put(ack);
    this.#vigil.feel(true);
  }

  /** @param {Frame} frame */
  #answer(frame) {
    if (frame.type === "pong" || frame.type === "ack" || frame.type === "resume") return;
    const waiting = typeof frame.re === "string" ? this.#pending.get(frame.re) : undefined;
    if (!waiting) {
      this.emit("frame", frame);
      return;
    }
    this.#pending.delete(frame.re);
    this.#timers.clearTimeout(waiting.timer);
    if (frame.type === "error") waiting.reject(new SignalError(frame.code, frame.message));
    else waiting.resolve(frame);
    queueMicrotask(() => this.#vigil.feel(false)); // by then whoever asked has drawn the consequences
  }

  /** @param {Frame} frame */
  #welcome(frame) {
    this.#timers.clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#ways.worked();
    const again = this.#thread.welcome(frame);
    if (!again) this.#rejectAll("the session at the server has ended");
    this.state = "up";
    for (const open of again ?? []) this.#put(open);
    this.emit("up", frame);
  }

  /** @param {SignalError} err */
  #refuse(err) {
    if (err.code === "too-many") return; // the close that follows makes us come back later
    this.close();
    this.emit("refused", err);
  }

  /**
   * @param {Way} ws
   * @param {number} code
   * @param {string} reason
   * @param {boolean} opened
   * @param {boolean} [never]
   */
  async #closed(ws, code, reason, opened, never = false) {
    if (this.#ws !== ws) return;
    this.#ws = null;
    this.#vigil.stop();
    this.#timers.clearTimeout(this.#timer);
    if (this.state === "connecting") this.#ways.failed(never);
    if (!resumes(code)) this.#thread.forget();
    if (!this.#thread.holds) this.#rejectAll(LOST);
    if (!retries(code)) {
      this.state = "closed";
      this.emit("refused", new SignalError(String(code), reason || "the server refuses this connection"));
      return;
    }
    const wait = pause(this.#attempt++, this.#random);
    this.state = "waiting";
    this.#timer = this.#timers.setTimeout(() => this.#connect(), wait);
    this.emit("down", { code, wait });
    if (opened || !this.#diagnose) return;
    // Browsers do not say why a WebSocket did not open; a plain request to the same server may.
    const why = await this.#diagnose().catch(() => "");
    if (why && this.state === "waiting") {
      this.close();
      this.emit("refused", new SignalError("forbidden", why));
    }
  }

  /** Says goodbye. @param {string} why */
  #quit(why) {
    if (this.state === "up" && this.#thread.holds) this.#put({ type: "bye" });
    this.#thread.forget();
    this.#drop(why, 1000);
  }

  /**
   * @param {string} why
   * @param {number} [code]
   */
  #drop(why, code = LOST_CODE) {
    this.#vigil.stop();
    this.#timers.clearTimeout(this.#timer);
    const ws = this.#ws;
    this.#ws = null;
    if (ws) detach(ws, code);
    if (!this.#thread.holds) this.#rejectAll(why);
  }

  /** @param {string} why */
  #rejectAll(why) {
    for (const { reject, timer } of this.#pending.values()) {
      this.#timers.clearTimeout(timer);
      reject(new SignalError("offline", why));
    }
    this.#pending.clear();
  }
}

/**
 * @param {Way} ws
 * @param {number} code
 */
function detach(ws, code) {
  ws.onopen = ws.onmessage = ws.onclose = ws.onerror = null;
  try {
    ws.close(code);
  } catch {
    // It was not open yet: the browser gives it up by itself.
  }
}
