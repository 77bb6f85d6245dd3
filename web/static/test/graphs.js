import { barChart, lineChart } from "../page/charts.js";
import { make } from "../page/dom.js";
import { text } from "./strings.js";
import { milliseconds, rate, rowName, seconds } from "./words.js";

/** @typedef {Omit<import("./types.js").Row, "servers">} Row */

/** Delay over time and throughput of every row that was measured. @param {Row[]} rows */
export function graphs(rows) {
  const measured = rows.filter(({ kind, stream }) => kind === "turn" && stream && stream.points.length > 1);
  if (measured.length === 0) return [];
  const lines = measured.map((row) => series(row));
  const top = Math.max(20, ...lines.flatMap(({ points }) => points.map(({ value }) => value ?? 0)));
  const bars = measured.flatMap((row) => [
    { label: rowName(row), note: text.there, value: row.there },
    { label: "", note: text.back, value: row.back },
  ]);
  return [
    make("h3", {}, text.rtt),
    make("div", { class: "charts" }, ...lines.map((one) => lineChart({ ...one, least: top }, seconds))),
    make("details", {}, make("summary", {}, text.asTable), make("div", { class: "box", tabindex: "0" }, table(lines))),
    make("h3", {}, text.rate),
    barChart({ label: text.rate, format: rate, bars }),
  ];
}

/** @param {Row} row */
function series(row) {
  const points = row.stream?.points ?? [];
  const end = points[points.length - 1].at;
  return {
    label: rowName(row),
    format: milliseconds,
    span: Math.max(1, Math.round(end / 1000)),
    points: points.map(({ at, rtt }) => ({ age: (end - at) / 1000, value: rtt })),
  };
}

/** @param {ReturnType<typeof series>[]} all a row for each second */
function table(all) {
  const longest = Math.max(...all.map(({ span }) => span));
  const at = (/** @type {ReturnType<typeof series>} */ { points, span }, /** @type {number} */ second) =>
    points.find(({ age, value }) => value !== null && span - age >= second)?.value;
  const head = make("tr", {}, ...[text.time, ...all.map(({ label }) => label)].map((name) => make("th", { scope: "col" }, name)));
  const body = Array.from({ length: longest }, (_, second) =>
    make("tr", {}, make("th", { scope: "row" }, String(second)), ...all.map((one) => make("td", {}, at(one, second) == null ? "–" : milliseconds(at(one, second) ?? 0)))),
  );
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}
