// What numbered messages tell: loss, delay, jitter.

/**
 * @typedef {object} Measured
 * @property {number} sent
 * @property {number} received
 * @property {number} loss 0 to 1
 * @property {number | null} p50 milliseconds
 * @property {number | null} p95
 * @property {number | null} jitter milliseconds, as RFC 3550 §6.4.1 has it, but the mean of the whole time
 * @property {{at: number, rtt: number | null}[]} points at: milliseconds since the first message was sent
 */

const POINTS = 60;

/** Counts the messages of one stream. Their numbers begin at 0; what comes twice counts once. */
export class Tally {
  #most;
  /** @type {Map<number, {sent: number, rtt: number}>} */
  #arrived = new Map();

  /** @param {number} most how many messages may come: higher numbers are not ours */
  constructor(most) {
    this.#most = most;
  }

  /** @param {number} number @param {number} sent when, by our clock @param {number} now */
  take(number, sent, now) {
    if (!Number.isInteger(number) || number < 0 || number >= this.#most || this.#arrived.has(number) || !Number.isFinite(now - sent)) return;
    this.#arrived.set(number, { sent, rtt: now - sent });
  }

  get received() {
    return this.#arrived.size;
  }

  /**
   * @param {number} sent how many were sent
   * @returns {Measured}
   */
  result(sent) {
    const all = [...this.#arrived].sort(([a], [b]) => a - b).map(([number, { sent: at, rtt }]) => ({ number, at, rtt }));
    const delays = all.map(({ rtt }) => rtt).sort((a, b) => a - b);
    const steps = all.slice(1).map(({ rtt }, i) => Math.abs(rtt - all[i].rtt));
    return {
      sent,
      received: all.length,
      loss: sent === 0 ? 0 : Math.max(0, 1 - all.length / sent),
      p50: percentile(delays, 0.5),
      p95: percentile(delays, 0.95),
      jitter: steps.length ? tenth(steps.reduce((sum, step) => sum + step, 0) / steps.length) : null,
      points: points(all, sent),
    };
  }
}

/** @param {number[]} sorted @param {number} share @returns {number | null} */
export function percentile(sorted, share) {
  return sorted.length === 0 ? null : tenth(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]);
}

/**
 * At most sixty, the mean of what arrived in each part of the time; null where nothing did.
 * @param {{number: number, at: number, rtt: number}[]} all
 * @param {number} sent
 */
function points(all, sent) {
  if (all.length < 2) return [];
  const size = Math.max(1, Math.ceil(sent / POINTS));
  const start = all[0].at - all[0].number * pace(all);
  /** @type {Measured["points"]} */
  const list = [];
  for (let from = 0; from < sent; from += size) {
    const part = all.filter(({ number }) => number >= from && number < from + size);
    const at = Math.round(part.length ? part[0].at - start : from * pace(all));
    list.push({ at, rtt: part.length ? tenth(part.reduce((sum, { rtt }) => sum + rtt, 0) / part.length) : null });
  }
  return list;
}

/** @param {{number: number, at: number}[]} all milliseconds from message to message */
function pace(all) {
  const [first, last] = [all[0], all[all.length - 1]];
  return (last.at - first.at) / Math.max(1, last.number - first.number);
}

/** @param {number} value */
function tenth(value) {
  return Math.round(value * 10) / 10;
}
