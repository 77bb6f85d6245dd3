import { milliseconds } from "./figures.js";
import { text } from "./strings.js";

/** @typedef {{words: string, mood: "good" | "care" | "bad", shape: "direct" | "relayed" | "broken"}} Badge */

/**
 * The state of a connection in words, such as `direct · 12 ms` or `relayed, TCP · 61 ms`.
 * @param {Pick<import("../turnpike.js").Member, "connection" | "away"> & {meter: {path: import("../lib/path.js").Path | null}}} member
 * @returns {Badge}
 */
export function badge({ connection, away, meter: { path } }) {
  if (away) return { words: text.away, mood: "care", shape: "broken" };
  if (connection === "connecting") return { words: text.connecting, mood: "care", shape: "broken" };
  if (connection !== "connected") return { words: text.reconnecting, mood: "bad", shape: "broken" };
  if (!path) return { words: text.connected, mood: "good", shape: "direct" };
  const rtt = path.rtt === null ? "" : ` · ${milliseconds(path.rtt)}`;
  if (!path.relayed) return { words: text.direct + rtt, mood: "good", shape: "direct" };
  const relayed = path.over ? text.relayedOver(path.over.toUpperCase()) : text.relayed;
  return { words: relayed + rtt, mood: path.over === "udp" ? "good" : "care", shape: "relayed" };
}
