import { Attempt } from "./attempt.js";
import { parse } from "./iceurl.js";
import { soundOther } from "./other.js";
import { until } from "./wait.js";

/**
 * @typedef {import("./attempt.js").Kind} Kind
 * @typedef {import("./attempt.js").Outcome} Outcome
 * @typedef {import("../lib/types.js").Frame} Frame
 * @typedef {import("./other.js").Other} Other
 * @typedef {{kind: Kind, mine: Outcome | null, theirs: Outcome | null}} Way
 * @typedef {object} Two what is known of two devices
 * @property {Way[]} ways
 * @property {InWords} mine
 * @property {InWords} other
 * @typedef {Other & {verdict: {sentence: string, todo: string}}} InWords what a device found out by itself
 */

/** @type {Kind[]} */
export const KINDS = ["host", "reflexive", "relay-udp", "relay-tcp", "relay-tls", "all"];

const LONGEST = 20_000; // of one way
const PATIENCE = 60_000; // for the other device's own test

/**
 * This device and another in one room. One of them leads: it makes the offers, one way after another.
 *
 * What the two say to each other goes as descriptions, which the server passes on unread: offers and answers with the
 * kind of way that they belong to, and words of our own with `about`.
 */
export class Pair {
  /** @type {"alone" | "here" | "gone" | "full"} */
  state = "alone";
  /** @type {Way[]} */
  ways = [];
  /** @type {Other | null} */
  other = null;

  #session;
  #room;
  #changed;
  #begin;
  #peer = "";
  #leads = false;
  /** @type {Map<string, Frame>} what the other side said of which we have not made use, by kind and subject */
  #said = new Map();
  /** @type {Promise<void> | null} */
  #following = null;
  /** @type {RTCIceServer[]} */
  #iceServers = [];
  /** @type {string[]} */
  #discovery = [];
  #signal = new AbortController().signal;
  #ready = false;

  /**
   * @param {object} options
   * @param {import("./session.js").Session} options.session
   * @param {string} options.room
   * @param {() => void} options.changed
   * @param {() => void} options.begin the other side has begun its test
   */
  constructor({ session, room, changed, begin }) {
    this.#session = session;
    this.#room = room;
    this.#changed = changed;
    this.#begin = begin;
    session.onframe = (frame) => this.#frame(frame);
  }

  /** Enters the room. */
  async join() {
    try {
      const { members } = await this.#session.request({ type: "join", room: this.#room, limit: 2 });
      const [member] = members;
      if (member) this.#met(member);
    } catch (err) {
      this.state = /** @type {{code?: string}} */ (err).code === "room-full" ? "full" : "gone";
    }
    this.#changed();
  }

  /** Tells the other side that we test now, so that it does too. */
  started() {
    this.#said.clear();
    this.other = null;
    this.ways = [];
    this.#ready = false;
    this.#tell({ about: "begin" });
  }

  /**
   * Tries every way.
   * @param {Other} mine ours, for the other side
   * @param {RTCIceServer[]} iceServers
   * @param {string[]} discovery
   * @param {AbortSignal} signal
   */
  async test(mine, iceServers, discovery, signal) {
    this.#iceServers = iceServers;
    this.#discovery = discovery;
    this.#signal = signal;
    this.ways = KINDS.map((kind) => ({ kind, mine: null, theirs: null }));
    this.#ready = true;
    this.#tell({ about: "found", found: mine });
    await until(() => this.other !== null || this.state !== "here", PATIENCE, signal);
    if (this.other === null) return;
    if (this.#leads) {
      for (const way of this.ways) {
        if (this.state !== "here" || signal.aborted) break;
        await this.#lead(way);
      }
    } else {
      await until(() => this.ways.every(({ mine, theirs }) => mine && theirs) || this.state !== "here", LONGEST * KINDS.length, signal);
    }
  }

