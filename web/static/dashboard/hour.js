// Charts of the last hour.
import { lineChart, table } from "../page/charts.js";
import { make, the } from "../page/dom.js";
import { text } from "./strings.js";
import { duration, number, rate } from "./words.js";

/** @typedef {import("./api.js").History} History */

const HOUR = 3_600; // seconds
const STEP = 300; // by which the charts grow until they go back an hour
const SAMPLES_A_MINUTE = 6;

/** @param {History} history */
export function hour(history) {
  const place = the("hour", HTMLElement);
  if (history.at.length === 0) {
    place.replaceChildren(make("p", { class: "hint" }, text.noHour));
    return;
  }
  const points = (/** @type {number[]} */ values, factor = 1) =>
    values.map((value, i) => ({ age: (history.now - history.at[i]) / 1000, value: value * factor }));
  const count = (/** @type {number} */ n) => number(n);
  const span = Math.min(HOUR, STEP * Math.ceil((history.now - history.at[0]) / 1000 / STEP + 0.01));
  const all = [
    { label: text.chart.allocations, format: count, points: points(history.allocations), least: 4, span },
    { label: text.chart.sessions, format: count, points: points(history.sessions), least: 4, span },
    { label: text.chart.sent, format: rate, points: points(history.sent), least: 12_500, span },
    { label: text.chart.received, format: rate, points: points(history.received), least: 12_500, span },
    { label: text.chart.refused, format: count, points: points(history.refused, SAMPLES_A_MINUTE), least: 4, span },
  ];
  const ago = (/** @type {number} */ s) => (s === 0 ? text.now : `−${duration(s)}`);
  const open = place.querySelector("details")?.open ?? false;
  place.replaceChildren(
    make("div", { class: "charts" }, ...all.map((series) => lineChart(series, ago))),
    make("details", { open }, make("summary", {}, text.asTable), make("div", { class: "box" }, table(text.secondsAgo, all))),
  );
}
