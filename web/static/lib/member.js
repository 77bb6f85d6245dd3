import { Emitter } from "./emitter.js";
import { Meter } from "./meter.js";
import { Peer } from "./peer.js";

/** @typedef {import("./types.js").Kind} Kind */
/** @typedef {import("./types.js").MemberState} MemberState */

const MAX_TEXT = 4_000;

/**
 * Somebody on the other side, in a room or in a call. A member outlives its session: when either side's signaling
 * comes back under a new session, the new connection is built while the old one still carries media, and takes over
 * when it is up.
 *
 * `connection` is `connecting`, `connected`, `reconnecting` or `gone`.
 *
 * Events: `connection`, `state` (what it shows of itself), `track` ({kind, track}), `text` ({text}), `datachannel`
 * ({channel}: an RTCDataChannel that it made), `away` (whether its connection to the server is lost), `renewed`
 * (another connection carries media now; data channels of the one before are closed), `session` (it has a new one),
 * `sample` (a new measurement is in meter), `gone`, `error`.
 *
 * @extends {Emitter<import("./types.js").MemberEvents>}
 */
export class Member extends Emitter {
  /** @type {"connecting" | "connected" | "reconnecting" | "gone"} */
  connection = "connecting";
  /** @type {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} */
  tracks = { audio: null, video: null };
  /** The same as one stream, for a video element: its tracks change by themselves. Null where there is no browser. */
  stream = globalThis.MediaStream ? new globalThis.MediaStream() : null;
  /** True once the server no longer knows its session, while media still flows. */
  adrift = false;
  /** True while its own connection to the server is lost: it hears nothing new, and may be back. */
  away = false;
  /** True once it has said goodbye itself. */
  bye = false;

  /** When `connection` became what it is, by the clock of the timers. */
  since = 0;

  #asleep = false;
  #make;
  #hello;
  #timers;
  /** @type {Peer} */
  #peer;
  /** @type {Peer | null} the connection before, until the new one is up */
  #former = null;
  /** The connection of which listeners know. */
  #known;
  #polite = false;
  /** Counts our connections with the same session; both sides put it into what they send. */
  #number = 0;
  /** Whether the other side counts too: then it knows what a new number means. */
  #counts = false;

