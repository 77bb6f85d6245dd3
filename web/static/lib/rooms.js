import { Room } from "./room.js";
import { SignalError } from "./socket.js";

/** @typedef {import("./types.js").Frame} Frame */

/** The rooms that we are in, and the frames that are about them. */
export class Rooms {
  #socket;
  #company;
  #state;
  /** @type {Map<string, Room>} */
  #rooms = new Map();

  /**
   * @param {import("./socket.js").Socket} socket
   * @param {import("./company.js").Company} company
   * @param {() => import("./types.js").MemberState} state what we show of ourselves
   */
  constructor(socket, company, state) {
    this.#socket = socket;
    this.#company = company;
    this.#state = state;
  }

  /** @returns {IterableIterator<Room>} */
  all() {
    return this.#rooms.values();
  }

  /** @param {string} name */
  get(name) {
    return this.#rooms.get(name);
  }

  /**
   * @param {string} name
   * @param {import("./types.js").JoinRules} rules
   * @returns {Promise<Room>} rejects with a SignalError
   */
  async join(name, rules) {
    const frame = await this.#socket.request({ ...rules, type: "join", room: name, state: this.#state() });
    const room = this.#rooms.get(name) ?? this.#add(name, rules); // two may have asked at once
    this.#entered(room, frame);
    return room;
  }

  /** Our session is a new one: every room is joined again. */
  async comeBack() {
    await Promise.all([...this.#rooms.values()].map((room) => this.#rejoin(room)));
  }

  /** Shows everybody what we show of ourselves now. */
  tellState() {
    for (const room of this.#rooms.keys()) this.#socket.send({ type: "state", room, state: this.#state() });
  }

  /** @param {Frame} frame that names a room */
  frame(frame) {
    const room = this.#rooms.get(frame.room);
    if (!room) return;
    switch (frame.type) {
      case "member-joined":
        return this.#company.meet(room, frame.member);
      case "member-left":
        if (frame.owner) room.become({ owner: frame.owner });
        return this.#company.part(room, frame.session, frame.reason === "gone");
      case "member-state":
        return this.#company.get(frame.session)?.show(frame.state ?? {});
      case "room":
        return room.become({ owner: frame.owner, locked: frame.locked === true });
      case "kicked":
        return this.#shut(room, new SignalError("kicked", "you were asked to leave this room"));
    }
  }

  /**
   * @param {string} name
   * @param {import("./types.js").JoinRules} rules
   */
  #add(name, rules) {
    const room = new Room(name, rules, {
      send: (type, fields) => this.#socket.send({ type, room: name, ...fields }),
      leave: (left) => this.#leave(left),
    });
    this.#rooms.set(name, room);
    return room;
  }

  /**
   * @param {Room} room
   * @param {Frame} frame `joined`
   */
  #entered(room, frame) {
    room.become({ owner: frame.owner, locked: frame.locked === true });
    for (const info of frame.members) this.#company.meet(room, info);
  }

  /** @param {Room} room */
  async #rejoin(room) {
    try {
      const frame = await this.#socket.request({ ...room.rules, existing: undefined, type: "join", room: room.name, state: this.#state() });
      if (this.#rooms.get(room.name) === room) this.#entered(room, frame);
    } catch (err) {
      if (err instanceof SignalError && (err.code === "offline" || err.code === "timeout")) return; // the next welcome tries again
      this.#shut(room, /** @type {Error} */ (err));
    }
  }

  /**
   * @param {Room} room
   * @param {Error} err
   */
  #shut(room, err) {
    this.#rooms.delete(room.name);
    room.emit("closed", err); // first: it is not that the others leave
    this.#company.leave(room);
  }

  /** @param {Room} room */
  #leave(room) {
    if (!this.#rooms.delete(room.name)) return;
    this.#socket.send({ type: "leave", room: room.name });
    room.emit("closed", null);
    this.#company.leave(room);
  }
}
