/**
 * @typedef {object} IceUrl a STUN or TURN URI (RFC 7064, RFC 7065)
 * @property {"stun" | "turn"} kind
 * @property {"udp" | "tcp" | "tls"} transport
 * @property {4 | 6 | 0} family 0: a name
 * @property {string} host without brackets
 * @property {number} port
 * @property {string} url
 */

const SHAPE = /^(stuns?|turns?):(\[[0-9a-fA-F:.]+\]|[^\s:?[\]/@]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i;

/**
 * @param {string} url
 * @returns {IceUrl | null} null: it is none, or one that no browser takes
 */
export function parse(url) {
  const match = SHAPE.exec(url.trim());
  if (!match) return null;
  const scheme = match[1].toLowerCase();
  const secure = scheme.endsWith("s");
  const kind = scheme.startsWith("stun") ? "stun" : "turn";
  const asked = match[4]?.toLowerCase();
  if (secure && asked === "udp") return null;
  const port = match[3] ? Number(match[3]) : secure ? 5349 : 3478;
  if (port < 1 || port > 65535) return null;
  const host = match[2].replace(/^\[|\]$/g, "");
  const transport = secure ? "tls" : asked === "tcp" ? "tcp" : "udp";
  return { kind, transport, family: family(host), host, port, url: url.trim() };
}

/** @param {string} host @returns {4 | 6 | 0} */
export function family(host) {
  if (host.includes(":")) return 6;
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? 4 : 0;
}

/** An address or name as it stands before a port. @param {string} host */
export function bracketed(host) {
  return host.includes(":") ? `[${host}]` : host;
}

/** The address of "address:port", in whichever way it is written. @param {string} at */
export function addressOf(at) {
  const match = /^\[(.*)\]:\d+$/.exec(at) ?? /^([^:]*):\d+$/.exec(at);
  return match ? match[1] : at;
}
