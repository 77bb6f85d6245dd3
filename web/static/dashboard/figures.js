// The row of figures: how it is now.
import { make, the } from "../page/dom.js";
import { text } from "./strings.js";
import { number, rate } from "./words.js";

/** @typedef {import("./api.js").Status} Status */

const sum = (/** @type {Record<string, number> | null} */ all) => Object.values(all ?? {}).reduce((a, b) => a + b, 0);

/** @param {Status} status @param {Status | null} before what was asked for last */
export function figures(status, before) {
  const { allocations, sessions, calls } = status;
  const relayed = sum(calls.relayed);
  const failed = sum(calls.failed);
  const over = Object.entries(allocations.transports ?? {}).filter(([, n]) => n > 0);
  const traffic = flow(status, before);
  the("figures", HTMLElement).replaceChildren(
    figure(text.allocations, number(allocations.total), over.length ? over.map(([name, n]) => `${number(n)} ${name.toUpperCase()}`) : [text.none]),
    figure(text.signaling, number(sessions.open + sessions.dialects), [
      sessions.away > 0 ? text.away(number(sessions.away)) : text.noneAway,
      ...(sessions.dialects > 0 ? [text.dialects(number(sessions.dialects))] : []),
    ]),
    figure(text.calls, number(calls.direct + relayed + failed), [
      text.direct(number(calls.direct)), text.relayed(number(relayed)), text.failed(number(failed)),
    ]),
    figure(text.traffic, traffic ? rate(traffic.sent + traffic.received) : "–",
      traffic ? [text.toPeers(rate(traffic.sent)), text.toClients(rate(traffic.received))] : []),
  );
}

/** Bytes a second since the last answer. @param {Status} now @param {Status | null} before */
function flow(now, before) {
  const seconds = before && before.started_at === now.started_at ? (now.now - before.now) / 1000 : 0;
  if (!before || seconds <= 0) return null;
  const since = (/** @type {"sent" | "received"} */ way) => Math.max(0, now.traffic[way].bytes - before.traffic[way].bytes) / seconds;
  return { sent: since("sent"), received: since("received") };
}

/** @param {string} label @param {string} value @param {string[]} notes */
function figure(label, value, notes) {
  const parts = notes.map((note) => make("span", {}, note));
  return make("div", { class: "card figure" }, make("dt", {}, label), make("dd", {}, make("strong", {}, value), make("p", {}, ...parts)));
}
