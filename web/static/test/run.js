import { gather } from "./gather.js";
import { flow } from "./flow.js";
import { bracketed, parse } from "./iceurl.js";
import { Loop } from "./loop.js";
import { nat } from "./nat.js";
import { reach } from "./reach.js";
import { plan, settle, untested } from "./rows.js";
import { Session } from "./session.js";
import { measure } from "./stream.js";
import { verdict } from "./verdict.js";
import { until } from "./wait.js";
import { why } from "./why.js";

/**
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").Circumstances} Circumstances
 * @typedef {object} Elsewhere a server that somebody typed in
 * @property {RTCIceServer[]} iceServers
 */

const LIMIT = 40_000; // however things go, a test is over then
const GATHER = 5_000;
const AFTERWARDS = 300; // until the relay's last sightings are here

/** One test of one device, from the press of the button to the verdict. */
export class Run {
  /** @type {Row[]} */
  rows = [];
  /** @type {import("./types.js").Nat | null} */
  nat = null;
  /** @type {Circumstances} */
  known = { session: "down" };
  /** @type {import("./verdict.js").Verdict | null} */
  verdict = null;
  /** @type {Set<string>} of candidates, as the browser writes them */
  candidates = new Set();
  started = Date.now();
  seconds = 0;
  /** @type {Session | null} */
  session = null;

  #abort = new AbortController();
  /** @type {{found: import("./gather.js").Gathered, servers: number} | null} by the mapping test */
  #seen = null;
  #changed;
  #url;
  #hello;
  #elsewhere;

  /**
   * @param {object} options
   * @param {string} options.url of the signaling
   * @param {Record<string, unknown>} options.hello
   * @param {Elsewhere | null} [options.elsewhere]
   * @param {Session | null} [options.session] one that is there already
   * @param {() => void} options.changed something is known that was not
   */
  constructor({ url, hello, elsewhere = null, session = null, changed }) {
    this.session = session;
    this.#url = url;
    this.#hello = hello;
    this.#elsewhere = elsewhere;
    this.#changed = changed;
  }

  get saw() {
    return this.session?.saw ?? [];
  }

  get running() {
    return this.verdict === null;
  }

  cancel() {
    this.known.cancelled = true;
    this.#abort.abort();
  }

