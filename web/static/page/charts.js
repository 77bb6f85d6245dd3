// Small line charts, with the same numbers as a table for those who cannot see them.
import { draw, make } from "./dom.js";

const WIDTH = 240;
const HEIGHT = 64;

/**
 * @typedef {object} Series
 * @property {string} label
 * @property {string} unit shown by format, repeated for the axis
 * @property {(value: number) => string} format
 * @property {{age: number, value: number | null}[]} points age in seconds, oldest first; null: nothing was measured
 * @property {number} [least] the axis reaches at least to this value
 */

/**
 * A line over the last minute, its axis from zero to its highest value.
 * @param {Series} series
 */
export function lineChart({ label, format, points, least = 0 }) {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const top = Math.max(least, ...values) || 1;
  const last = values.length ? format(values[values.length - 1]) : "–";
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const y of [0.5, HEIGHT / 2, HEIGHT - 0.5]) {
    svg.append(draw("line", { x1: 0, x2: WIDTH, y1: y, y2: y, class: "grid" }));
  }
  svg.append(draw("path", { d: line(points, top), class: "line" }));
  return make(
    "figure",
    { class: "chart" },
    make("figcaption", {}, make("span", {}, label), make("strong", {}, last)),
    make("div", { class: "plot" }, svg, make("span", { class: "most" }, format(top)), make("span", { class: "zero" }, "0")),
    make("p", { class: "axis" }, make("span", {}, "60 s"), make("span", {}, "0 s")),
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
 */
export function line(points, top) {
  let d = "";
  let pen = "M";
  for (const { age, value } of points) {
    if (value === null || age > 60) {
      pen = "M";
      continue;
    }
    const x = (WIDTH * (1 - age / 60)).toFixed(1);
    const y = (HEIGHT - 1 - (HEIGHT - 2) * Math.min(1, value / top)).toFixed(1);
    d += `${pen}${x} ${y}`;
    pen = "L";
  }
  return d;
}
