// How much gets through: as many bytes as the way takes, for a second.
import { until } from "./wait.js";

const PIECE = 16 * 1024;
const AHEAD = 16 * PIECE;
export const LONGEST = 900; // milliseconds
export const MOST = 1024 * 1024; // bytes: of anybody's data volume twice as much, each way of a row

/**
 * @param {RTCDataChannel} from
 * @param {RTCDataChannel} to
 * @param {AbortSignal} signal
 * @returns {Promise<number | null>} bits per second; null: nothing came through
 */
export async function flow(from, to, signal) {
  const counted = count(to);
  await flood(from, signal);
  await until(() => false, 100, signal);
  return counted.rate();
}

/** @param {RTCDataChannel} channel @param {AbortSignal} signal */
export async function flood(channel, signal) {
  const piece = new ArrayBuffer(PIECE);
  let sent = 0;
  channel.bufferedAmountLowThreshold = AHEAD / 2;
  const fill = () => {
    while (channel.readyState === "open" && sent < MOST && channel.bufferedAmount < AHEAD) {
      channel.send(piece);
      sent += PIECE;
    }
  };
  channel.onbufferedamountlow = fill;
  fill();
  await until(() => channel.readyState !== "open" || (sent >= MOST && channel.bufferedAmount === 0), LONGEST, signal);
  channel.onbufferedamountlow = null;
}

/**
 * Counts what comes in.
 * @param {RTCDataChannel} channel
 * @param {(words: string) => void} [heard] what is no bytes but words
 */
export function count(channel, heard = () => {}) {
  let bytes = 0;
  let first = 0;
  let last = 0;
  channel.binaryType = "arraybuffer";
  channel.onmessage = ({ data }) => {
    if (typeof data === "string") return heard(data);
    last = performance.now();
    // The first piece only starts the clock.
    if (first === 0) first = last;
    else bytes += data.byteLength;
  };
  return {
    rate: () => (last > first && bytes > 0 ? Math.round((bytes * 8 * 1000) / (last - first)) : null),
  };
}
