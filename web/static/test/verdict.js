// What all rows together mean, in one cause.
import { CLOCK, works } from "./why.js";

/**
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").Why} Why
 * @typedef {import("./types.js").Circumstances} Circumstances
 * @typedef {Why & {also: Why[]}} Verdict also: what else is worth a word
 */

/** Where several things are wrong: what explains the others comes first. @type {import("./causes.js").Cause[]} */
const ORDER = [
  "clock-off", "credential-expired", "wrong-secret", "quota", "ports-used-up", "forbidden", "wrong-public-address", "relay-silent",
  "payload-dropped", "peer-refused", "name-missing", "tls-expired", "tls-untrusted", "tls-name", "tls-intercepted", "garbage",
  "no-common-family", "server-down", "stopped", "udp-blocked", "tcp-blocked",
];

/**
 * @param {Row[]} rows each with its why
 * @param {import("./types.js").Nat | null} nat
 * @param {Circumstances} known
 * @returns {Verdict}
 */
export function verdict(rows, nat, known) {
  if (known.cancelled) return { mood: "none", cause: "stopped", figures: {}, also: [] };
  const web = rows.filter(({ kind }) => kind === "websocket" || kind === "http");
  const relays = rows.filter(({ kind }) => kind === "turn");
  const open = relays.filter(works);
  if (known.session === "refused") return { mood: "bad", cause: "forbidden", figures: { reason: known.refusal }, also: [] };
  if (known.session === "down" && !known.elsewhere) return { mood: "bad", cause: "server-down", figures: {}, also: [] };
  const [stun] = rows.filter((row) => row.kind === "stun");
  if (relays.length === 0 && known.elsewhere && stun?.why) return { ...stun.why, figures: { ...stun.why.figures, over: undefined, ms: stun.gathered ?? undefined }, also: [] };
  if (relays.length === 0) return { mood: "bad", cause: known.session === "lost" ? "stopped" : "no-relay", figures: {}, also: [] };
  const also = [...notes(nat, known), ...web.flatMap((row) => (row.why?.mood === "care" ? [row.why] : []))];
  const main = open.length === 0 ? hopeless(relays, web) : limited(rows, relays, open, also);
  return { ...main, also: also.filter((note) => note !== main) };
}

/** @param {import("./types.js").Nat | null} nat @param {Circumstances} known @returns {Why[]} */
function notes(nat, known) {
  /** @type {Why[]} */
  const list = [];
  const clock = known.clock ?? 0;
  if (Math.abs(clock) >= CLOCK) list.push({ mood: "care", cause: "clock-off", figures: { seconds: Math.abs(clock), side: clock > 0 ? "ahead" : "behind" } });
  const [reflexive] = (nat?.reflexive ?? []).filter((address) => address !== nat?.http);
  if (nat?.vpn) list.push({ mood: "care", cause: "vpn", figures: { address: nat.http, other: reflexive } });
  return list;
}

/** No way to the relay works. @param {Row[]} relays @param {Row[]} web @returns {Why} */
function hopeless(relays, web) {
  const whys = relays.flatMap(({ why }) => why ?? []);
  const worst = whys.filter(({ mood }) => mood === "bad");
  const blocked = worst.every(({ cause }) => cause === "udp-blocked" || cause === "tcp-blocked");
  if (worst.length > 1 && blocked && web.some(works)) return { mood: "bad", cause: "only-web", figures: {} };
  return first(worst) ?? first(whys) ?? { mood: "bad", cause: "relay-silent", figures: {} };
}

/**
 * Some way works.
 * @param {Row[]} rows
 * @param {Row[]} relays
 * @param {Row[]} open
 * @param {Why[]} also
 * @returns {Why}
 */
function limited(rows, relays, open, also) {
  const over = (/** @type {string} */ transport) => open.some((row) => row.transport === transport);
  const wrong = first(rows.filter(({ kind }) => kind === "ports" || kind === "turn").flatMap(({ why }) => (why?.mood === "bad" ? [why] : [])));
  if (!over("udp")) {
    const through = over("tcp") ? "TCP" : "TLS";
    const blocked = relays.flatMap(({ why, transport }) => (transport === "udp" && why?.cause === "udp-blocked" ? [why] : []))[0];
    const web = !over("tcp") && open.every(({ port }) => port === 443) && relays.some(({ transport, why }) => transport === "tcp" && why?.cause === "tcp-blocked");
    if (web) return { mood: "care", cause: "only-web", figures: { over: "TLS", port: 443 } };
    if (blocked) return { mood: "care", cause: "udp-blocked", figures: { ...blocked.figures, over: through } };
  }
  const ports = rows.find(({ kind }) => kind === "ports")?.why;
  if (ports?.mood === "bad") return ports;
  const best = open.find(({ transport }) => transport === "udp") ?? open[0];
  if (wrong) return { ...wrong, mood: "care" };
  if (best.why && best.why.cause !== "good") return best.why;
  return also.find(({ cause }) => cause === "clock-off" || cause === "vpn") ?? best.why ?? { mood: "good", cause: "good", figures: {} };
}

/** @param {Why[]} whys @returns {Why | undefined} */
function first(whys) {
  const rank = (/** @type {Why} */ { cause }) => (ORDER.indexOf(cause) + ORDER.length + 1) % (ORDER.length + 1);
  return [...whys].sort((a, b) => rank(a) - rank(b))[0];
}
