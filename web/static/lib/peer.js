import { Emitter } from "./emitter.js";
import { Line } from "./line.js";
import { Recovery } from "./recovery.js";
import { Slots } from "./slots.js";

/** @typedef {import("./types.js").Kind} Kind */

const FIRST_OFFER_WAIT = 3_000;
const MAX_EARLY_CANDIDATES = 256;
const MAX_WORK = 1_024;
const HOPELESS = 3;
// Looks without a sign of life. The polite side leaves the first offer to the other, so that they do not collide.
const PATIENCE = { impolite: 2, polite: 3 };

/**
 * One RTCPeerConnection to one session, negotiated by the perfect negotiation pattern: who is polite is said by the
 * server. One side makes the first offer; the other makes one itself only if none comes.
 *
 * All operations on descriptions and candidates run one after another, so the signaling state seen at the start of
 * an operation holds until its end, and a collision of offers is simply an offer that finds the state not stable.
 *
 * Events: `connection` (an RTCPeerConnectionState), `track` ({kind, track}), `message` (an object from the other side),
 * `open` (messages can be sent), `datachannel` (an RTCDataChannel that the other side made), `hopeless` (restarts do not help), `error`, `candidate-error`.
 */
export class Peer extends Emitter {
  /** @type {RTCPeerConnectionState} */
  connection = "new";
  /** What the other side sends. @type {Partial<Record<Kind, MediaStreamTrack>>} */
  tracks = {};

  #polite;
  #number;
  #configuration;
  #send;
  #reachable;
  /** Whether a restart waits until the other side can be reached. */
  #stalled = false;
  #timers;
  #recovery;
  #line;
  #slots;
  #closed = false;
  #met = false;
  /** Whether pictures were lost on the way, so that the other side waits for a whole one. */
  #torn = false;
  #ignoring = false;
  /** Our part in the DTLS handshake, once agreed: active, passive, or empty. */
  #role = "";
  #work = Promise.resolve();
  #waitingWork = 0;
  /** @type {any} */
  #waiting = null;
  /** @type {(RTCIceCandidateInit | null)[]} candidates that came before a description; the excess is dropped */
  #early = [];

