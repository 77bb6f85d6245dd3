import { Calls } from "./calls.js";
import { Company } from "./company.js";
import { diagnose } from "./diagnose.js";
import { Emitter } from "./emitter.js";
import { guestKey, randomText } from "./random.js";
import { Media } from "./media.js";
import { Member } from "./member.js";
import { Peer } from "./peer.js";
import { Report } from "./report.js";
import { Rooms } from "./rooms.js";
import { SignalError, Socket } from "./socket.js";
import { realTimers } from "./types.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./room.js").Room} Room */

/**
 * A client of the daemon. See turnpike.js for how it is used.
 *
 * Events: `up` (the connection to the server is there, or is back), `down` ({wait}: it is gone; the next try is in so
 * many milliseconds), `refused` (a SignalError: it will not be tried again), `move` ({to, after}: go to another server
 * soon), `ring` (a Call that comes in), `error`.
 *
 * @extends {Emitter<import("./types.js").ClientEvents>}
 */
export class Client extends Emitter {
  /** What we send to everybody. */
  media = new Media();
  /** @type {import("./types.js").ICE} */
  ice = { iceServers: [], ttl: 0, expires_at: 0 };
  /** Our session, empty before the first welcome. */
  session = "";

  #socket;
  /** @type {Company} */
  #company;
  #timers;
  #RTCPeerConnection;
  #key;
  #name;
  #token;
  #relayOnly = false;
  /** A mark of this page, by which others know us again after a reconnection. */
  #device = randomText(16);
  #rooms;
  #calls;

