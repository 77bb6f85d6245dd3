import { EventSocket } from "../lib/eventsocket.js";
import { realTimers } from "../lib/types.js";
import { percentile } from "./tally.js";
import { until } from "./wait.js";

/** @typedef {import("./types.js").Row} Row */

const PINGS = 5;
const LONGEST = 6_000;

/**
 * Whether the server can be talked to by WebSocket, or by requests and an event stream; and how fast it answers.
 * @param {Row} row of the kind websocket or http
 * @param {string} url of the signaling
 * @param {Record<string, unknown>} hello
 * @param {AbortSignal} signal
 */
export async function reach(row, url, hello, signal) {
  const start = performance.now();
  /** @type {number[]} */
  const pongs = [];
  let asked = 0;
  let ended = false;
  /** @type {WebSocket | EventSocket} */
  let way;
  try {
    way = row.kind === "websocket" ? new WebSocket(url) : new EventSocket(url, fetch.bind(globalThis), realTimers);
  } catch {
    row.done = true; // not even the browser lets us
    return;
  }
  const ping = () => {
    asked = performance.now();
    way.send(JSON.stringify({ type: "ping", id: String(pongs.length) }));
  };
  way.onopen = () => way.send(JSON.stringify({ type: "hello", version: 1, ...hello, resume: "" }));
  way.onmessage = (/** @type {{data: unknown}} */ { data }) => {
    const frame = read(data);
    if (frame.type === "welcome") {
      row.opened = Math.round(performance.now() - start);
      setTimeout(ping, 50); // by then an event stream has its own token
    } else if (frame.type === "pong") {
      pongs.push(performance.now() - asked);
      if (pongs.length < PINGS) ping();
    } else if (frame.type === "error" && row.opened === null) {
      // It does speak with us, and that is what was asked.
      row.opened = Math.round(performance.now() - start);
      row.refused = String(frame.message ?? frame.code).slice(0, 200);
      ended = true;
    }
  };
  way.onclose = () => void (ended = true);
  await until(() => ended || pongs.length === PINGS, LONGEST, signal);
  if (pongs.length > 0 || row.refused) {
    const sorted = pongs.map((ms) => Math.round(ms * 10) / 10).sort((a, b) => a - b);
    row.stream = { sent: PINGS, received: pongs.length, loss: 0, p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), jitter: null, points: [] };
  }
  way.onopen = way.onmessage = way.onclose = null;
  if (!ended) {
    try {
      way.send(JSON.stringify({ type: "bye" }));
    } catch {
      // It was not open.
    }
  }
  way.close(1000);
  row.done = true;
}

/** @param {unknown} data @returns {Record<string, unknown>} */
function read(data) {
  try {
    return JSON.parse(String(data)) ?? {};
  } catch {
    return {};
  }
}
