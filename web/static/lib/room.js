import { Emitter } from "./emitter.js";

/**
 * A room that was joined. It is joined again by itself after the connection to the server was lost.
 *
 * Events: `member` (a Member that is new here), `left` (a Member that is no longer), `closed` (an Error, or null after
 * leave: the room is over for us).
 *
 * @extends {Emitter<import("./types.js").GatheringEvents>}
 */
export class Room extends Emitter {
  /** @type {Set<import("./member.js").Member>} */
  members = new Set();
  #leave;

  /**
   * @param {string} name
   * @param {(room: Room) => void} leave
   * @param {{secret?: string, existing?: boolean, limit?: number}} [rules]
   */
  constructor(name, leave, rules = {}) {
    super();
    /** How it was joined, and is joined again. */
    this.rules = rules;
    this.name = name;
    this.#leave = leave;
  }

  /** Leaves the room; its connections are closed. */
  leave() {
    this.#leave(this);
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
}
