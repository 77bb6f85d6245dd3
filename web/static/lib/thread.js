/** @typedef {import("./types.js").Frame} Frame */

const MOST = 256;
const ACK_EVERY = 32;

/**
 * What makes a session one thread over many connections: both sides number their frames and say how far they have
 * received, so that after a lost connection nothing is missing and nothing is doubled.
 */
export class Thread {
  #token = "";
  /** The newest frame of the server. */
  #received = 0;
  #acknowledged = 0;
  #sent = 0;
  /** @type {Frame[]} ours that the server has not acknowledged */
  #open = [];

  /** Whether there is a session to carry on with. */
  get holds() {
    return this.#token !== "";
  }

  /** The fields of a hello. */
  hello() {
    return this.holds ? { resume: this.#token, ack: this.#received } : { resume: "" };
  }

  /**
   * @param {Frame} welcome
   * @returns {Frame[] | null} what is to be sent again; null: it is a new session
   */
  welcome(welcome) {
    const resumed = welcome.resumed === true && this.holds;
    if (!resumed) this.forget();
    this.renew(welcome);
    if (!resumed) return null;
    this.#heard(welcome.ack ?? 0);
    return this.#open.map((frame) => ({ ...frame, ack: this.#received }));
  }

  /** @param {Frame} frame that brings a token */
  renew(frame) {
    if (typeof frame.resume?.token === "string") this.#token = frame.resume.token;
  }

  /** Gives the session up. */
  forget() {
    this.#token = "";
    this.#received = this.#acknowledged = this.#sent = 0;
    this.#open = [];
  }

  /**
   * Numbers a frame that goes out, now or once there is a connection again.
   * @param {Frame} frame
   * @returns {Frame | null} null: too many wait, and the session is given up
   */
  number(frame) {
    if (!this.holds) return frame;
    if (this.#open.length >= MOST) {
      this.forget();
      return null;
    }
    const numbered = { ...frame, n: ++this.#sent };
    this.#open.push(numbered);
    this.#acknowledged = this.#received;
    return { ...numbered, ack: this.#received };
  }

  /**
   * A frame came in.
   * @param {Frame} frame
   * @returns {boolean} whether it is new
   */
  take(frame) {
    if (Number.isInteger(frame.ack)) this.#heard(frame.ack);
    if (frame.type === "resume") this.renew(frame);
    if (!this.holds || !Number.isInteger(frame.seq)) return true;
    if (frame.seq <= this.#received) return false;
    this.#received = frame.seq;
    return true;
  }

  /** @returns {Frame | null} an acknowledgement that is due, since nothing was said for long */
  due() {
    if (this.#received < this.#acknowledged + ACK_EVERY) return null;
    this.#acknowledged = this.#received;
    return { type: "ack", ack: this.#received };
  }

  /** @param {number} n the newest of ours that the server has received */
  #heard(n) {
    while (this.#open.length > 0 && /** @type {Frame} */ (this.#open[0]).n <= n) this.#open.shift();
  }
}
