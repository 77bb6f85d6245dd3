// What was refused, and how the server itself is.
import { barChart } from "../page/charts.js";
import { make, the } from "../page/dom.js";
import { mark } from "../page/mark.js";
import { text } from "./strings.js";
import { day, duration, milliseconds, number } from "./words.js";

/** @typedef {import("./api.js").Status} Status @typedef {"good" | "care" | "bad" | "none"} Mood */

const SOON = 14; // days before its end a certificate is shown with care
const MOST = 12; // reasons

/** @param {Status} status */
export function refusals({ refusals }) {
  const place = the("refusals", HTMLElement);
  if (refusals.length === 0) {
    place.replaceChildren(make("p", {}, text.noRefusals));
    return;
  }
  const reasons = /** @type {Record<string, string>} */ (text.reason);
  const bars = refusals.slice(0, MOST).map(({ code, reason, count }) => ({
    label: Object.hasOwn(reasons, reason) ? reasons[reason] : reason,
    note: code ? String(code) : "",
    value: count,
  }));
  place.replaceChildren(barChart({ label: text.refusals, format: (n) => number(n), bars }));
}

/** @param {Status} status */
export function server(status) {
  const { self_test: test, certificate, data_path: path, relays } = status;
  /** @type {[Mood, string, string?][]} */
  const facts = [["none", text.up(duration((status.now - status.started_at) / 1000)), status.version]];
  facts.push(["none", text.dataPath(path.name), path.why]);
  facts.push(relays?.length ? ["none", text.relayAt(relays.join(", "))] : ["care", text.noRelay]);
  if (!certificate) facts.push(["none", text.noCertificate]);
  else if (certificate.days < 0) facts.push(["bad", text.certificateOver(day(certificate.not_after))]);
  else facts.push([certificate.days < SOON ? "care" : "good", text.certificate(day(certificate.not_after), text.days(number(certificate.days)))]);
  if (!test.at) facts.push(["none", text.selfTestRuns]);
  for (const { url, good, rtt_ms: rtt, error } of test.results ?? []) {
    facts.push(good ? ["good", text.selfTest(url, milliseconds(rtt))] : ["bad", text.selfTestFailed(url, error ?? "")]);
  }
  if (test.error) facts.push(["bad", text.selfTestBad(test.error)]);
  the("server", HTMLElement).replaceChildren(...facts.map(([mood, words, more]) =>
    make("li", { "data-mood": mood }, mark(mood), make("span", {}, words, more ? make("small", {}, more) : ""))));
}
