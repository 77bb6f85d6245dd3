import { Emitter } from "./emitter.js";
import { Meter } from "./meter.js";
import { Succession } from "./succession.js";

/** @typedef {import("./peer.js").Peer} Peer */
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

  #make;
  #hello;
  #timers;
  #connections;
  /** The connection of which listeners know. */
  #known;
  #polite;

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
    this.#connections = new Succession((about) => this.#connect(about), !info.polite, () => this.#settle());
    this.#known = this.#connections.live;
    /** Measurements of the last minute. */
    this.meter = new Meter(() => this.pc, timers, () => this.emit("sample"));
  }

  /** The mark of its page, which stays when its session changes. */
  get device() {
    return this.state.device ?? "";
  }

  get connected() {
    return this.#connections.live.connected;
  }

  /** The RTCPeerConnection that carries media now. */
  get pc() {
    return this.#connections.live.pc;
  }

  /** @param {import("./types.js").Frame} frame */
  receive(frame) {
    this.#connections.receive(frame);
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
    return this.#connections.live.tell(message);
  }

  /**
   * Makes a data channel of your own; the other side gets it with its event `datachannel`. It lasts as long as the
   * connection that carries it now: after `renewed`, make another.
   * @param {string} label
   * @param {RTCDataChannelInit} [options]
   * @returns {RTCDataChannel}
   */
  createDataChannel(label, options) {
    return this.pc.createDataChannel(label, options);
  }

  /** @param {MemberState} state */
  show(state) {
    this.state = { ...state, device: state.device ?? this.device };
    this.emit("state", this.state);
  }

  /** Restarts ICE with the newest configuration. */
  restart() {
    if (!this.adrift) this.#connections.restart();
  }

  /**
   * Builds a new connection beside the one that runs, and moves to it when it is up. After a change of the transport
   * policy a restart is not enough: browsers stay on the old path as long as it works.
   */
  renew() {
    if (!this.adrift) this.#connections.renew();
  }

  /** Closes the connection of one who is away and not heard; without it relays would be held for nobody. */
  sleep() {
    if (this.#connections.sleep()) this.meter.stop();
  }

  /** It is back: builds a new connection if there is none. */
  wake() {
    this.#connections.wake();
  }

  /** It can be reached again, or we can. */
  heard() {
    if (!this.away && !this.adrift) this.#connections.heard();
  }

  /** Its session ended for the server; media goes on as long as it can. */
  drift() {
    this.adrift = true;
    this.#connections.abandon();
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
    this.#connections.rebind(!info.polite);
    if (info.state) this.show(info.state);
    this.emit("session", this.session);
  }

  /** @param {boolean} [say] tells the other side over the data channel, for when signaling cannot */
  close(say = true) {
    if (this.connection === "gone") return;
    if (say) this.tell({ type: "bye" });
    this.connection = "gone";
    this.meter.stop();
    this.#connections.close();
    this.emit("connection", "gone");
    this.emit("gone");
  }

  /** @param {{offers: boolean, number: number}} about */
  #connect(about) {
    const peer = this.#make({ session: this.session, polite: this.#polite, ...about });
    peer.on("track", () => {
      if (peer === this.#connections.live) this.#take(peer);
    });
    peer.on("open", () => peer.tell({ type: "state", state: this.#hello() }));
    peer.on("message", (message) => this.#message(message));
    peer.on("datachannel", (channel) => this.emit("datachannel", { channel }));
    peer.on("error", (err) => this.emit("error", err));
    return peer;
  }

  /** @param {Peer} peer that carries media now */
  #take({ tracks }) {
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
    const { live } = this.#connections;
    if (this.#known !== live) {
      this.#known = live;
      this.#take(live);
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
