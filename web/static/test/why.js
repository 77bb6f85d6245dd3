// Why a way to the relay works or does not: what the browser saw and what the relay saw of the same, put together.
import { addressOf, family } from "./iceurl.js";

/**
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").Why} Why
 * @typedef {import("./types.js").Sighting} Sighting
 * @typedef {import("./types.js").Circumstances} Circumstances
 */

/** From when on it counts: what calls hear. */
export const LOSS = 0.02;
export const SLOW = 300; // milliseconds there and back
export const CLOCK = 60; // seconds

const FAST = 2_000; // milliseconds: no packet was waited for

/**
 * @param {Row} row
 * @param {Row[]} rows all of them
 * @param {Sighting[]} saw what the relay saw in the whole test
 * @param {Circumstances} known
 * @returns {Why}
 */
export function why(row, rows, saw, known) {
  if (works(row)) return fine(row);
  if (known.cancelled) return { mood: "none", cause: "stopped", figures: {} };
  if (row.kind === "websocket" || row.kind === "http") return unreached(row, rows, known);
  const seen = sightings(row, rows, saw);
  return (
    refused(row, seen, known) ??
    handshake(row, seen) ??
    refusedOneSided(row, known) ??
    (known.session === "lost" ? bad("stopped") : null) ??
    (row.kind === "ports" ? closed(row, rows, saw) : null) ??
    (row.gathered !== null ? stuck(row, rows, seen) : null) ??
    blocked(row, rows, seen, known)
  );
}

/** Whether what the row stands for was shown to work. @param {Row} row */
export function works(row) {
  if (row.kind === "stun") return row.gathered !== null || row.opened !== null;
  return row.opened !== null && (row.kind !== "turn" || row.stream === null || row.stream.received > 0);
}

/** @param {Row} row @returns {Why} */
function fine(row) {
  const { stream } = row;
  const over = row.transport === "web" ? undefined : row.transport.toUpperCase();
  if (row.kind === "turn" && stream && stream.loss >= LOSS) return { mood: "care", cause: "loss", figures: { share: stream.loss, over } };
  if (row.kind === "turn" && stream?.p50 != null && stream.p50 > SLOW) return { mood: "care", cause: "slow-relay-only", figures: { ms: stream.p50, over } };
  return { mood: "good", cause: "good", figures: { ms: stream?.p50 ?? undefined, over } };
}

/**
 * What the relay saw that belongs to a row: the same transport, to the same port, by the same family. A port that no row
 * has is that of a server whose ports are mapped on the way.
 * @param {Row} row
 * @param {Row[]} rows
 * @param {Sighting[]} saw
 */
export function sightings(row, rows, saw) {
  const mine = saw.filter(({ transport, client }) => transport === row.transport && (!row.family || !client || family(addressOf(client)) === row.family));
  const taken = rows.flatMap(({ transport, port }) => (transport === row.transport ? [port] : []));
  return mine.filter(({ port }) => port === undefined || port === row.port || !taken.includes(port));
}

/**
 * The relay has answered a request with an error, and says why.
 * @param {Row} row
 * @param {Sighting[]} seen
 * @param {Circumstances} known
 * @returns {Why | null}
 */
function refused(row, seen, known) {
  const last = seen.filter(({ kind, reason }) => kind === "refused" && reason !== "stale nonce").at(-1);
  if (!last) return null;
  const { reason = "", by, limit } = last;
  if (reason === "expired") return expired(by, known);
  if (["wrong password", "unknown user", "revoked", "wrong credentials"].includes(reason)) return bad("wrong-secret");
  if (reason === "quota") return bad("quota", { limit });
  if (["ports used up", "insufficient capacity", "no relay socket"].includes(reason)) return bad("ports-used-up");
  if (reason === "family") return bad("no-common-family", { family: row.family === 6 ? "IPv6" : "IPv4" });
  return bad("forbidden", { reason: `${last.code ?? ""} ${reason}`.trim() });
}

/** @param {number | undefined} by @param {Circumstances} known @returns {Why} */
function expired(by, known) {
  // Those that were made a moment ago can only be old by somebody's clock.
  return known.fresh ? bad("clock-off", { seconds: by, side: "issuer" }) : bad("credential-expired", { seconds: by });
}

/**
 * The connection came to the relay, and TLS failed there.
 * @param {Row} row
 * @param {Sighting[]} seen
 * @returns {Why | null}
 */
function handshake(row, seen) {
  const failed = seen.filter(({ kind }) => kind === "handshake-failed").at(-1);
  if (!failed || row.gathered !== null) return null;
  const { reason = "", by } = failed;
  if (by !== undefined || /expired/i.test(reason)) return bad("tls-expired", { host: row.host, seconds: by });
  if (/unrecognized name|not valid for|\bname\b/i.test(reason)) return bad("tls-name", { host: row.host });
  return bad("tls-untrusted", { host: row.host });
}

/**
 * The browser heard the error itself. This is all there is of a server that does not tell us what it saw.
 * @param {Row} row
 * @param {Circumstances} known
 * @returns {Why | null}
 */
function refusedOneSided(row, known) {
  const codes = row.errors.map(({ code }) => code);
  if (row.gathered !== null) return null;
  if (codes.includes(401) || codes.includes(441)) {
    const over = known.expires ? Date.now() / 1000 - (known.clock ?? 0) - known.expires : 0;
    return over > 0 ? expired(over, known) : bad("wrong-secret");
  }
  if (codes.includes(486)) return bad("quota");
  if (codes.includes(508)) return bad("ports-used-up");
  if (codes.includes(440) || codes.includes(443)) return bad("no-common-family", { family: row.family === 6 ? "IPv6" : "IPv4" });
  const other = row.errors.find(({ code }) => code >= 300 && code < 700);
  return other ? bad("forbidden", { reason: `${other.code} ${other.text}`.trim() }) : null;
}

