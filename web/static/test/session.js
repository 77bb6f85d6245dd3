import { diagnose } from "../lib/diagnose.js";
import { Socket } from "../lib/socket.js";
import { realTimers } from "../lib/types.js";
import { until, within } from "./wait.js";

/** @typedef {import("./types.js").Sighting} Sighting @typedef {import("../lib/types.js").Frame} Frame */

const LONGEST = 6_000;
const KEPT = 600; // sightings

/** The signaling of a test: who we are to the server, which credentials we have, what the relay saw of us. */
export class Session {
  /** @type {Sighting[]} further ones than are kept are dropped */
  saw = [];
  /** @type {"down" | "up" | "lost" | "refused"} */
  state = "down";
  refusal = "";
  /** Seconds by which our clock is ahead of the server's. */
  clock = 0;
  /** The session's own name, by which others send to it. */
  name = "";
  /** @type {Frame | null} */
  testing = null;
  /** @type {import("../lib/types.js").ICE | null} */
  ice = null;

  /** @type {(sightings: Sighting[]) => void} */
  onsaw = () => {};
  /** @type {(frame: Frame) => void} of rooms, and what others send */
  onframe = () => {};

  #socket;

  /**
   * @param {string} url
   * @param {Record<string, unknown>} hello
   */
  constructor(url, hello) {
    let asked = Date.now();
    this.#socket = new Socket({
      url,
      hello: () => {
        asked = Date.now();
        return hello;
      },
      WebSocket: globalThis.WebSocket,
      fetch: fetch.bind(globalThis),
      timers: realTimers,
      diagnose: () => diagnose(fetch.bind(globalThis), url),
      busy: () => true,
    });
    this.#socket.on("up", (/** @type {Frame} */ welcome) => {
      this.state = "up";
      this.name = welcome.session;
      this.ice = welcome.ice ?? null;
      // The server wrote its time about half way between our hello and now.
      if (typeof welcome.time === "number") this.clock = ((asked + Date.now()) / 2 - welcome.time) / 1000;
    });
    this.#socket.on("down", () => {
      if (this.state === "up") this.state = "lost";
    });
    this.#socket.on("refused", (/** @type {Error} */ err) => {
      this.state = "refused";
      this.refusal = err.message;
    });
    this.#socket.on("frame", (/** @type {Frame} */ frame) => this.#frame(frame));
  }

  /** Connects. @param {AbortSignal} signal @returns {Promise<boolean>} whether the server let us in */
  async open(signal) {
    this.#socket.open();
    await until(() => this.state === "up" || this.state === "refused", LONGEST, signal);
    return this.state === "up";
  }

  /** Begins a test. Servers that have none leave us with the credentials of the session. */
  async test() {
    this.testing = await within(this.request({ type: "test" }), LONGEST, null);
    return this.testing !== null;
  }

  /** What the server gave us to test with. @returns {{iceServers: RTCIceServer[], discovery: string[], address?: string}} */
  get means() {
    const { ice, discovery, address } = this.testing ?? { type: "", ice: this.ice };
    return { iceServers: ice?.iceServers ?? [], discovery: Array.isArray(discovery) ? discovery : [], address };
  }

  endTest() {
    if (this.testing) this.#socket.send({ type: "test-end" });
  }

  /** @param {Frame} frame @returns {Promise<Frame>} rejects with a SignalError */
  request(frame) {
    return this.#socket.request(frame);
  }

  /** @param {Frame} frame */
  send(frame) {
    return this.#socket.send(frame);
  }

  close() {
    this.#socket.close();
  }

  /** @param {Frame} frame */
  #frame(frame) {
    if (frame.type === "relay-saw" && Array.isArray(frame.events)) {
      this.saw.push(...frame.events.filter(sound).slice(0, KEPT - this.saw.length));
      this.onsaw(this.saw);
    } else {
      this.onframe(frame);
    }
  }
}

/** @param {any} event */
function sound(event) {
  const words = ["transport", "client", "reason", "peer", "relay"];
  return typeof event?.kind === "string" && words.every((word) => event[word] === undefined || typeof event[word] === "string");
}
