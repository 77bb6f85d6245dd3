import { path } from "../lib/path.js";
import { count, flood } from "./flow.js";
import { LOSSY, send, unpack } from "./stream.js";
import { Tally } from "./tally.js";
import { until, within } from "./wait.js";

/**
 * @typedef {"host" | "reflexive" | "relay-udp" | "relay-tcp" | "relay-tls" | "all"} Kind
 * @typedef {object} Outcome of one way between two devices, as one of them sees it
 * @property {boolean} connected
 * @property {boolean} offered this side has candidates of the kind
 * @property {number | null} rtt milliseconds
 * @property {number | null} loss of what came in, 0 to 1
 * @property {number | null} jitter milliseconds
 * @property {number | null} rate bits per second that came in
 * @property {"direct" | "relayed" | ""} path
 * @property {"" | "udp" | "tcp" | "tls"} over how this side reaches the relay
 * @property {string} pair of candidates, such as "host/srflx"
 */

const COUNT = 150; // messages each way
const GATHER = 3_000;
const QUIET = 400; // no further candidate for so long: the others would be late for a call, too
const CONNECT = 5_000;
const TURN = 3_000; // of one side's flow

/** One way of two devices to each other, on a connection of its own. */
export class Attempt {
  /** @type {Outcome} */
  outcome = { connected: false, offered: false, rtt: null, loss: null, jitter: null, rate: null, path: "", over: "", pair: "" };

  #connection;
  #kind;
  #signal;
  #stream;
  #flow;

  /**
   * @param {Kind} kind
   * @param {RTCConfiguration} configuration
   * @param {AbortSignal} signal
   */
  constructor(kind, configuration, signal) {
    this.#kind = kind;
    this.#signal = signal;
    this.#connection = new RTCPeerConnection(configuration);
    this.#stream = this.#connection.createDataChannel("stream", { ...LOSSY, negotiated: true, id: 1 });
    this.#flow = this.#connection.createDataChannel("flow", { negotiated: true, id: 2 });
    this.#listen();
  }

  /** A description with the candidates of the kind, and no others. @returns {Promise<RTCSessionDescriptionInit>} */
  async offer() {
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return this.#described();
  }

  /** @param {RTCSessionDescriptionInit} offer @returns {Promise<RTCSessionDescriptionInit>} */
  async answer(offer) {
    await this.#connection.setRemoteDescription(offer);
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return this.#described();
  }

  /** @param {RTCSessionDescriptionInit} answer */
  accept(answer) {
    return this.#connection.setRemoteDescription(answer);
  }

  async #described() {
    const connection = this.#connection;
    let last = Infinity;
    connection.onicecandidate = ({ candidate }) => {
      if (candidate && WANTED[this.#kind].test(candidate.candidate)) last = performance.now();
    };
    await until(() => connection.iceGatheringState === "complete" || performance.now() - last > QUIET, GATHER, this.#signal);
    const { type, sdp } = /** @type {RTCSessionDescription} */ (connection.localDescription);
    const kept = only(sdp, this.#kind);
    this.outcome.offered = /^a=candidate:/m.test(kept);
    return { type, sdp: kept };
  }

  /** Connects and measures; the side that leads has the first turn with the flow. @param {boolean} leads */
  async measure(leads) {
    const connection = this.#connection;
    await until(() => this.#open || connection.connectionState === "failed", CONNECT, this.#signal);
    if (!this.#open) return;
    this.outcome.connected = true;
    let heard = "";
    const counted = count(this.#flow, (words) => (heard = words));
    /** Says that it is the other's turn, and waits for ours. @param {string} words */
    const turn = async (words) => {
      if (words && this.#open) this.#flow.send(words);
      await until(() => heard !== "" || !this.#open, TURN, this.#signal);
      heard = "";
    };
    await this.#exchange();
    await turn("measured");
    const way = path((await within(connection.getStats(), 1_000, null)) ?? new Map());
    if (way) Object.assign(this.outcome, { path: way.relayed ? "relayed" : "direct", over: way.over, pair: `${way.local.type}/${way.remote.type}` });
    if (!leads) await turn("");
    await flood(this.#flow, this.#signal);
    if (leads) await turn("yours");
    else if (this.#open) this.#flow.send("yours");
    this.outcome.rate = counted.rate();
  }

  close() {
    this.#connection.close();
  }

  get #open() {
    return this.#stream.readyState === "open" && this.#flow.readyState === "open";
  }

  #arrivals = new Tally(COUNT);
  #echoes = new Tally(COUNT);

  /** Counts what comes, and sends every eighth back, by which the other side knows how long it took. */
  #listen() {
    const stream = this.#stream;
    stream.binaryType = "arraybuffer";
    stream.onmessage = ({ data }) => {
      const message = unpack(data);
      if (!message) return;
      const { number, at } = message;
      if (number >= ECHO) this.#echoes.take(number - ECHO, at, performance.now());
      else {
        this.#arrivals.take(number, at, performance.now());
        if (number % 8 === 0 && stream.readyState === "open") stream.send(marked(data));
      }
    };
  }

  /** Both sides send at once. */
  async #exchange() {
    await send(this.#stream, this.#signal, COUNT);
    await until(() => this.#arrivals.received === COUNT, TURN / 2, this.#signal);
    const { loss, jitter } = this.#arrivals.result(COUNT);
    Object.assign(this.outcome, { loss, jitter, rtt: this.#echoes.result(COUNT).p50 });
  }
}

const ECHO = 1 << 20; // added to the number of what is sent back

/** @param {ArrayBuffer} data */
function marked(data) {
  const view = new DataView(data);
  view.setUint32(0, view.getUint32(0) + ECHO);
  return data;
}

/** @type {Record<Kind, RegExp>} */
const WANTED = {
  host: / typ host/,
  reflexive: / typ srflx/,
  "relay-udp": / typ relay/,
  "relay-tcp": / typ relay/,
  "relay-tls": / typ relay/,
  all: /./,
};

/** A description without the candidates of other kinds. @param {string} sdp @param {Kind} kind */
export function only(sdp, kind) {
  return sdp
    .split("\r\n")
    .filter((line) => !line.startsWith("a=candidate:") || WANTED[kind].test(line))
    .join("\r\n");
}
