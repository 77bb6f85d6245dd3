import { Pulse } from "./pulse.js";

const CHANNEL = { negotiated: true, id: 0 };

/**
 * The data channel between two peers: small objects, in order, and the beats by which each knows that the path works.
 */
export class Line {
  #channel;
  #pulse;
  #message;

  /**
   * @param {object} options
   * @param {RTCPeerConnection} options.pc
   * @param {number} options.patience that of the Pulse
   * @param {() => void} options.opened
   * @param {(message: any) => void} options.message an object of the other side: anything
   * @param {() => void} options.changed silent is another now
   * @param {import("./types.js").Timers} options.timers
   */
  constructor({ pc, patience, opened, message, changed, timers }) {
    this.#message = message;
    this.#channel = pc.createDataChannel("turnpike", CHANNEL);
    this.#pulse = new Pulse({ beat: () => this.#beat(), getStats: () => pc.getStats(), patience, changed, timers });
    this.#channel.onopen = () => {
      this.#pulse.start();
      opened();
    };
    this.#channel.onmessage = (event) => this.#receive(event.data);
  }

  /** Whether nothing arrives any more, neither here nor in any other way. */
  get silent() {
    return this.#pulse.silent;
  }

  /**
   * @param {object} message
   * @returns {boolean} whether the channel took it
   */
  tell(message) {
    if (this.#channel.readyState !== "open") return false;
    try {
      this.#channel.send(JSON.stringify(message));
      return true;
    } catch {
      return false; // its buffer is full, or it is closing
    }
  }

  /** The other side is mending the connection: silence is no news for a while. */
  wait() {
    this.#pulse.wait();
  }

  /** From now on silence means nothing; messages go on. */
  ignoreSilence() {
    this.#pulse.stop();
  }

  close() {
    this.#pulse.stop();
    this.#channel.onopen = this.#channel.onmessage = null;
  }

  #beat() {
    // What still waits to be sent says the same.
    if (!this.#channel.bufferedAmount) this.tell({ type: "beat" });
  }

  /** @param {unknown} data */
  #receive(data) {
    if (typeof data !== "string") return;
    try {
      const message = JSON.parse(data);
      const beat = message?.type === "beat";
      this.#pulse.heard(beat);
      if (message !== null && typeof message === "object" && !beat) this.#message(message);
    } catch {
      // Not ours.
    }
  }
}
