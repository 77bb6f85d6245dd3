/** @typedef {import("./peer.js").Peer} Peer */

/**
 * The connection with one member, and the one that takes its place: that is built while the one before still carries
 * media, and takes over when it is up.
 *
 * Both sides count the connections of a session and put the number into what they send. So a new one of the other side
 * is known as such, and what comes late for one that was replaced is dropped.
 */
export class Succession {
  #make;
  #changed;
  /** @type {Peer} */
  #peer;
  /** @type {Peer | null} the connection before, until the new one is up */
  #former = null;
  #number = 0;
  /** Whether the other side counts too: then it knows what a new number means. */
  #counts = false;
  #asleep = false;

  /**
   * @param {(about: {offers: boolean, number: number}) => Peer} make
   * @param {boolean} offers makes the first offer; of a new pair the impolite side does
   * @param {() => void} changed the live one is another, or its state is
   */
  constructor(make, offers, changed) {
    this.#make = make;
    this.#changed = changed;
    this.#peer = this.#begin(offers);
  }

  /** The one that carries media now. */
  get live() {
    return this.#former ?? this.#peer;
  }

  /** @param {import("./types.js").Frame} frame */
  receive(frame) {
    const number = (frame.description ?? frame.candidate)?.connection;
    if (Number.isInteger(number)) {
      this.#counts = true;
      if (frame.type === "description" && number === this.#number + 1) this.#replace(false);
      if (number !== this.#number) return;
    }
    this.#peer.receive(frame);
  }

  /** Restarts ICE. */
  restart() {
    this.#peer.restart();
  }

  /** Builds a new connection; restarts ICE where the other side would not know what that means. */
  renew() {
    if (this.#counts) this.#replace(true);
    else this.restart();
  }

  /** The session of either side is a new one, and the count begins anew. @param {boolean} offers */
  rebind(offers) {
    this.#counts = false;
    this.#number = -1;
    this.#replace(offers);
  }

  /** Closes everything for a while. @returns {boolean} false: the other side would not know what a new one means */
  sleep() {
    if (!this.#counts) return false;
    this.#asleep = true;
    this.close();
    this.#former = null;
    return true;
  }

  wake() {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#replace(true);
  }

  /** The other side can be reached again. */
  heard() {
    this.#peer.heard();
  }

  /** The other side cannot be reached any more; media goes on as long as it can. */
  abandon() {
    this.#peer.abandon();
  }

  close() {
    this.#former?.close();
    this.#peer.close();
  }

  /** @param {boolean} offers */
  #replace(offers) {
    const before = this.#peer;
    before.abandon();
    if (before.connected && !this.#former) this.#former = before;
    else before.close();
    this.#number++;
    this.#peer = this.#begin(offers);
    this.#changed();
  }

  /** @param {boolean} offers */
  #begin(offers) {
    const peer = this.#make({ offers, number: this.#number });
    peer.on("connection", () => this.#settle(peer));
    peer.on("hopeless", () => {
      if (peer === this.#peer && this.#counts) this.renew();
    });
    return peer;
  }

  /** @param {Peer} peer whose state changed */
  #settle(peer) {
    const over = peer === this.#peer ? peer.connected : peer === this.#former && !peer.connected;
    if (over) {
      const former = this.#former;
      this.#former = null;
      former?.close();
    }
    this.#changed();
  }
}
