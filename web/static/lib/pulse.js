// Each side beats once a second. When a beat is overdue we look every half second whether anything arrives at all, and
// beat at each look: even if the other page is frozen, its browser acknowledges that.
const BEAT = 1_000;
const OVERDUE = 1_200;
const LOOK = 500;
// A look that comes later than this proves half as much: the machine is busy, or the page is in the background.
const LATE = 300;
// What the other side's own restart of ICE takes, on a slow path.
const TURN = 3_000;

/**
 * Notices that a connection has gone silent, within about two seconds; browsers take five to ten to say so.
 *
 * A beat is a tiny message over the data channel, so a path that works is never silent, even with every device off.
 * Only a peer that beats can fall silent: of others nothing is expected. And anything that arrives is a sign of life:
 * a page that is frozen, or a late beat, is not a dead path.
 */
export class Pulse {
  /** Whether the path is taken for dead. */
  silent = false;

  #beat;
  #getStats;
  #patience;
  #changed;
  #timers;
  #running = false;
  /** @type {any} */
  #beatTimer = null;
  /** @type {any} */
  #lookTimer = null;
  /** Makes a look void that was overtaken by a beat. */
  #round = 0;
  /** @type {number | null} what had arrived at the last look */
  #before = null;
  /** How many looks in a row saw nothing arrive. */
  #quiet = 0;
  /** When the next look is to be. */
  #due = 0;

  /**
   * @param {object} options
   * @param {() => void} options.beat sends ours
   * @param {() => Promise<RTCStatsReport | Map<string, any>>} options.getStats
   * @param {number} options.patience how many looks without a sign of life are silence
   * @param {() => void} options.changed silent is another now
   * @param {import("./types.js").Timers} options.timers
   */
  constructor({ beat, getStats, patience, changed, timers }) {
    this.#beat = beat;
    this.#getStats = getStats;
    this.#patience = patience;
    this.#changed = changed;
    this.#timers = timers;
  }

  /** The data channel is open. */
  start() {
    if (this.#running) return;
    this.#running = true;
    this.#send();
  }

  stop() {
    this.#running = false;
    this.#timers.clearTimeout(this.#beatTimer);
    this.#timers.clearTimeout(this.#lookTimer);
  }

  /** A message of the other side arrived. @param {boolean} beat it is one by which we know that more will come */
  heard(beat) {
    if (!this.#running || (!beat && this.#lookTimer === null)) return;
    this.#listen(OVERDUE);
    this.#become(false);
  }

  /** The other side is mending the connection: that it is silent meanwhile is no news. */
  wait() {
    if (this.#running && this.#lookTimer !== null) this.#listen(TURN);
  }

  #send() {
    this.#beat();
    this.#beatTimer = this.#timers.setTimeout(() => this.#send(), BEAT);
  }

  /** @param {number} ms until the first look */
  #listen(ms) {
    this.#timers.clearTimeout(this.#lookTimer);
    this.#round++;
    this.#before = null;
    this.#quiet = 0;
    this.#schedule(ms);
  }

  /** @param {number} ms */
  #schedule(ms) {
    this.#due = this.#timers.now() + ms;
    this.#lookTimer = this.#timers.setTimeout(() => this.#look(), ms);
  }

  async #look() {
    const round = this.#round;
    const now = await this.#getStats().then(arrived, () => this.#before);
    if (!this.#running || round !== this.#round) return;
    if (now !== null && this.#before !== null) {
      const weight = this.#timers.now() - this.#due > LATE ? 0.5 : 1;
      this.#quiet = now > this.#before ? 0 : this.#quiet + weight;
      if (this.#quiet === 0) this.#become(false);
      else if (this.#quiet >= this.#patience) this.#become(true);
    }
    this.#before = now;
    this.#beat();
    this.#schedule(LOOK);
  }

  /** @param {boolean} silent */
  #become(silent) {
    if (silent === this.silent) return;
    this.silent = silent;
    this.#changed();
  }
}

/**
 * A number that grows with all that arrives but for STUN: checks also run on pairs that carry nothing.
 * @param {RTCStatsReport | Map<string, any>} report
 */
function arrived(report) {
  let sum = 0;
  for (const stat of report.values()) {
    if (stat.type === "candidate-pair") sum += stat.bytesReceived ?? 0;
    else if (stat.type === "inbound-rtp") sum += stat.packetsReceived ?? 0;
  }
  return sum;
}
