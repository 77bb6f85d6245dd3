import { Call } from "./call.js";

/** @typedef {import("./types.js").Frame} Frame */

const MOST = 32;

/** The calls by name that are ringing or under way, and the frames that are about them. */
export class Calls {
  #socket;
  #company;
  #ring;
  /** @type {Map<string, Call>} */
  #calls = new Map();

  /**
   * @param {import("./socket.js").Socket} socket
   * @param {import("./company.js").Company} company
   * @param {(call: Call) => void} ring a call comes in
   */
  constructor(socket, company, ring) {
    this.#socket = socket;
    this.#company = company;
    this.#ring = ring;
  }

  /** @returns {IterableIterator<Call>} */
  all() {
    return this.#calls.values();
  }

  get size() {
    return this.#calls.size;
  }

  /**
   * @param {string} name
   * @param {object} [media]
   * @returns {Promise<Call>} rejects with a SignalError
   */
  async place(name, media) {
    const frame = await this.#socket.request({ type: "invite", name, ...(media && { media }) });
    // Whom we call is just calling us: this is that call, and both are told that it is accepted.
    const crossed = this.#calls.get(frame.call);
    if (crossed) return crossed;
    return this.#add(frame.call, frame.name ?? name, false, media);
  }

  /** @param {Frame} frame that names a call */
  frame(frame) {
    if (frame.type === "ring") return this.#ringing(frame);
    if (frame.type === "accepted") return this.#accepted(frame);
    const call = this.#calls.get(frame.call);
    if (!call) return;
    if (frame.type === "ringing") call.become("ringing");
    else this.#ended(call, frame.reason);
  }

  /** Our session is a new one: the server knows nothing of calls that were not accepted yet. */
  sessionEnded() {
    for (const call of [...this.#calls.values()]) if (call.state !== "accepted") this.#end(call, "gone");
  }

  /** @param {Frame} frame */
  #ringing(frame) {
    if (this.#calls.size >= MOST) {
      this.#socket.send({ type: "decline", call: frame.call, reason: "busy" });
      return;
    }
    const call = this.#add(frame.call, frame.from?.name ?? "", true, frame.media);
    this.#socket.send({ type: "ringing", call: call.id });
    this.#ring(call);
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {boolean} incoming
   * @param {any} media
   */
  #add(id, name, incoming, media) {
    const call = new Call({
      id,
      name,
      incoming,
      media,
      send: (type, fields) => this.#tell(id, type, fields),
      end: (ended, reason) => this.#end(ended, reason),
    });
    this.#calls.set(id, call);
    call.on("left", (member) => this.#end(call, member.bye ? "hangup" : "gone"));
    return call;
  }

  /**
   * @param {string} id
   * @param {string} type
   * @param {object} [fields]
   */
  #tell(id, type, fields) {
    if (type !== "accept") return this.#socket.send({ type, call: id, ...fields });
    this.#socket.request({ type, call: id }).then(
      (frame) => this.#accepted(frame),
      () => {
        const call = this.#calls.get(id);
        if (call) this.#end(call, "cancelled"); // it ended while somebody reached for the button
      },
    );
    return true;
  }

  /** @param {Frame} frame */
  #accepted(frame) {
    const call = this.#calls.get(frame.call);
    if (!call || call.state === "ended") return;
    call.become("accepted");
    this.#company.meet(call, { ...frame.peer, polite: frame.polite });
  }

  /**
   * The server says that a call is over. If only the other side's signaling broke, its media may live on.
   * @param {Call} call
   * @param {string} reason
   */
  #ended(call, reason) {
    if (call.state !== "accepted" || reason !== "gone") return this.#end(call, reason);
    for (const member of [...call.members]) this.#company.part(call, member.session, true);
  }

  /**
   * @param {Call} call
   * @param {string} reason
   */
  #end(call, reason) {
    if (!this.#calls.delete(call.id)) return;
    call.become("ended", reason);
    this.#company.leave(call);
  }
}