/**
 * Nothing that is sent to the relayed address arrives, though the relay itself is reached.
 * @param {Row} row of the kind ports
 * @param {Row[]} rows
 * @param {Sighting[]} saw
 * @returns {Why | null}
 */
function closed(row, rows, saw) {
  const nothing = /** @type {Why} */ ({ mood: "none", cause: "relay-silent", figures: {} });
  // Whoever can send no UDP, or gets no relay, has not tried it.
  if (row.gathered === null || !rows.some((other) => other.kind === "stun" && works(other))) return nothing;
  const port = Number(/:(\d+)$/.exec(row.address)?.[1]);
  const address = addressOf(row.address);
  // This device may be one that the relay does not send to, such as one beside it: then nothing was tried either.
  const peers = (/** @type {string} */ wanted) =>
    saw.flatMap(({ kind, relay, peer }) => (kind === wanted && peer && (!relay || relay === row.address) ? [addressOf(peer)] : []));
  const refused = peers("peer-refused");
  if (refused.length > 0 && peers("permitted").every((peer) => refused.includes(peer))) {
    return { mood: "none", cause: "peer-refused", figures: { address: refused[0] } };
  }
  // A place from which the server answers is its own.
  const right = rows.some((other) => other.kind !== "ports" && other.host === address && other.gathered !== null);
  return right || !named(rows, address) ? bad("relay-silent", { port }) : bad("wrong-public-address", { address });
}

/** Whether there are addresses of the server to compare with. @param {Row[]} rows @param {string} address */
function named(rows, address) {
  return rows.some((other) => other.kind !== "ports" && other.gathered !== null && other.family === family(address));
}

/**
 * There is a relayed address, and no way from it to itself.
 * @param {Row} row
 * @param {Row[]} rows
 * @param {Sighting[]} seen
 * @returns {Why}
 */
function stuck(row, rows, seen) {
  const address = addressOf(row.address);
  if (row.ice) return bad("payload-dropped");
  if (seen.some(({ kind, peer }) => kind === "peer-refused" && peer && addressOf(peer) === address)) return bad("peer-refused", { address });
  const ports = rows.find(({ kind }) => kind === "ports");
  if (ports?.why?.cause === "wrong-public-address") return ports.why;
  return bad("relay-silent", { port: Number(/:(\d+)$/.exec(row.address)?.[1]) });
}

/**
 * No answer came.
 * @param {Row} row
 * @param {Row[]} rows
 * @param {Sighting[]} seen
 * @param {Circumstances} known
 * @returns {Why}
 */
function blocked(row, rows, seen, known) {
  const { host, port } = row;
  if (!row.family && unnamed(row) && !arrived(rows, host)) return bad("name-missing", { host });
  const family = missing(row, rows, known);
  if (family) return family;
  if (known.elsewhere && !rows.some(works)) return bad("server-down", { host, port });
  // The same port answers the page over TLS, and the relay has not been asked: somebody in between has been.
  if (row.transport === "tls" && seen.length === 0 && known.page === `${host}:${port}` && known.session === "up") return bad("tls-intercepted", { host });
  return bad(row.transport === "udp" ? "udp-blocked" : "tcp-blocked", { port, over: row.transport === "tls" ? "TLS" : undefined });
}

/** Whether the browser found no address. Firefox does not say so, but over UDP nothing else fails so fast. @param {Row} row */
function unnamed({ transport, errors, failed }) {
  return errors.some(({ text }) => /lookup|resol|hostname/i.test(text)) || (transport === "udp" && failed !== null && failed < FAST);
}

/** Whether a name has led to a server. @param {Row[]} rows @param {string} host */
function arrived(rows, host) {
  return rows.some((other) => other.host === host && other.gathered !== null);
}

/**
 * This network has no addresses of that family. That says nothing against it, as long as the other one works.
 * @param {Row} row
 * @param {Row[]} rows
 * @param {Circumstances} known
 * @returns {Why | null}
 */
function missing(row, rows, known) {
  if (row.family === 0) return null;
  const other = row.family === 4 ? 6 : 4;
  const here = rows.some((one) => one.family === row.family && works(one)) || family(known.address ?? "") === row.family;
  const there = rows.some((one) => one.family === other && works(one)) || family(known.address ?? "") === other;
  if (here || !there) return null;
  const offered = rows.some((one) => one.kind === "turn" && one.family !== row.family);
  return { mood: offered ? "none" : "bad", cause: "no-common-family", figures: { family: `IPv${other}`, other: `IPv${row.family}` } };
}

/**
 * @param {Row} row
 * @param {Row[]} rows
 * @param {Circumstances} known
 * @returns {Why}
 */
function unreached(row, rows, known) {
  if (row.refused || known.session === "refused") return bad("forbidden", { reason: row.refused || known.refusal });
  if (known.session === "lost") return bad("stopped");
  const other = rows.find(({ kind }) => kind === (row.kind === "websocket" ? "http" : "websocket"));
  return other && works(other) ? { mood: "care", cause: "websocket-blocked", figures: {} } : bad("server-down");
}

/** @param {import("./causes.js").Cause} cause @param {import("./types.js").Figures} [figures] @returns {Why} */
function bad(cause, figures = {}) {
  return { mood: "bad", cause, figures };
}