  /**
   * @param {object} options
   * @param {import("./types.js").MemberInfo} options.info
   * @param {(about: Pick<Member, "session"> & {polite: boolean, offers: boolean, number: number}) => Peer} options.make
   * @param {() => MemberState} options.hello what we show of ourselves
   * @param {import("./types.js").Timers} options.timers
   */
  constructor({ info, make, hello, timers }) {
    super();
    this.session = info.session;
    this.name = info.name ?? "";
    /** @type {MemberState} */
    this.state = info.state ?? {};
    this.away = info.away === true;
    this.#timers = timers;
    this.since = timers.now();
    this.#make = make;
    this.#hello = hello;
    this.#polite = info.polite;
    this.#peer = this.#known = this.#connect(!info.polite);
    /** Measurements of the last minute. */
    this.meter = new Meter(() => this.#live().pc, timers, () => this.emit("sample"));
  }

  /** The mark of its page, which stays when its session changes. */
  get device() {
    return this.state.device ?? "";
  }

  get connected() {
    return this.#live().connected;
  }

  /** The RTCPeerConnection that carries media now. */
  get pc() {
    return this.#live().pc;
  }

  /** @param {import("./types.js").Frame} frame */
  receive(frame) {
    const number = (frame.description ?? frame.candidate)?.connection;
    if (Number.isInteger(number)) {
      this.#counts = true;
      if (frame.type === "description" && number === this.#number + 1) this.#replace(false);
      if (number !== this.#number) return; // of a connection that was replaced since
    }
    this.#peer.receive(frame);
  }

  /**
   * Sends a line of chat.
   * @param {string} text
   * @returns {boolean} whether it could be sent
   */
  say(text) {
    return this.tell({ type: "text", text: text.slice(0, MAX_TEXT) });
  }

  /**
   * @param {object} message
   * @returns {boolean}
   */
  tell(message) {
    return this.#live().tell(message);
  }

  /**
   * Makes a data channel of your own; the other side gets it with its event `datachannel`. It lasts as long as the
   * connection that carries it now: after `renewed`, make another.
   * @param {string} label
   * @param {RTCDataChannelInit} [options]
   * @returns {RTCDataChannel}
   */
  createDataChannel(label, options) {
    return this.#live().pc.createDataChannel(label, options);
  }

  /** @param {MemberState} state */
  show(state) {
    this.state = { ...state, device: state.device ?? this.device };
    this.emit("state", this.state);
  }

  /** Restarts ICE with the newest configuration. */
  restart() {
    if (!this.adrift) this.#peer.restart();
  }

  /**
   * Builds a new connection beside the one that runs, and moves to it when it is up. After a change of the transport
   * policy a restart is not enough: browsers stay on the old path as long as it works.
   */
  renew() {
    if (this.adrift) return;
    if (!this.#counts) return this.restart();
    this.#replace(true);
  }

  /** Closes the connection of one who is away and not heard; without it relays would be held for nobody. */
  sleep() {
    if (!this.#counts) return; // it would not know what a new connection means
    this.#asleep = true;
    this.meter.stop();
    this.#former?.close();
    this.#former = null;
    this.#peer.close();
  }

  /** It is back: builds a new connection if there is none. */
  wake() {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#replace(true);
  }

  /** It can be reached again, or we can. */
  heard() {
    if (!this.away && !this.adrift) this.#peer.heard();
  }

  /** Its session ended for the server; media goes on as long as it can. */
  drift() {
    this.adrift = true;
    this.#peer.abandon();
  }

  /**
   * It is back under a new session, or we are.
   * @param {import("./types.js").MemberInfo} info
   */
  rebind(info) {
    this.adrift = false;
    this.away = info.away === true;
    this.session = info.session;
    this.#polite = info.polite;
    this.#counts = false;
    this.#number = -1;
    this.#replace(!info.polite);
    if (info.state) this.show(info.state);
    this.emit("session", this.session);
  }

  /** @param {boolean} [say] tells the other side over the data channel, for when signaling cannot */
  close(say = true) {
    if (this.connection === "gone") return;
    if (say) this.tell({ type: "bye" });
    this.connection = "gone";
    this.meter.stop();
    this.#former?.close();
    this.#peer.close();
    this.emit("connection", "gone");
    this.emit("gone");
  }

  #live() {
    return this.#former ?? this.#peer;
  }

  /** @param {boolean} offers */
  #replace(offers) {
    const before = this.#peer;
    before.abandon();
    if (before.connected && !this.#former) this.#former = before;
    else before.close();
    this.#number++;
    this.#peer = this.#connect(offers);
    this.#settle();
  }

  /** @param {boolean} offers makes the first offer; of a new pair the impolite side does */
  #connect(offers) {
    const peer = this.#make({ session: this.session, polite: this.#polite, offers, number: this.#number });
    /** @type {Partial<Record<Kind, MediaStreamTrack>>} */
    const tracks = {};
    peer.on("track", ({ kind, track }) => {
      tracks[/** @type {Kind} */ (kind)] = track;
      if (this.#live() === peer) this.#take(tracks);
    });
    peer.on("open", () => peer.tell({ type: "state", state: this.#hello() }));
    peer.on("message", (message) => this.#message(message));
    peer.on("datachannel", (channel) => this.emit("datachannel", { channel }));
    peer.on("hopeless", () => {
      if (peer === this.#peer && this.#counts) this.renew();
    });
    peer.on("error", (err) => this.emit("error", err));
    peer.on("connection", () => {
      if (peer === this.#peer && peer.connected && this.#former) {
        this.#former.close();
        this.#former = null;
        this.#take(tracks);
      } else if (peer === this.#former && !peer.connected) {
        peer.close();
        this.#former = null;
        this.#take(tracks);
      }
      this.#settle();
    });
    return peer;
  }

  /** @param {Partial<Record<Kind, MediaStreamTrack>>} tracks */
  #take(tracks) {
    for (const kind of /** @type {Kind[]} */ (["audio", "video"])) {
      const track = tracks[kind];
      const former = this.tracks[kind];
      if (!track || former === track) continue;
      this.tracks[kind] = track;
      if (former) this.stream?.removeTrack(former);
      this.stream?.addTrack(track);
      this.emit("track", { kind, track });
    }
  }

  #settle() {
    if (this.connection === "gone") return;
    if (this.#known !== this.#live()) {
      this.#known = this.#live();
      this.emit("renewed");
    }
    const now = this.connected ? "connected" : this.connection === "connecting" ? "connecting" : "reconnecting";
    if (now === "connected") this.meter.start();
    if (now === this.connection) return;
    this.connection = now;
    this.since = this.#timers.now();
    this.emit("connection", now);
  }

  /** @param {any} message from the other side: anything */
  #message(message) {
    if (message.type === "text" && typeof message.text === "string") {
      this.emit("text", { text: message.text.slice(0, MAX_TEXT) });
    } else if (message.type === "state" && message.state !== null && typeof message.state === "object") {
      this.show(message.state);
    } else if (message.type === "bye") {
      this.bye = true;
      this.emit("bye");
    }
  }
}