  /**
   * @param {object} [options]
   * @param {string} [options.url] of the signaling endpoint; the daemon that served this file if left out
   * @param {string} [options.name] how others can call us
   * @param {string} [options.token] a JWT that says who we are, where the server asks for one; see `renew`
   * @param {string} [options.invite] an invitation into a room, in place of a token
   * @param {import("./types.js").Store | null} [options.storage] keeps the key that proves the name; null: nowhere
   * @param {typeof WebSocket} [options.WebSocket]
   * @param {typeof RTCPeerConnection} [options.RTCPeerConnection]
   * @param {import("./types.js").Timers} [options.timers]
   * @param {() => number} [options.random]
   * @param {typeof globalThis.fetch} [options.fetch]
   */
  constructor(options = {}) {
    super();
    const url = options.url ?? new URL("../v1/signal", import.meta.url).href.replace(/^http/, "ws");
    this.#name = options.name ?? "";
    this.#key = guestKey(options.storage ?? null);
    this.#token = options.token ?? "";
    const { invite } = options;
    this.#timers = options.timers ?? realTimers;
    this.#RTCPeerConnection = options.RTCPeerConnection ?? globalThis.RTCPeerConnection;
    this.#company = new Company((info) => this.#member(info), this.#timers);
    const fetch = options.fetch ?? globalThis.fetch;
    this.#socket = new Socket({
      url,
      hello: () => ({
        ...(this.#name && { name: this.#name }),
        key: this.#key,
        ...(this.#token ? { token: this.#token } : invite && { invite }),
      }),
      WebSocket: options.WebSocket ?? globalThis.WebSocket,
      fetch: (input, init) => fetch(input, init),
      memory: tabMemory(),
      timers: this.#timers,
      random: options.random,
      diagnose: () => diagnose(fetch, url),
      busy: () => this.#busy(),
    });
    this.#socket.on("up", (frame) => this.#up(frame));
    this.#socket.on("down", (detail) => this.emit("down", detail));
    this.#socket.on("refused", (err) => this.emit("refused", err));
    this.#socket.on("frame", (frame) => this.#frame(frame));
    this.#rooms = new Rooms(this.#socket, this.#company, () => this.#state());
    this.#calls = new Calls(this.#socket, this.#company, (call) => this.emit("ring", call));
    this.media.on("change", () => this.#tellState());
  }

  /** `closed`, `connecting`, `up` or `waiting` for the next try. */
  get state() {
    return this.#socket.state;
  }

  get name() {
    return this.#name;
  }

  /** The rooms and calls we are in. @returns {(Room | Call)[]} */
  get gatherings() {
    return [...this.#rooms.all(), ...this.#calls.all()];
  }

  get relayOnly() {
    return this.#relayOnly;
  }

  /**
   * Takes a fresh token of the same person, before the one we came with expires and ends the session.
   * @param {string} token
   * @returns {Promise<void>} rejects with a SignalError if the server does not take it
   */
  async renew(token) {
    this.#token = token;
    if (this.#socket.state !== "up") return; // the next hello has it
    const frame = await this.#socket.request({ type: "token", token });
    this.ice = frame.ice ?? this.ice;
  }

  /** Connects to the server; also: tries again now. */
  open() {
    this.#socket.open();
  }

  /**
   * Changes our name; the server is told by a new connection.
   * @param {string} name
   */
  rename(name) {
    if (name === this.#name) return;
    this.#name = name;
    this.#socket.restart();
  }

  /** The network is known to have changed: the old connection to the server may be dead without saying so. */
  reconnect() {
    if (this.#socket.state !== "closed") this.#socket.reopen();
  }

  /**
   * Sends everything through the relay, so that the others do not learn our addresses. Running connections move.
   * @param {boolean} on
   */
  setRelayOnly(on) {
    if (on === this.#relayOnly) return;
    this.#relayOnly = on;
    for (const member of this.#company.all()) member.renew();
  }

  /**
   * Joins a room; waits for the connection to the server. Those already there are in `members` of the result.
   * @param {string} name
   * @param {import("./types.js").JoinRules} [rules]
   * @returns {Promise<Room>} rejects with a SignalError
   */
  async join(name, rules = {}) {
    const joined = this.#rooms.get(name);
    if (joined) return joined;
    await this.#connected();
    return this.#rooms.join(name, rules);
  }

  /**
   * Calls somebody by name.
   * @param {string} name
   * @param {object} [media] shown to the one who is called
   * @returns {Promise<Call>} rejects with a SignalError
   */
  async call(name, media) {
    await this.#connected();
    return this.#calls.place(name, media);
  }

  /** Leaves everything and disconnects. The media tracks are left alone. */
  close() {
    for (const gathering of this.gatherings) gathering.leave();
    this.#socket.close();
  }

  /** @returns {boolean} */
  #busy() {
    return this.#company.size + this.#calls.size > 0;
  }

  /** @returns {Promise<void>} */
  #connected() {
    if (this.#socket.state === "up") return Promise.resolve();
    this.open();
    return new Promise((resolve, reject) => {
      const offs = [
        this.#socket.on("up", () => (done(), resolve())),
        this.#socket.on("refused", (err) => (done(), reject(err))),
      ];
      const done = () => offs.forEach((off) => off());
    });
  }

  /** @param {Frame} frame */
  #up(frame) {
    const again = this.session !== "";
    const resumed = again && frame.resumed === true && this.session === frame.session;
    this.session = frame.session;
    this.ice = frame.ice ?? this.ice;
    if (resumed) this.#company.heard();
    else if (again) this.#comeBack();
    this.emit("up", { again, resumed });
  }

  async #comeBack() {
    const { session } = this;
    this.#company.unmoor();
    this.#calls.sessionEnded();
    await this.#rooms.comeBack();
    if (session === this.session && this.#socket.state === "up") this.#company.moor();
  }

  /** @param {Frame} frame */
  #frame(frame) {
    switch (frame.type) {
      case "move":
        return this.emit("move", { to: frame.to, after: frame.after });
      case "ice":
        this.ice = frame.ice;
        return;
      case "member-away":
      case "member-back":
        return this.#company.presence(frame.session, frame.type === "member-back");
      case "member-joined":
      case "member-left":
      case "member-state":
      case "room":
      case "kicked":
        return this.#rooms.frame(frame);
      case "description":
      case "candidate":
      case "end-of-candidates":
        return this.#company.get(frame.from)?.receive(frame);
      case "ring":
      case "ringing":
      case "accepted":
      case "call-ended":
        return this.#calls.frame(frame);
      case "error":
        this.emit("error", new SignalError(frame.code, frame.message));
    }
  }

  #state() {
    return { ...this.media.state(), device: this.#device };
  }

  #tellState() {
    this.#rooms.tellState();
    // A call by name has no room, and a member adrift does not hear the server.
    for (const member of this.#company.all()) member.tell({ type: "state", state: this.#state() });
  }

  /** @returns {RTCConfiguration} */
  #configuration() {
    return {
      iceServers: this.ice.iceServers,
      iceTransportPolicy: this.#relayOnly ? "relay" : "all",
      // One transport for all media: one relay allocation for each URL instead of three.
      bundlePolicy: "max-bundle",
    };
  }

  /** @param {import("./types.js").MemberInfo} info */
  #member(info) {
    const member = new Member({
      info,
      hello: () => this.#state(),
      timers: this.#timers,
      make: ({ session, ...rest }) =>
        new Peer({
          ...rest,
          configuration: () => this.#configuration(),
          send: (frame) => this.#socket.send({ ...frame, to: session }),
          reachable: () => this.#socket.state === "up" && !this.#company.get(session)?.away,
          media: this.media,
          RTCPeerConnection: this.#RTCPeerConnection,
          timers: this.#timers,
        }),
    });
    new Report(member, this.#timers, (report) => this.#socket.send({ type: "report", to: member.session, ...report }));
    return member;
  }
}

/** @returns {import("./types.js").Store | null} */
function tabMemory() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