  /**
   * @param {object} options
   * @param {boolean} options.polite
   * @param {boolean} options.offers makes the first offer at once
   * @param {number} options.number tells the connections of one pair of sessions apart, first 0
   * @param {() => RTCConfiguration} options.configuration the newest ICE servers
   * @param {(frame: import("./types.js").Frame) => boolean} options.send to the other session; false: not possible now
   * @param {() => boolean} [options.reachable] whether what is sent arrives soon
   * @param {import("./media.js").Media} options.media
   * @param {typeof RTCPeerConnection} options.RTCPeerConnection
   * @param {import("./types.js").Timers} options.timers
   */
  constructor({ polite, offers, number, configuration, send, reachable = () => true, media, RTCPeerConnection, timers }) {
    super();
    this.#polite = polite;
    this.#number = number;
    this.#configuration = configuration;
    this.#send = send;
    this.#reachable = reachable;
    this.#timers = timers;
    const pc = new RTCPeerConnection(configuration());
    /** The connection itself, for statistics. @type {RTCPeerConnection} */
    this.pc = pc;
    this.#recovery = new Recovery((attempt) => this.#recover(attempt), timers);
    this.#slots = new Slots(pc, media, (kind, track) => {
      this.tracks[kind] = track;
      this.emit("track", { kind, track });
    });
    this.#line = new Line({
      pc,
      patience: polite ? PATIENCE.polite : PATIENCE.impolite,
      opened: () => this.#opened(),
      message: (message) => this.emit("message", message),
      changed: () => this.#changed(),
      timers,
    });
    pc.onnegotiationneeded = () => this.#negotiate();
    pc.onicecandidate = ({ candidate }) => this.#gathered(candidate);
    pc.onconnectionstatechange = pc.oniceconnectionstatechange = () => this.#changed();
    pc.ondatachannel = ({ channel }) => this.emit("datachannel", channel);
    if (offers) this.#offerFirst();
    else this.#waiting = timers.setTimeout(() => this.#offerFirst(), FIRST_OFFER_WAIT);
  }

  /** Whether media flows, as far as the browser knows. */
  get connected() {
    return this.connection === "connected";
  }

  /**
   * A description or candidate frame of the other session.
   * @param {import("./types.js").Frame} frame
   */
  receive(frame) {
    if (frame.type === "description") this.#enqueue(() => this.#describe(frame.description));
    else if (frame.type === "candidate") this.#enqueue(() => this.#candidate(frame.candidate));
    else if (frame.type === "end-of-candidates") this.#enqueue(() => this.#candidate(null));
  }

  /** Restarts ICE with the newest configuration. */
  restart() {
    this.#recovery.now();
  }

  /** The other side can be reached again. */
  heard() {
    if (this.#stalled && !this.connected) this.#recovery.now();
    this.#stalled = false;
  }

  /**
   * Sends an object to the other side over the data channel.
   * @param {object} message
   * @returns {boolean} whether the channel took it
   */
  tell(message) {
    return this.#line.tell(message);
  }

  /** Takes the other side's session for lost: restarts cannot be agreed on any more. */
  abandon() {
    this.#recovery.stop();
    this.#line.ignoreSilence();
    this.#timers.clearTimeout(this.#waiting);
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.abandon();
    this.#slots.close();
    const pc = this.pc;
    pc.onnegotiationneeded = pc.onicecandidate = pc.onconnectionstatechange = pc.oniceconnectionstatechange = pc.ondatachannel = null;
    this.#line.close();
    pc.close();
    this.connection = "closed";
    this.emit("connection", "closed");
  }

  #offerFirst() {
    if (this.#met) return;
    this.#met = true;
    this.#slots.open();
    this.#negotiate();
  }

  /** @param {number} attempt */
  #recover(attempt) {
    if (!this.#reachable()) {
      this.#stalled = true; // offers that pile up would all be outdated by then
      return;
    }
    this.#stalled = false;
    if (attempt >= HOPELESS) this.emit("hopeless");
    if (this.#closed || !this.#met) return;
    this.pc.setConfiguration(this.#configuration());
    this.pc.restartIce();
    // An offer whose answer was lost would keep negotiationneeded from firing: say it again with new credentials.
    if (this.pc.signalingState === "have-local-offer") this.#enqueue(() => this.#offer());
  }

  #negotiate() {
    if (!this.#met) return; // the other side is about to offer
    this.#enqueue(async () => {
      // While an offer of ours is open the browser fires again afterwards, if still needed.
      if (this.pc.signalingState === "stable") await this.#offer();
    });
  }

  async #offer() {
    const state = this.pc.signalingState;
    if (state !== "stable" && state !== "have-local-offer") return;
    await this.pc.setLocalDescription();
    this.#sendDescription();
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #describe(description) {
    const { pc } = this;
    const offer = description.type === "offer";
    const collision = offer && pc.signalingState !== "stable";
    this.#ignoring = collision && !this.#polite;
    if (this.#ignoring) return;
    if (description.type === "answer" && pc.signalingState !== "have-local-offer") return; // to an offer withdrawn since
    this.#met = true;
    this.#timers.clearTimeout(this.#waiting);
    await pc.setRemoteDescription(description);
    if (offer) this.#wait();
    else this.#role ||= setup(description) === "active" ? "passive" : "active";
    for (const candidate of this.#early.splice(0)) await this.#add(candidate);
    if (!offer) return;
    await this.#slots.adopt();
    await pc.setLocalDescription();
    this.#role ||= setup(pc.localDescription);
    this.#sendDescription();
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #candidate(candidate) {
    if (this.pc.remoteDescription) await this.#add(candidate);
    else if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(candidate);
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #add(candidate) {
    try {
      await this.pc.addIceCandidate(candidate ?? undefined);
    } catch (err) {
      // Candidates of an offer that we ignored belong to nothing; others may be of a kind this browser does not know.
      if (!this.#ignoring) this.emit("candidate-error", err);
    }
  }

  /** @param {RTCIceCandidate | null} candidate */
  #gathered(candidate) {
    if (candidate?.candidate) this.#send({ type: "candidate", candidate: { ...candidate.toJSON(), connection: this.#number } });
    else if (!candidate) this.#send({ type: "end-of-candidates" });
  }

  #sendDescription() {
    const description = this.pc.localDescription;
    if (!description) return;
    const { type } = description;
    // The roles of a running DTLS association stay. Firefox takes `actpass` in a later offer as leave to become active
    // nevertheless, and Chromium then refuses its answer. So later offers say which role is ours, as RFC 8842 allows.
    const sdp = type === "offer" && this.#role ? description.sdp.replaceAll("a=setup:actpass", `a=setup:${this.#role}`) : description.sdp;
    this.#send({ type: "description", description: { type, sdp, connection: this.#number } });
  }

  #changed() {
    if (this.#closed) return;
    const browser = this.#browserState();
    const silent = browser === "connected" && this.#line.silent;
    const state = silent ? "disconnected" : browser;
    if (silent) this.#recovery.update("silent");
    if (state === this.connection) return;
    this.connection = state;
    if (!silent) this.#recovery.update(state);
    if (state === "connected" && this.#torn) this.#slots.renew();
    if (state !== "connecting") this.#torn = state !== "connected";
    this.emit("connection", state);
  }

  /** @returns {RTCPeerConnectionState} */
  #browserState() {
    const { connectionState, iceConnectionState } = this.pc;
    // ICE is the first to know of trouble; the whole is connected only when DTLS is too.
    const trouble = iceConnectionState === "disconnected" || iceConnectionState === "failed";
    return trouble ? iceConnectionState : connectionState;
  }

  #opened() {
    // After a restart this is the earliest moment at which something can be sent again. Not every browser tells it.
    const ice = this.pc.sctp?.transport?.iceTransport;
    if (ice) ice.onselectedcandidatepairchange = () => this.#torn && !this.#closed && this.#slots.renew();
    this.emit("open");
  }

  /** The other side has offered: if that is to mend the connection, it is given its time. */
  #wait() {
    this.#line.wait();
    this.#recovery.wait();
  }

  /**
   * Runs after everything before it; what comes while a thousand others wait is dropped.
   * @param {() => Promise<void>} operation
   */
  #enqueue(operation) {
    if (this.#waitingWork >= MAX_WORK) return;
    this.#waitingWork++;
    this.#work = this.#work.then(async () => {
      this.#waitingWork--;
      if (this.#closed) return;
      try {
        await operation();
      } catch (err) {
        if (!this.#closed) this.emit("error", err);
      }
    });
  }
}

/** @param {RTCSessionDescriptionInit | null} description */
function setup(description) {
  return /^a=setup:(active|passive)/m.exec(description?.sdp ?? "")?.[1] ?? "";
}
