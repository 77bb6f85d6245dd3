import { Emitter } from "./emitter.js";

/**
 * A call by name. `state` is `calling`, `ringing`, `accepted` or `ended`; `reason` is then one of those of the
 * protocol, or `failed` if the call could not even be placed.
 *
 * Events: `state`, `member` (the Member at the other end), `left`.
 *
 * @extends {Emitter<import("./types.js").GatheringEvents>}
 */
export class Call extends Emitter {
  /** @type {"calling" | "ringing" | "accepted" | "ended"} */
  state;
  reason = "";
  /** @type {Set<import("./member.js").Member>} empty, or the one at the other end */
  members = new Set();
  #send;
  #end;

  /**
   * @param {object} options
   * @param {string} options.id
   * @param {string} options.name whom we call, or who calls
   * @param {boolean} options.incoming
   * @param {any} [options.media] what the caller said of the media it has
   * @param {(type: string, fields?: object) => boolean} options.send a frame about this call
   * @param {(call: Call, reason: string) => void} options.end
   */
  constructor({ id, name, incoming, media, send, end }) {
    super();
    this.id = id;
    this.name = name;
    this.incoming = incoming;
    this.media = media;
    this.state = incoming ? "ringing" : "calling";
    this.#send = send;
    this.#end = end;
  }

  /** Takes an incoming call. The state changes when the server agrees that we were first. */
  accept() {
    if (this.incoming && this.state === "ringing") this.#send("accept");
  }

  /** @param {"declined" | "busy"} [reason] */
  decline(reason = "declined") {
    if (!this.incoming || this.state !== "ringing") return;
    this.#send("decline", { reason });
    this.#end(this, "declined");
  }

  /** Ends the call, whatever it has come to. */
  hangup() {
    if (this.state === "ended") return;
    if (this.state === "accepted") this.#send("hangup");
    else if (this.incoming) return this.decline();
    else this.#send("cancel");
    this.#end(this, this.state === "accepted" ? "hangup" : "cancelled");
  }

  /** The same verb as that of a room. */
  leave() {
    this.hangup();
  }

  /**
   * @param {string} text
   * @returns {number}
   */
  say(text) {
    let reached = 0;
    for (const member of this.members) if (member.say(text)) reached++;
    return reached;
  }

  /**
   * @param {"calling" | "ringing" | "accepted" | "ended"} state
   * @param {string} [reason]
   */
  become(state, reason = "") {
    if (this.state === "ended" || this.state === state) return;
    this.state = state;
    this.reason = reason;
    this.emit("state", state);
  }
}
