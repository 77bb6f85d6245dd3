// How far each way from this device to the server gets.
import { works } from "./why.js";

/**
 * @typedef {import("./types.js").Row} Row
 * @typedef {object} Lane
 * @property {"udp" | "tcp" | "tls" | "web"} transport
 * @property {import("./types.js").Mood | "running"} mood
 * @property {"works" | "slow" | "blocked" | "failed" | "untested" | "testing"} state
 * @property {number | null} ms there and back
 * @property {"network" | "server" | null} ends where the way is cut
 */

/** What is at fault in or before the network; all else is the server's. */
const NETWORK = new Set(["udp-blocked", "tcp-blocked", "only-web", "tls-intercepted", "payload-dropped", "no-common-family", "websocket-blocked"]);

/**
 * A lane for each kind of way, the best of its rows.
 * @param {Omit<Row, "servers">[]} rows
 * @returns {Lane[]}
 */
export function lanes(rows) {
  return /** @type {const} */ (["udp", "tcp", "tls", "web"]).flatMap((transport) => {
    const mine = rows.filter((row) => row.transport === transport && (row.kind === "turn" || transport === "web"));
    return mine.length ? [lane(transport, /** @type {Row[]} */ (mine))] : [];
  });
}

/** @param {Lane["transport"]} transport @param {Row[]} rows @returns {Lane} */
function lane(transport, rows) {
  const rank = { good: 0, care: 1, bad: 2, none: 3 };
  const judged = rows.filter(({ done, why }) => done && why).sort((a, b) => rank[a.why?.mood ?? "none"] - rank[b.why?.mood ?? "none"]);
  const best = judged[0];
  if (!best?.why || (!works(best) && judged.length < rows.length)) return { transport, mood: "running", state: "testing", ms: null, ends: null };
  const { mood, cause } = best.why;
  if (works(best)) return { transport, mood, state: mood === "care" ? "slow" : "works", ms: best.stream?.p50 ?? null, ends: null };
  if (mood === "none") return { transport, mood, state: "untested", ms: null, ends: null };
  const network = NETWORK.has(cause);
  return { transport, mood, state: network ? "blocked" : "failed", ms: null, ends: network ? "network" : "server" };
}
