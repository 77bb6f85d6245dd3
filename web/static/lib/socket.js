import { Emitter } from "./emitter.js";
import { pause, retries } from "./backoff.js";
import { Vigil } from "./vigil.js";

/** @typedef {import("./types.js").Frame} Frame */

const WELCOME_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 15_000;

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
 * without a word while we are with somebody.
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
  #WebSocket;
  #timers;
  #random;
  #diagnose;
  #vigil;
  /** @type {WebSocket | null} */
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
   * @param {import("./types.js").Timers} options.timers
   * @param {() => number} [options.random]
   * @param {() => Promise<string>} [options.diagnose] why the server refused a connection that never opened, or ""
   * @param {() => boolean} [options.busy] we are with somebody, so that a dead connection has to be noticed
   */
  constructor({ url, hello, WebSocket, timers, random = Math.random, diagnose, busy = () => false }) {
    super();
    this.#url = url;
    this.#hello = hello;
    this.#WebSocket = WebSocket;
    this.#timers = timers;
    this.#random = random;
    this.#diagnose = diagnose;
    this.#vigil = new Vigil({
      timers,
      matters: () => this.state === "up" && busy(),
      ask: () => this.send({ type: "ping", id: String(++this.#serial) }),
      dead: () => this.#abandon(),
    });
  }

  /** Opens the connection, or tries again now instead of after the pause. */
  open() {
    if (this.state === "connecting" || this.state === "up") return;
    this.#connect();
  }

  /** Drops the connection and opens a new one at once, as after a change of name or network. */
  reopen() {
    this.#drop("the connection is opened anew");
    this.#connect();
  }

  /** Closes for good (until open is called). */
  close() {
    this.#drop("closed");
    this.state = "closed";
  }

  /**
   * @param {Frame} frame
   * @returns {boolean} false if there is no connection: the frame is dropped
   */
  send(frame) {
    if (this.state !== "up" || !this.#ws) return false;
    this.#ws.send(JSON.stringify(frame));
    this.#vigil.feel(false);
    return true;
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
    const ws = new this.#WebSocket(this.#url);
    this.#ws = ws;
    let opened = false;
    ws.onopen = () => {
      opened = true;
      ws.send(JSON.stringify({ type: "hello", version: 1, ...this.#hello() }));
    };
    ws.onmessage = (event) => this.#receive(ws, event.data);
    ws.onclose = (event) => this.#closed(ws, event.code, event.reason, opened);
    this.#timer = this.#timers.setTimeout(() => this.#abandon(), WELCOME_TIMEOUT);
  }

  #abandon() {
    const ws = this.#ws;
    if (!ws) return;
    // A close handshake with a dead server takes long; what comes of it later is of no interest.
    detach(ws);
    this.#closed(ws, 1006, "", true);
  }

  /**
   * @param {WebSocket} ws
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
    this.#answer(frame);
    this.#vigil.feel(true);
  }

  /** @param {Frame} frame */
  #answer(frame) {
    if (frame.type === "pong") return;
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
    this.state = "up";
    this.emit("up", frame);
  }

  /** @param {SignalError} err */
  #refuse(err) {
    if (err.code === "too-many") return; // the close that follows makes us come back later
    this.close();
    this.emit("refused", err);
  }

  /**
   * @param {WebSocket} ws
   * @param {number} code
   * @param {string} reason
   * @param {boolean} opened
   */
  async #closed(ws, code, reason, opened) {
    if (this.#ws !== ws) return;
    this.#ws = null;
    this.#vigil.stop();
    this.#timers.clearTimeout(this.#timer);
    this.#rejectAll("the connection to the server was lost");
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

  /** @param {string} why */
  #drop(why) {
    this.#vigil.stop();
    this.#timers.clearTimeout(this.#timer);
    const ws = this.#ws;
    this.#ws = null;
    if (ws) detach(ws);
    this.#rejectAll(why);
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

/** @param {WebSocket} ws */
function detach(ws) {
  ws.onopen = ws.onmessage = ws.onclose = ws.onerror = null;
  try {
    ws.close(1000);
  } catch {
    // It was not open yet: the browser gives it up by itself.
  }
}
