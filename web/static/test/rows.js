// Which rows the matrix has.
import { bracketed, parse } from "./iceurl.js";

/** @typedef {import("./types.js").Plan} Plan @typedef {import("./types.js").Row} Row @typedef {import("./iceurl.js").IceUrl} IceUrl */

const MOST = 8; // of the relay: each takes its share of the time

/**
 * A row for each way to the relay, each with one URL, so that blame is certain.
 * @param {RTCIceServer[]} iceServers
 * @param {string[]} discovery STUN URLs
 * @param {{web?: boolean}} [options] web: WebSocket and HTTP of the server of this page
 * @returns {Plan[]}
 */
export function plan(iceServers, discovery, { web = true } = {}) {
  const relays = iceServers.flatMap((server) =>
    [server.urls].flat().flatMap((url) => {
      const parsed = parse(url);
      return parsed ? [{ ...parsed, server }] : [];
    }),
  );
  const turn = relays.filter(({ kind }) => kind === "turn");
  const told = [...discovery, ...relays.filter(({ kind }) => kind === "stun").map(({ url }) => url)].flatMap((url) => parse(url) ?? []);
  const six = told.find(({ family }) => family === 6);
  // Browsers warn from five URLs on, so a server may keep some to itself. Where STUN has IPv6, TURN is tried there too.
  for (const { transport, family, port, server } of [...turn]) {
    if (!six || family !== 4 || transport === "tls" || turn.some((other) => other.transport === transport && other.family === 6)) continue;
    turn.push(.../** @type {typeof turn} */ ([{ ...parse(`turn:[${six.host}]:${port}?transport=${transport}`), server }]));
  }
  const stun = firstOfEach(
    [...told, ...turn.filter(({ transport }) => transport === "udp")].filter(({ transport }) => transport === "udp"),
    ({ family }) => String(family),
  );
  const direct = stun.some(({ family }) => family !== 0) ? stun.filter(({ family }) => family !== 0) : stun;

  /** @type {Plan[]} */
  const rows = direct.map((at) => row("stun", at, [{ urls: `stun:${bracketed(at.host)}:${at.port}` }]));
  const ways = firstOfEach(turn, ({ transport, host, port }) => `${transport} ${host} ${port}`)
    .sort((a, b) => order(a) - order(b))
    .slice(0, MOST);
  for (const at of ways) rows.push(row("turn", at, [{ urls: at.url, username: at.server.username, credential: at.server.credential }]));
  const through = ways.find(({ transport }) => transport === "udp") ?? ways[0];
  if (through) {
    rows.push({ ...row("ports", through, [{ urls: through.url, username: through.server.username, credential: through.server.credential }]), transport: "udp" });
  }
  if (web) for (const kind of /** @type {const} */ (["websocket", "http"])) rows.push({ id: kind, kind, transport: "web", family: 0, host: "", port: 0, servers: [] });
  return distinct(rows);
}

/** What a row knows before it is tested. @param {Plan} plan @returns {Row} */
export function untested(plan) {
  return { ...plan, done: false, gathered: null, ended: null, address: "", errors: [], failed: null, ice: false, opened: null, stream: null, there: null, back: null, refused: "" };
}

/**
 * A browser tells no address that it has already, so where there is no NAT there is nothing to tell: it comes to its end
 * without an error. That something answered is certain if UDP goes to the relay.
 * @param {Row[]} rows
 */
export function settle(rows) {
  for (const row of rows) {
    if (row.kind !== "stun" || row.gathered !== null || row.ended === null || row.errors.length > 0) continue;
    const goes = rows.some(({ kind, transport, family, opened }) => kind === "turn" && transport === "udp" && (family || row.family) === row.family && opened !== null);
    if (goes) row.opened = row.ended;
  }
}

/**
 * @param {"stun" | "turn" | "ports"} kind
 * @param {IceUrl} at
 * @param {RTCIceServer[]} servers
 * @returns {Plan}
 */
function row(kind, { transport, family, host, port }, servers) {
  return { id: kind === "ports" ? kind : `${kind}-${transport}${family ? `-ipv${family}` : ""}`, kind, transport, family, host, port, servers };
}

/** @param {IceUrl} at */
function order({ transport, family }) {
  return ["udp", "tcp", "tls"].indexOf(transport) * 10 + (family || 4);
}

/** @template T @param {T[]} all @param {(one: T) => string} key */
function firstOfEach(all, key) {
  return [...new Map([...all].reverse().map((one) => [key(one), one])).values()].reverse();
}

/** @param {Plan[]} rows */
function distinct(rows) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return rows.map((one) => {
    const times = (seen.get(one.id) ?? 0) + 1;
    seen.set(one.id, times);
    return times === 1 ? one : { ...one, id: `${one.id}-${times}` };
  });
}
