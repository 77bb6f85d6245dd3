// The way that media takes, read from getStats.

/**
 * @typedef {object} End one end of a candidate pair
 * @property {string} type host, srflx, prflx or relay
 * @property {string} protocol udp or tcp
 * @property {string} relayProtocol how the relay is reached: udp, tcp or tls; empty if it is no relay
 * @property {string} address
 * @property {number} port
 * @property {string} url the server that gave the candidate
 * @property {string} network wifi, ethernet, …; empty if the browser does not say
 *
 * @typedef {object} Path
 * @property {boolean} relayed
 * @property {"" | "udp" | "tcp" | "tls"} over how our side reaches the relay
 * @property {number | null} rtt milliseconds
 * @property {End} local
 * @property {End} remote
 */

/**
 * The selected pair, or null while there is none.
 * @param {RTCStatsReport | Map<string, any>} report
 * @returns {Path | null}
 */
export function path(report) {
  const pair = selectedPair(report);
  if (!pair) return null;
  const local = end(report.get(pair.localCandidateId));
  const remote = end(report.get(pair.remoteCandidateId));
  const relayed = local.type === "relay" || remote.type === "relay";
  const over = local.type === "relay" ? local.relayProtocol || local.protocol : relayed ? local.protocol : "";
  const rtt = typeof pair.currentRoundTripTime === "number" ? pair.currentRoundTripTime * 1000 : null;
  return { relayed, over: /** @type {Path["over"]} */ (over), rtt, local, remote };
}

/**
 * @param {RTCStatsReport | Map<string, any>} report
 * @returns {any}
 */
export function selectedPair(report) {
  let named = null;
  let fallback = null;
  for (const stat of report.values()) {
    if (stat.type === "transport" && stat.selectedCandidatePairId) named = report.get(stat.selectedCandidatePairId) ?? named;
    if (stat.type !== "candidate-pair" || stat.state !== "succeeded") continue;
    if (stat.selected || (stat.nominated && !fallback)) fallback = stat;
  }
  return named ?? fallback;
}

/**
 * Every candidate of both sides; the pair in use is marked.
 * @param {RTCStatsReport | Map<string, any>} report
 * @returns {(End & {side: "local" | "remote", selected: boolean})[]}
 */
export function candidates(report) {
  const pair = selectedPair(report);
  const all = [];
  for (const stat of report.values()) {
    if (stat.type !== "local-candidate" && stat.type !== "remote-candidate") continue;
    const side = stat.type === "local-candidate" ? /** @type {const} */ ("local") : /** @type {const} */ ("remote");
    const selected = stat.id === pair?.localCandidateId || stat.id === pair?.remoteCandidateId;
    all.push({ ...end(stat), side, selected });
  }
  return all;
}

/**
 * @param {any} stat
 * @returns {End}
 */
function end(stat) {
  return {
    type: stat?.candidateType ?? "",
    protocol: stat?.protocol ?? "",
    relayProtocol: stat?.relayProtocol ?? "",
    address: stat?.address ?? stat?.ip ?? "",
    port: stat?.port ?? 0,
    url: stat?.url ?? "",
    network: stat?.networkType ?? "",
  };
}