  /** @param {Way} way */
  async #lead(way) {
    const { kind } = way;
    const attempt = new Attempt(kind, this.#configuration(kind), this.#signal);
    try {
      const offer = await attempt.offer();
      this.#tell({ ...offer, kind });
      const answer = await this.#hear("answer", kind, CONNECTING);
      if (answer && attempt.outcome.offered && candidates(answer.sdp)) {
        await attempt.accept({ type: "answer", sdp: String(answer.sdp) });
        await attempt.measure(true);
      }
    } catch {
      // The browser refuses what the other side said: the way does not connect.
    }
    way.mine = attempt.outcome;
    attempt.close();
    this.#tell({ about: "outcome", kind, outcome: way.mine });
    way.theirs = sound((await this.#hear("outcome", kind, LONGEST))?.outcome);
    this.#changed();
  }

  /** @param {Frame} offer */
  async #follow(offer) {
    const way = this.ways.find(({ kind }) => kind === offer.kind);
    if (!way) return;
    const attempt = new Attempt(way.kind, this.#configuration(way.kind), this.#signal);
    try {
      const answer = await attempt.answer({ type: "offer", sdp: String(offer.sdp) });
      this.#tell({ ...answer, kind: way.kind });
      if (attempt.outcome.offered && candidates(offer.sdp)) await attempt.measure(false);
    } catch {
      this.#tell({ type: "answer", sdp: "", kind: way.kind });
    }
    way.mine = attempt.outcome;
    this.#tell({ about: "outcome", kind: way.kind, outcome: way.mine });
    const said = await this.#hear("outcome", way.kind, LONGEST);
    attempt.close();
    way.theirs = sound(said?.outcome);
    this.#changed();
  }

  /** @param {Kind} kind @returns {RTCConfiguration} */
  #configuration(kind) {
    if (kind === "host") return {};
    if (kind === "all") return { iceServers: this.#iceServers };
    const parsed = this.#iceServers.flatMap((server) => [server.urls].flat().map((url) => ({ server, url: parse(url) })));
    if (kind === "reflexive") {
      const bases = parsed.flatMap(({ url }) => (url?.transport === "udp" ? [url.url.replace(/^turn:/, "stun:").replace(/\?.*/, "")] : []));
      return { iceServers: [...new Set(this.#discovery.length ? this.#discovery : bases)].slice(0, 4).map((urls) => ({ urls })) };
    }
    const transport = kind.slice("relay-".length);
    const iceServers = parsed.flatMap(({ server, url }) =>
      url?.kind === "turn" && url.transport === transport ? [{ urls: url.url, username: server.username, credential: server.credential }] : [],
    );
    return { iceServers, iceTransportPolicy: "relay" };
  }

  /** @param {Record<string, unknown>} description */
  #tell(description) {
    if (this.#peer) this.#session.send({ type: "description", to: this.#peer, description });
  }

  /**
   * Waits for what the other side says of a kind of way.
   * @param {string} what
   * @param {string} kind
   * @param {number} ms
   * @returns {Promise<Frame | null>}
   */
  async #hear(what, kind, ms) {
    const key = `${what} ${kind}`;
    await until(() => this.#said.has(key) || this.state !== "here", ms, this.#signal);
    const said = this.#said.get(key) ?? null;
    this.#said.delete(key);
    return said;
  }

  /** @param {Frame} frame */
  #frame(frame) {
    if (frame.type === "member-joined" && frame.room === this.#room) this.#met(frame.member);
    else if (frame.type === "member-left" && frame.session === this.#peer) {
      this.#peer = "";
      this.state = "gone";
      this.#changed();
    } else if (frame.type === "description" && frame.from === this.#peer && frame.description) this.#heard(frame.description);
  }

  /** @param {{session: string, polite: boolean}} member */
  #met({ session, polite }) {
    this.#peer = session;
    this.#leads = !polite;
    this.state = "here";
    this.#changed();
  }

  /** @param {Frame} said whatever the other side likes to say */
  #heard(said) {
    if (said.about === "begin") {
      this.#begin();
    } else if (said.about === "found") {
      this.other = soundOther(said.found);
      this.#changed();
    } else if (said.type === "offer" && !this.#leads && this.#ready) {
      this.#following = (this.#following ?? Promise.resolve()).then(() => this.#follow(said));
    } else if (KINDS.includes(said.kind) && (said.type === "answer" || said.about === "outcome")) {
      this.#said.set(`${said.about ?? said.type} ${said.kind}`, said);
    }
  }
}

const CONNECTING = 10_000;

/** @param {unknown} sdp */
function candidates(sdp) {
  return typeof sdp === "string" && /^a=candidate:/m.test(sdp);
}

/** What the other side says of a way, with nothing in it that we do not know. @param {any} said @returns {Outcome | null} */
export function sound(said) {
  if (said === null || typeof said !== "object") return null; // it never came
  const number = (/** @type {unknown} */ value) => (typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null);
  const word = (/** @type {unknown} */ value, /** @type {RegExp} */ shape) => /** @type {any} */ (typeof value === "string" && shape.test(value) ? value : "");
  return {
    connected: said.connected === true,
    offered: said.offered === true,
    rtt: number(said.rtt),
    loss: number(said.loss),
    jitter: number(said.jitter),
    rate: number(said.rate),
    path: word(said.path, /^(direct|relayed)$/),
    over: word(said.over, /^(udp|tcp|tls)$/),
    pair: word(said.pair, /^[a-z]{4,5}\/[a-z]{4,5}$/),
  };
}
