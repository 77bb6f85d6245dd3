// Small line charts, with the same numbers as a table for those who cannot see them.
import { draw, make } from "./dom.js";

const WIDTH = 240;
const HEIGHT = 64;

/**
 * @typedef {object} Series
 * @property {string} label
 * @property {(value: number) => string} format
 * @property {{age: number, value: number | null}[]} points age in seconds, oldest first; null: nothing was measured
 * @property {number} [least] the axis reaches at least to this value
 * @property {number} [span] how many seconds the chart goes back; left out: 60
 */

/**
 * A line over the last minute, its axis from zero to its highest value.
 * @param {Series} series
 * @param {(n: number) => string} seconds how a time is written
 */
export function lineChart({ label, format, points, least = 0, span = 60 }, seconds) {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const top = Math.max(least, ...values) || 1;
  const last = values.length ? format(values[values.length - 1]) : "–";
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const y of [0.5, HEIGHT / 2, HEIGHT - 0.5]) {
    svg.append(draw("line", { x1: 0, x2: WIDTH, y1: y, y2: y, class: "grid" }));
  }
  svg.append(draw("path", { d: line(points, top, span), class: "line" }));
  return make(
    "figure",
    { class: "chart" },
    make("figcaption", {}, make("span", {}, label), make("strong", {}, last)),
    make("div", { class: "plot" }, svg, make("span", { class: "most" }, format(top)), make("span", { class: "zero" }, "0")),
    make("p", { class: "axis" }, make("span", {}, seconds(span)), make("span", {}, seconds(0))),
  );
}

/**
 * The same series as one table, a row for every tenth second.
 * @param {string} secondsAgo the name of the first column
 * @param {Series[]} all
 */
export function table(secondsAgo, all) {
  const head = make("tr", {}, make("th", { scope: "col" }, secondsAgo));
  for (const { label } of all) head.append(make("th", { scope: "col" }, label));
  const rows = all[0].points
    .map(({ age }, i) => ({ age, i }))
    .filter(({ i }) => (all[0].points.length - 1 - i) % 10 === 0)
    .reverse()
    .map(({ age, i }) => {
      const row = make("tr", {}, make("th", { scope: "row" }, String(Math.round(age))));
      for (const { points, format } of all) {
        const value = points[i]?.value ?? null;
        row.append(make("td", {}, value === null ? "–" : format(value)));
      }
      return row;
    });
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

/**
 * A path through the points, with a gap wherever nothing was measured.
 * @param {Series["points"]} points
 * @param {number} top
 * @param {number} [span]
 */
export function line(points, top, span = 60) {
  let d = "";
  let pen = "M";
  for (const { age, value } of points) {
    if (value === null || age > span) {
      pen = "M";
      continue;
    }
    const x = (WIDTH * (1 - age / span)).toFixed(1);
    const y = (HEIGHT - 1 - (HEIGHT - 2) * Math.min(1, value / top)).toFixed(1);
    d += `${pen}${x} ${y}`;
    pen = "L";
  }
  return d;
}

/**
 * Bars that lie, each with its name and its number, from zero to the longest.
 * @param {object} chart
 * @param {string} chart.label
 * @param {(value: number) => string} chart.format
 * @param {{label: string, note: string, value: number | null}[]} chart.bars
 */
export function barChart({ label, format, bars }) {
  const top = Math.max(...bars.map(({ value }) => value ?? 0)) || 1;
  const list = make("dl", { class: "bars", "aria-label": label });
  for (const { label: name, note, value } of bars) {
    const width = ((100 * (value ?? 0)) / top).toFixed(1);
    const svg = draw("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" }, draw("rect", { width, height: 10, rx: 0 }));
    list.append(make("dt", {}, name ? make("span", {}, name) : "", make("small", {}, note)), make("dd", {}, svg, make("span", {}, value === null ? "–" : format(value))));
  }
  return list;
}
