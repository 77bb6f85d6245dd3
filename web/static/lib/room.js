import { Emitter } from "./emitter.js";

/** @typedef {import("./member.js").Member} Member */

/**
 * A room that was joined. It is joined again by itself after the connection to the server was lost.
 *
 * Events: `member` (a Member that is new here), `left` (a Member that is no longer), `change` (of its owner, or whether it
 * is locked), `closed` (an Error, or null after leave: the room is over for us).
 *
 * @extends {Emitter<import("./types.js").GatheringEvents>}
 */
export class Room extends Emitter {
  /** @type {Set<Member>} */
  members = new Set();
  /** The session of the one who may lock the room and make others leave: that of a member, or of the client. */
  owner = "";
  /** Whether nobody else is let in. */
  locked = false;
  #send;
  #leave;

  /**
   * @param {string} name
   * @param {import("./types.js").JoinRules} rules
   * @param {object} actions
   * @param {(type: string, fields?: object) => void} actions.send a frame about this room
   * @param {(room: Room) => void} actions.leave
   */
  constructor(name, rules, { send, leave }) {
    super();
    this.name = name;
    /** How it was joined, and is joined again. */
    this.rules = rules;
    this.#send = send;
    this.#leave = leave;
  }

  /** Leaves the room; its connections are closed. */
  leave() {
    this.#leave(this);
  }

  /** Lets nobody else in. Only the owner may; everybody here is told by `change`. */
  lock() {
    this.#send("lock");
  }

  /** Lets people in again. Only the owner may. */
  unlock() {
    this.#send("unlock");
  }

  /**
   * Makes a member leave, whose session is then not let in again. Only the owner may.
   * @param {Member} member
   */
  kick(member) {
    this.#send("kick", { session: member.session });
  }

  /**
   * Sends a line of chat to everybody here.
   * @param {string} text
   * @returns {number} how many it could be sent to
   */
  say(text) {
    let reached = 0;
    for (const member of this.members) if (member.say(text)) reached++;
    return reached;
  }

  /**
   * What the server says of the room.
   * @param {{owner?: string, locked?: boolean}} rest
   */
  become({ owner = this.owner, locked = this.locked }) {
    if (owner === this.owner && locked === this.locked) return;
    this.owner = owner;
    this.locked = locked;
    this.emit("change");
  }
}
