// Numbered messages at an even pace, over a channel that does not repeat them.
import { Tally } from "./tally.js";
import { until } from "./wait.js";

export const COUNT = 300;
export const EVERY = 16; // milliseconds
const SIZE = 120; // bytes, as of speech
const TAIL = 800; // what is still on its way then is lost
const AHEAD = 4; // how many may be sent at once to catch up: timers of a browser are not even

/** What a channel must be like to show loss at all. @type {RTCDataChannelInit} */
export const LOSSY = { ordered: false, maxRetransmits: 0 };

/**
 * From one end of a loop to the other; both ends have our clock, so the delay is that of the way out and back.
 * @param {RTCDataChannel} from
 * @param {RTCDataChannel} to
 * @param {AbortSignal} signal
 */
export async function measure(from, to, signal) {
  const tally = new Tally(COUNT);
  to.binaryType = "arraybuffer";
  to.onmessage = ({ data }) => {
    const message = unpack(data);
    if (message) tally.take(message.number, message.at, performance.now());
  };
  const sent = await send(from, signal);
  await until(() => tally.received === sent, TAIL, signal);
  to.onmessage = null;
  return tally.result(sent);
}

/**
 * Sends all messages.
 * @param {RTCDataChannel} channel
 * @param {AbortSignal} signal
 * @param {number} [count]
 * @returns {Promise<number>} how many left
 */
export async function send(channel, signal, count = COUNT) {
  const start = performance.now();
  let sent = 0;
  await until(
    () => {
      const due = Math.min(count, sent + AHEAD, Math.floor((performance.now() - start) / EVERY) + 1);
      while (sent < due && channel.readyState === "open") channel.send(pack(sent++, performance.now()));
      return sent === count || channel.readyState !== "open";
    },
    count * EVERY * 2,
    signal,
    EVERY,
  );
  // What the browser itself has not sent yet is not lost.
  await until(() => channel.bufferedAmount === 0 || channel.readyState !== "open", TAIL * 2, signal);
  return sent;
}

/** @param {number} number @param {number} at */
export function pack(number, at) {
  const view = new DataView(new ArrayBuffer(SIZE));
  view.setUint32(0, number);
  view.setFloat64(4, at);
  return view.buffer;
}

/** @param {unknown} data @returns {{number: number, at: number} | null} */
export function unpack(data) {
  if (!(data instanceof ArrayBuffer) || data.byteLength < 12) return null;
  const view = new DataView(data);
  return { number: view.getUint32(0), at: view.getFloat64(4) };
}
