// How long a connection may be disturbed before ICE is restarted, and how long each restart gets.
const GRACE = 600;
const PATIENCE = 6_000;
const LONGEST = 30_000;
const FIRST_CONNECT = 15_000;

/**
 * Watches the state of one connection and says when to restart ICE. No browser does so by itself: after a NAT has
 * forgotten its mapping, or the network has changed, media would stop for ever.
 */
export class Recovery {
  #restart;
  #timers;
  /** @type {any} */
  #timer = null;
  #attempt = 0;
  /** @type {"new" | "well" | "grace" | "restarting" | "stopped"} */
  #phase = "new";

  /**
   * @param {(attempt: number) => void} restart attempt counts from 0 since the connection was last well
   * @param {import("./types.js").Timers} timers
   */
  constructor(restart, timers) {
    this.#restart = restart;
    this.#timers = timers;
    this.#arm(FIRST_CONNECT);
  }

  /** @param {string} state an RTCPeerConnectionState; or `silent`: we know before the browser that nothing arrives */
  update(state) {
    if (this.#phase === "stopped") return;
    if (state === "connected") {
      this.#phase = "well";
      this.#attempt = 0;
      this.#timers.clearTimeout(this.#timer);
    } else if (state === "disconnected" && this.#phase === "well") {
      this.#phase = "grace";
      this.#arm(GRACE);
    } else if ((state === "failed" || state === "silent") && this.#phase !== "restarting") {
      this.#fire();
    }
  }

  /** The other side has begun a restart: ours would only disturb it, unless it comes to nothing. */
  wait() {
    if (this.#phase !== "grace") return;
    this.#phase = "restarting";
    this.#arm(PATIENCE);
  }

  /** Restarts now. A connection that is well may not change its state on the way, so nothing more is expected of it. */
  now() {
    if (this.#phase === "well") this.#restart(0);
    else if (this.#phase !== "stopped") this.#fire();
  }

  stop() {
    this.#phase = "stopped";
    this.#timers.clearTimeout(this.#timer);
  }

  #fire() {
    this.#phase = "restarting";
    const attempt = this.#attempt++;
    this.#arm(Math.min(LONGEST, PATIENCE * 1.5 ** attempt));
    this.#restart(attempt);
  }

  /** @param {number} ms */
  #arm(ms) {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => this.#fire(), ms);
  }
}