  async start() {
    const limit = setTimeout(() => this.#abort.abort(), LIMIT);
    const start = performance.now();
    try {
      await (this.#elsewhere ? this.#testElsewhere(this.#elsewhere) : this.#testHere());
    } finally {
      clearTimeout(limit);
      this.#abort.abort();
    }
    this.seconds = Math.round((performance.now() - start) / 100) / 10;
    if (this.session && this.known.session === "up" && this.session.state !== "up") this.known.session = "lost";
    for (const row of this.rows) row.done = true;
    this.#judge();
    this.verdict = verdict(this.rows, this.nat, this.known);
    this.#changed();
  }

  async #testHere() {
    const signal = this.#abort.signal;
    const session = (this.session ??= new Session(this.#url, this.#hello));
    session.saw = [];
    session.onsaw = () => this.#tell();
    this.rows = plan([], []).map(untested);
    this.#changed();
    const web = this.rows.map((row) => reach(row, this.#url, this.#hello, signal).then(() => this.#tell()));
    const up = await session.open(signal);
    this.known.session = session.state;
    this.known.refusal = session.refusal;
    if (up) {
      const { host, protocol } = location;
      if (protocol === "https:") this.known.page = host.includes(":") ? host : `${host}:443`;
      this.known.clock = Math.round(session.clock);
      this.known.fresh = await session.test();
      const { iceServers, discovery, address } = session.means;
      this.known.address = address;
      await this.#testAll(iceServers, discovery, true);
      session.endTest();
      await until(() => false, AFTERWARDS, signal);
    }
    await Promise.all(web);
    if (session.state !== "up") this.known.session = session.state;
  }

  /** @param {Elsewhere} elsewhere */
  async #testElsewhere({ iceServers }) {
    const expires = /^(\d{9,11})(:|$)/.exec(iceServers[0]?.username ?? "")?.[1];
    this.known = { session: "down", elsewhere: true, expires: expires ? Number(expires) : undefined };
    await this.#testAll(iceServers, [], false);
  }

  /** @param {RTCIceServer[]} iceServers @param {string[]} discovery @param {boolean} web */
  async #testAll(iceServers, discovery, web) {
    const before = this.rows;
    this.rows = plan(iceServers, discovery, { web }).map((one) => before.find(({ id }) => id === one.id) ?? untested(one));
    this.#changed();
    const stun = this.rows.flatMap((row) => (row.kind === "stun" ? row.servers : []));
    const mapping = discovery.length > 0 ? discovery : stun.flatMap(({ urls }) => urls);
    const measured = this.rows.filter(({ kind }) => kind !== "websocket" && kind !== "http");
    /** @type {Loop[]} */
    const open = [];
    // Even paces disturb each other little; as many bytes as possible would, so those have their turn one after another.
    const flows = await Promise.all([
      this.#testNat(mapping),
      ...measured.map((row) => this.#testRow(row, [...stun, ...discovery.map((urls) => ({ urls }))], open).catch((err) => this.#failed(row, err))),
    ]);
    for (const then of flows) if (then && !this.#abort.signal.aborted) await then();
    for (const loop of open) loop.close();
  }

  /**
   * @param {Row} row
   * @param {RTCIceServer[]} stun
   * @param {Loop[]} open
   * @returns {Promise<void | (() => Promise<void>)>} what is to be done when nothing else goes on
   */
  async #testRow(row, stun, open) {
    const signal = this.#abort.signal;
    if (row.kind === "stun") return this.#testStun(row);
    const relay = { iceServers: row.servers, iceTransportPolicy: /** @type {const} */ ("relay") };
    const loop = new Loop(relay, row.kind === "ports" ? { iceServers: stun } : relay, row, signal);
    open.push(loop);
    const opened = await loop.open();
    for (const { candidate } of loop.candidates) this.candidates.add(candidate);
    if (opened && row.kind === "turn") {
      this.#tell();
      const [near, far] = loop.stream;
      row.stream = await measure(near, far, signal);
    }
    if (row.kind === "turn" && opened) return () => this.#testFlow(row, loop);
    loop.close();
    this.#finished(row);
  }

  /** @param {Row} row @param {Loop} loop */
  async #testFlow(row, loop) {
    const [near, far] = loop.flow;
    row.there = await flow(near, far, this.#abort.signal);
    this.#tell();
    row.back = await flow(far, near, this.#abort.signal);
    loop.close();
    this.#finished(row);
  }

  /** @param {Row} row */
  async #testStun(row) {
    const start = performance.now();
    const found = await gather({ iceServers: row.servers }, GATHER, this.#abort.signal, ({ first }) => first !== null);
    const seen = found.candidates.find(({ type }) => type === "srflx");
    row.gathered = found.first;
    row.address = seen ? `${bracketed(seen.address)}:${seen.port}` : "";
    row.errors = found.errors;
    row.ended = found.complete ? Math.round(performance.now() - start) : null;
    this.#finished(row);
  }

  /** @param {string[]} urls */
  async #testNat(urls) {
    const asked = urls.filter((url) => parse(url));
    if (asked.length === 0) return;
    const found = await gather({ iceServers: asked.map((url) => ({ urls: url })) }, GATHER, this.#abort.signal);
    for (const { type, protocol, address, port } of found.candidates) this.candidates.add(`${type} ${protocol} ${bracketed(address)}:${port}`);
    this.#seen = { found, servers: asked.filter((url) => parse(url)?.family !== 6).length };
    this.#tell();
  }

  /** @param {Row} row @param {unknown} err */
  #failed(row, err) {
    row.errors.push({ code: 0, text: String(err).slice(0, 200) });
    this.#finished(row);
  }

  /** @param {Row} row */
  #finished(row) {
    row.done = true;
    this.#tell();
  }

  #tell() {
    this.#judge();
    this.#changed();
  }

  #judge() {
    settle(this.rows);
    if (this.#seen) {
      const { found, servers } = this.#seen;
      const answered = this.rows.some(({ kind, opened }) => kind === "stun" && opened !== null);
      this.nat = nat(found, { http: this.known.address, servers, answered });
    }
    // The other rows' reasons may speak of the ports.
    const order = [...this.rows].sort((a, b) => Number(b.kind === "ports") - Number(a.kind === "ports"));
    for (const row of order) if (row.done) row.why = why(row, this.rows, this.saw, this.known);
  }
}
