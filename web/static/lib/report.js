/** @typedef {import("./member.js").Member} Member */

const PATIENCE = 30_000;

/**
 * Tells the server how the connection to a member ended up, each outcome once: it counts them, and who runs it sees
 * whether people reach each other. Nothing is told of who they are.
 */
export class Report {
  #member;
  #timers;
  #send;
  /** @type {any} */
  #timer = null;
  #was = false;
  /** @type {Set<string>} */
  #told = new Set();

  /**
   * @param {Member} member
   * @param {import("./types.js").Timers} timers
   * @param {(report: {outcome: string, transport?: string, why?: string}) => boolean} send
   */
  constructor(member, timers, send) {
    this.#member = member;
    this.#timers = timers;
    this.#send = send;
    member.on("connection", () => this.#watch());
    member.on("sample", () => this.#measured());
    this.#watch();
  }

  /** A connection that is not there, or not there again, within half a minute has failed. */
  #watch() {
    this.#timers.clearTimeout(this.#timer);
    const { connection } = this.#member;
    if (connection === "connected") this.#was = true;
    else if (connection !== "gone") this.#timer = this.#timers.setTimeout(() => this.#failed(), PATIENCE);
  }

  #measured() {
    const path = this.#member.connected && this.#member.meter.path;
    if (!path) return;
    if (!path.relayed) this.#tell({ outcome: "direct" });
    else if (path.over) this.#tell({ outcome: "relayed", transport: path.over });
  }

  async #failed() {
    const why = this.#was ? "lost" : await this.#why().catch(() => "unknown");
    // One whose own connection to the server is lost as well is not failed, but away.
    const { connection, away, adrift } = this.#member;
    if (connection !== "connected" && connection !== "gone" && !away && !adrift) this.#tell({ outcome: "failed", why });
  }

  async #why() {
    const { pc, meter } = this.#member;
    if (pc.iceConnectionState === "connected" || pc.iceConnectionState === "completed") return "dtls";
    if (!pc.remoteDescription) return "no-answer";
    const local = (await meter.candidates()).filter(({ side }) => side === "local");
    if (local.length === 0) return "no-candidates";
    return local.some(({ type }) => type === "relay") ? "unreachable" : "no-relay";
  }

  /** @param {{outcome: string, transport?: string, why?: string}} report */
  #tell(report) {
    if (!this.#told.has(report.outcome) && this.#send(report)) this.#told.add(report.outcome);
  }
}
