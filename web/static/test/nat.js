// What kind of NAT stands between this device and the world (RFC 4787), as far as a browser can tell.
import { family } from "./iceurl.js";

/** @typedef {import("./types.js").Nat} Nat @typedef {import("./gather.js").Gathered} Gathered */

/**
 * @param {Gathered} gathered by one connection, with STUN URLs of at least two ports of one server
 * @param {{http?: string, servers?: number, answered?: boolean}} known servers: how many STUN URLs were asked; answered: UDP goes
 * @returns {Nat}
 */
export function nat(gathered, { http = "", servers = 0, answered = false } = {}) {
  const udp = gathered.candidates.filter(({ protocol }) => protocol === "udp");
  const hosts = udp.filter(({ type }) => type === "host");
  const seen = udp.filter(({ type }) => type === "srflx");
  const reflexive = [...new Set(seen.map(({ address }) => address))].filter(Boolean);
  const same = answered && seen.length === 0 && gathered.complete && gathered.errors.length === 0;
  const open = same || hosts.some(({ address }) => address !== "" && address === http);
  const all = [...reflexive, ...hosts.map(({ address }) => address), http];
  return {
    mapping: mapping(gathered, hosts, seen, open, servers),
    reflexive,
    ipv4: all.some((address) => family(address) === 4),
    ipv6: all.some((address) => family(address) === 6),
    udp: seen.length > 0 || open,
    shared: all.some(isShared),
    vpn: isSplit(reflexive, http),
    local: isPrivate(http),
    http,
  };
}

/**
 * One local port has one mapping, or one for each place that it sends to (RFC 4787 §4.1).
 * @param {Gathered} gathered
 * @param {Gathered["candidates"]} hosts
 * @param {Gathered["candidates"]} seen
 * @param {boolean} open
 * @param {number} servers
 * @returns {Nat["mapping"]}
 */
function mapping(gathered, hosts, seen, open, servers) {
  const four = seen.filter(({ address }) => family(address) === 4);
  if (four.length === 0) return open ? "none" : "unknown";
  const mine = hosts.map(({ address, port }) => `${address}:${port}`);
  if (four.every(({ address, port }) => mine.includes(`${address}:${port}`))) return "none";
  // Browsers tell a mapping once, however many servers saw it.
  const mappings = new Set(four.map(({ address, port }) => `${address}:${port}`)).size;
  const ports = hosts.filter(({ address }) => family(address) !== 6).length;
  if (mappings > Math.max(1, ports)) return "dependent";
  // Of a server that has not answered nothing is known, nor of a mapping that only one was asked for.
  return servers >= 2 && gathered.complete && gathered.errors.length === 0 ? "independent" : "unknown";
}

/** The provider's own translation (RFC 6598). @param {string} address */
export function isShared(address) {
  const match = /^100\.(\d+)\./.exec(address);
  return match !== null && Number(match[1]) >= 64 && Number(match[1]) <= 127;
}

/** @param {string} address */
export function isPrivate(address) {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|127\.)/.test(address) || /^(f[cd]|fe[89ab]|::1$)/i.test(address);
}

/**
 * Web traffic leaves by another address than UDP, or UDP by several: a VPN takes part of it.
 * @param {string[]} reflexive
 * @param {string} http
 */
function isSplit(reflexive, http) {
  return [4, 6].some((kind) => {
    const seen = reflexive.filter((address) => family(address) === kind);
    // Of IPv6 a device has several addresses, and no NAT.
    if (kind === 6) return false;
    return seen.length > 1 || (seen.length === 1 && family(http) === kind && http !== seen[0] && !isPrivate(http));
  });
}

/**
 * How calls to somebody at home, in an office and on a mobile network go from here, as far as their usual NATs go.
 * @param {Nat} nat
 * @returns {Record<"home" | "office" | "mobile", "direct" | "sometimes" | "relay">}
 */
export function reaches(nat) {
  if (!nat.udp) return { home: "relay", office: "relay", mobile: "relay" };
  if (nat.mapping === "none") return { home: "direct", office: "sometimes", mobile: "direct" };
  if (nat.mapping === "dependent") return { home: "sometimes", office: "relay", mobile: "relay" };
  return { home: "direct", office: "relay", mobile: "sometimes" };
}

