// What an expert wants to see.
import { make } from "../page/dom.js";
import { text } from "./strings.js";
import { CLOCK } from "./why.js";
import { rowName, seconds, span } from "./words.js";

/** @typedef {import("./report.js").Report} Report */

/** @param {Report} report */
export function details(report) {
  const errors = report.rows.flatMap((row) => row.errors.map(({ code, text: words }) => [rowName(row), String(code), words]));
  const saw = report.saw.map((event) => [
    event.at ? new Date(event.at).toISOString().slice(11, 23) : "",
    event.kind,
    [event.transport, event.port].filter(Boolean).join(" "),
    event.client ?? "",
    what(event),
  ]);
  const parts = [
    make("p", { class: "hint" }, text.took(seconds(report.seconds))),
    ...(Math.abs(report.clock) >= CLOCK ? [make("p", { class: "hint" }, text.clock(span(Math.abs(report.clock))))] : []),
    make("h3", {}, text.saw),
    saw.length ? table([text.at, text.kind, text.transport, text.client, text.what], saw) : hint(text.sawNothing),
    make("h3", {}, text.errors),
    errors.length ? table([text.column.way, text.column.error, text.what], errors) : hint(text.none),
    make("h3", {}, text.candidates),
    report.candidates.length ? make("pre", { class: "box", tabindex: "0" }, report.candidates.join("\n")) : hint(text.none),
    make("h3", {}, text.report),
    hint(text.reportHint),
    make("pre", { class: "box json", tabindex: "0" }, JSON.stringify(report, null, 1)),
  ];
  return parts;
}

/** @param {import("./types.js").Sighting} event */
function what({ code, reason, by, limit, relay, peer, sent, received }) {
  return [
    code,
    reason,
    by !== undefined && `${by} s`,
    limit !== undefined && `limit ${limit}`,
    relay && `relay ${relay}`,
    peer && `peer ${peer}`,
    sent && `↑ ${sent.packets}`,
    received && `↓ ${received.packets}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** @param {string[]} heads @param {string[][]} rows */
function table(heads, rows) {
  return make(
    "div",
    { class: "box", tabindex: "0" },
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell))))),
    ),
  );
}

/** @param {string} words */
function hint(words) {
  return make("p", { class: "hint" }, words);
}
