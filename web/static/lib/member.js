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
 * Events: `connection`, `state` (what it shows of itself), `track` ({kind, track}), `text` ({text}), `session` (it has
 * a new one), `sample` (a new measurement is in meter), `gone`.
 */
export class Member extends Emitter {
  /** @type {"connecting" | "connected" | "reconnecting" | "gone"} */
  connection = "connecting";
  /** @type {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} */
  tracks = { audio: null, video: null };
  /** True once the server no longer knows its session, while media still flows. */
  adrift = false;

  #make;
  #hello;
  /** @type {Peer} */
  #peer;
  /** @type {Peer | null} the connection of the session before, until the new one is up */
  #former = null;

  /**
   * @param {object} options
   * @param {import("./types.js").MemberInfo} options.info
   * @param {(session: string, polite: boolean) => Peer} options.make
   * @param {() => MemberState} options.hello what we show of ourselves
   * @param {import("./types.js").Timers} options.timers
   */
  constructor({ info, make, hello, timers }) {
    super();
    this.session = info.session;
    this.name = info.name ?? "";
    /** @type {MemberState} */
    this.state = info.state ?? {};
    this.#make = make;
    this.#hello = hello;
    this.#peer = this.#connect(info);
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

  /** @param {MemberState} state */
  show(state) {
    this.state = { ...state, device: state.device ?? this.device };
    this.emit("state", this.state);
  }

  /** Restarts ICE with the newest configuration. */
  restart() {
    if (!this.adrift) this.#peer.restart();
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
    const before = this.#peer;
    if (this.#former) before.close();
    else this.#former = before;
    this.#former.abandon();
    this.adrift = false;
    this.session = info.session;
    this.#peer = this.#connect(info);
    if (info.state) this.show(info.state);
    this.emit("session", this.session);
    this.#settle();
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

  /** @param {import("./types.js").MemberInfo} info */
  #connect(info) {
    const peer = this.#make(info.session, info.polite);
    /** @type {Partial<Record<Kind, MediaStreamTrack>>} */
    const tracks = {};
    peer.on("track", ({ kind, track }) => {
      tracks[/** @type {Kind} */ (kind)] = track;
      if (this.#live() === peer) this.#take(tracks);
    });
    peer.on("open", () => peer.tell({ type: "state", state: this.#hello() }));
    peer.on("message", (message) => this.#message(message));
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
      if (!track || this.tracks[kind] === track) continue;
      this.tracks[kind] = track;
      this.emit("track", { kind, track });
    }
  }

  #settle() {
    if (this.connection === "gone") return;
    const now = this.connected ? "connected" : this.connection === "connecting" ? "connecting" : "reconnecting";
    if (now === "connected") this.meter.start();
    if (now === this.connection) return;
    this.connection = now;
    this.emit("connection", now);
  }

  /** @param {any} message from the other side: anything */
  #message(message) {
    if (message.type === "text" && typeof message.text === "string") {
      this.emit("text", { text: message.text.slice(0, MAX_TEXT) });
    } else if (message.type === "state" && message.state !== null && typeof message.state === "object") {
      this.show(message.state);
    } else if (message.type === "bye") {
      this.emit("bye");
    }
  }
}
