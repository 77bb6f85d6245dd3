// The rows as a table; on a phone each row is a card of its own.
import { make } from "../page/dom.js";
import { mark } from "../page/mark.js";
import { text } from "./strings.js";
import { milliseconds, percent, rate, rowName, rowWhy } from "./words.js";
import { works } from "./why.js";

/** @typedef {Omit<import("./types.js").Row, "servers">} Row */

/** @param {Row[]} rows */
export function matrix(rows) {
  const lines = rows.map((row) => cells(row, rows));
  // What nothing can be said of needs no room once all is known.
  const over = rows.every(({ done }) => done);
  const columns = Object.values(text.column).map((name, i) => ({ name, shown: i < 2 || !over || lines.some((line) => line[i - 2] !== "") }));
  const heads = columns.flatMap(({ name, shown }) => (shown ? [name] : []));
  const head = make("tr", { role: "row" }, ...heads.map((name) => make("th", { scope: "col", role: "columnheader" }, name)));
  return make(
    "table",
    { class: "matrix", role: "table" },
    make("thead", { role: "rowgroup" }, head),
    make("tbody", { role: "rowgroup" }, ...rows.map((row, i) => line(row, lines[i], columns))),
  );
}

/** What is known of a row, beside its name and its result. @param {Row} row @param {Row[]} rows */
function cells(row, rows) {
  const { stream } = row;
  const turn = row.kind === "turn";
  return [
    resolved(row, rows),
    maybe(row.gathered ?? (row.kind === "turn" || row.kind === "ports" ? null : row.opened), milliseconds),
    failure(row),
    turn && row.done ? (works(/** @type {any} */ (row)) ? text.works : row.gathered === null ? "" : text.failed) : "",
    stream?.p50 != null ? `${milliseconds(stream.p50)} · ${milliseconds(stream.p95 ?? stream.p50)}` : "",
    turn && stream ? percent(stream.loss) : "",
    turn ? maybe(stream?.jitter, milliseconds) : "",
    row.there !== null || row.back !== null ? `${maybe(row.there, rate)} · ${maybe(row.back, rate)}` : "",
    rowWhy(row),
  ];
}

/** @param {Row} row @param {string[]} cells @param {{name: string, shown: boolean}[]} columns */
function line(row, cells, columns) {
  const mood = row.done ? row.why?.mood ?? "none" : "running";
  const last = cells.length - 1;
  return make(
    "tr",
    { role: "row", "data-row": row.id, "data-mood": mood },
    make("th", { scope: "row", role: "rowheader" }, rowName(row)),
    make("td", { role: "cell", class: "state" }, mark(mood), row.done ? text.mood[row.why?.mood ?? "none"] : text.testing),
    ...cells.flatMap((words, i) => {
      const { name, shown } = columns[i + 2];
      return shown ? [make("td", { role: "cell", "data-name": name, class: i === last ? "why" : words ? "" : "empty" }, words)] : [];
    }),
  );
}

/** Whether a name was found. An address has none. @param {Row} row @param {Row[]} rows */
function resolved(row, rows) {
  if (row.family || !row.host) return "";
  if (row.why?.cause === "name-missing") return text.resolvesNot;
  return row.gathered !== null || rows.some(({ host, gathered }) => host === row.host && gathered !== null) ? text.resolves : "";
}

/** The error that a browser had: the last is the one that counts. @param {Row} row */
function failure(row) {
  if (row.gathered !== null) return "";
  const last = row.errors.at(-1);
  return last ? String(last.code || "!") : "";
}

/** @param {number | null | undefined} value @param {(value: number) => string} words */
function maybe(value, words) {
  return value == null ? "" : words(value);
}
