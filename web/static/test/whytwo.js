// Why two devices do or do not reach each other by one way.

/**
 * @typedef {import("./two.js").Way} Way
 * @typedef {Pick<import("./other.js").Other, "nat" | "relays">} Found
 * @typedef {{mood: import("./types.js").Mood, cause: "connects" | "apart" | "symmetric" | "filtered" | "family" | "here" | "there" | "skipped" | "unknown"}} WhyTwo
 */

/**
 * @param {Way} way
 * @param {Found} mine
 * @param {Found} theirs
 * @returns {WhyTwo}
 */
export function whyTwo({ kind, mine: here, theirs: there }, mine, theirs) {
  if (here?.connected) return { mood: "good", cause: "connects" };
  if (!here || !there) return { mood: "none", cause: "unknown" };
  if (kind === "host" || kind === "reflexive") return { mood: "none", cause: direct(kind, here.offered && there.offered, mine, theirs) };
  const transport = kind.slice("relay-".length);
  for (const [{ relays }, side] of /** @type {[Found, "here" | "there"][]} */ ([[mine, "here"], [theirs, "there"]])) {
    const ways = relays.filter((relay) => kind === "all" || relay.transport === transport);
    if (ways.length === 0) return { mood: "none", cause: "skipped" };
    if (!ways.some(({ works }) => works)) return { mood: "bad", cause: side };
  }
  return { mood: "bad", cause: "unknown" };
}

/**
 * @param {"host" | "reflexive"} kind
 * @param {boolean} offered
 * @param {Found} mine
 * @param {Found} theirs
 * @returns {WhyTwo["cause"]}
 */
function direct(kind, offered, { nat: mine }, { nat: theirs }) {
  if (mine && theirs && families(mine).every((family) => !families(theirs).includes(family))) return "family";
  if (kind === "host") return "apart";
  if (!offered) return mine?.udp && theirs?.udp ? "unknown" : mine?.udp ? "there" : "here";
  if (mine?.mapping === "dependent" && theirs?.mapping === "dependent") return "symmetric";
  return "filtered";
}

/** @param {import("./types.js").Nat} nat */
export function families({ ipv4, ipv6 }) {
  return [...(ipv4 ? ["IPv4"] : []), ...(ipv6 ? ["IPv6"] : [])];
}
