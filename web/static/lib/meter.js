import { candidates, path } from "./path.js";

const INTERVAL = 1_000;
const KEPT = 60;

/**
 * @typedef {object} Sample one second of a connection
 * @property {number} time milliseconds
 * @property {number | null} rtt milliseconds
 * @property {number | null} loss share of the packets that should have arrived and did not, 0 to 1
 * @property {number | null} received bits per second
 * @property {number | null} sent bits per second
 *
 * @typedef {object} Counters
 * @property {number} time
 * @property {number} bytesReceived
 * @property {number} bytesSent
 * @property {number} packetsReceived
 * @property {number} packetsLost
 */

/** Measures a connection once a second and keeps the last minute. */
export class Meter {
  /** @type {Sample[]} oldest first, at most sixty */
  samples = [];
  /** @type {import("./path.js").Path | null} */
  path = null;

  #pc;
  #timers;
  #measured;
  /** @type {any} */
  #timer = null;
  #running = false;
  /** @type {Counters | null} */
  #before = null;

  /**
   * @param {() => RTCPeerConnection} pc the connection to measure now
   * @param {import("./types.js").Timers} timers
   * @param {() => void} measured
   */
  constructor(pc, timers, measured) {
    this.#pc = pc;
    this.#timers = timers;
    this.#measured = measured;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#round();
  }

  stop() {
    this.#running = false;
    this.#timers.clearTimeout(this.#timer);
  }

  /** Every candidate of the connection, now. */
  async candidates() {
    return candidates(await this.#pc().getStats());
  }

  async #round() {
    try {
      this.#take(await this.#pc().getStats());
    } catch {
      // The connection was closed in between; the next round sees its successor.
    }
    if (!this.#running) return;
    this.#timer = this.#timers.setTimeout(() => this.#round(), INTERVAL);
    this.#measured();
  }

  /** @param {RTCStatsReport | Map<string, any>} report */
  #take(report) {
    this.path = path(report);
    const now = count(report, this.#timers.now());
    const before = this.#before;
    this.#before = now;
    if (!before || now.time <= before.time || now.bytesReceived < before.bytesReceived) return;
    const seconds = (now.time - before.time) / 1000;
    const lost = Math.max(0, now.packetsLost - before.packetsLost);
    const expected = lost + now.packetsReceived - before.packetsReceived;
    this.samples.push({
      time: now.time,
      rtt: this.path?.rtt ?? null,
      loss: expected > 0 ? lost / expected : null,
      received: ((now.bytesReceived - before.bytesReceived) * 8) / seconds,
      sent: ((now.bytesSent - before.bytesSent) * 8) / seconds,
    });
    if (this.samples.length > KEPT) this.samples.shift();
  }
}

/**
 * @param {RTCStatsReport | Map<string, any>} report
 * @param {number} time
 * @returns {Counters}
 */
function count(report, time) {
  const sum = { time, bytesReceived: 0, bytesSent: 0, packetsReceived: 0, packetsLost: 0 };
  for (const stat of report.values()) {
    if (stat.type === "inbound-rtp") {
      sum.bytesReceived += stat.bytesReceived ?? 0;
      sum.packetsReceived += stat.packetsReceived ?? 0;
      sum.packetsLost += stat.packetsLost ?? 0;
    } else if (stat.type === "outbound-rtp") {
      sum.bytesSent += stat.bytesSent ?? 0;
    }
  }
  return sum;
}
