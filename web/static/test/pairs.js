// What two devices found out about each other.
import { make } from "../page/dom.js";
import { mark } from "../page/mark.js";
import { text } from "./strings.js";
import { families, whyTwo } from "./whytwo.js";
import { milliseconds, percent, rate } from "./words.js";

/** @typedef {import("./two.js").Way} Way @typedef {import("./two.js").InWords} Found of one device, in words */

/** Both sides' own verdicts. @param {Found} mine @param {Found} theirs */
export function sides(mine, theirs) {
  return make("div", { class: "sides" }, ...[side(text.twoThis, mine), side(text.twoOther, theirs)]);
}

/** @param {string} title @param {Found} report */
function side(title, { verdict, nat }) {
  const network = nat ? [make("p", { class: "hint" }, nat.udp ? text.mapping[nat.mapping] : text.natNoUdp)] : [];
  return make("div", { class: "side" }, make("h3", {}, mark(verdict.mood), title), make("p", {}, verdict.sentence), ...network);
}

/** @param {Way[]} ways @param {Found} mine @param {Found} theirs */
export function table(ways, mine, theirs) {
  const heads = Object.values(text.twoColumn);
  return make(
    "div",
    { class: "box", tabindex: "0" },
    make(
      "table",
      { class: "matrix", role: "table" },
      make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads.map((head) => make("th", { scope: "col", role: "columnheader" }, head)))),
      make("tbody", { role: "rowgroup" }, ...ways.map((way) => line(way, mine, theirs))),
    ),
  );
}

/** @param {Way} way @param {Found} mine @param {Found} theirs */
function line(way, mine, theirs) {
  const tried = way.mine !== null && way.theirs !== null;
  const { mood, cause } = whyTwo(way, mine, theirs);
  const shown = tried ? mood : "running";
  const state = !tried ? text.testing : cause === "connects" ? text.twoConnects : cause === "skipped" ? text.twoSkipped : text.twoFails;
  const cells = [
    maybe(way.mine?.rtt, milliseconds),
    maybe(way.theirs?.loss, percent),
    maybe(way.mine?.loss, percent),
    maybe(way.theirs?.rate, rate),
    maybe(way.mine?.rate, rate),
    !tried ? "" : cause === "connects" ? route(way) : reason(cause, mine, theirs),
  ];
  const names = Object.values(text.twoColumn).slice(2);
  return make(
    "tr",
    { role: "row", "data-way": way.kind, "data-mood": shown },
    make("th", { scope: "row", role: "rowheader" }, text.twoWay[way.kind]),
    make("td", { role: "cell", class: "state" }, mark(shown), state),
    ...cells.map((words, i) => make("td", { role: "cell", "data-name": names[i], class: i === cells.length - 1 ? "why" : words ? "" : "empty" }, words)),
  );
}

/** @param {import("./whytwo.js").WhyTwo["cause"]} cause @param {Found} mine @param {Found} theirs */
function reason(cause, mine, theirs) {
  switch (cause) {
    case "connects":
      return "";
    case "skipped":
      return text.twoSkipped;
    case "family":
      return text.twoWhy.family(mine.nat ? families(mine.nat).join(", ") : "", theirs.nat ? families(theirs.nat).join(", ") : "");
    case "here":
      return text.twoWhy.here(mine.verdict.sentence);
    case "there":
      return text.twoWhy.there(theirs.verdict.sentence);
    default:
      return text.twoWhy[cause];
  }
}

/** What a call would use. @param {Way} way */
function route({ kind, mine }) {
  if (!mine || kind !== "all") return mine?.pair ?? "";
  return text.twoChosen(mine.path === "direct" ? text.path.direct : text.path.relayed(mine.over.toUpperCase()));
}

/**
 * The verdict on both, once every way was tried.
 * @param {Way[]} ways
 * @param {Found} mine
 * @param {Found} theirs
 * @returns {{mood: import("./types.js").Mood, sentence: string, todo: string}}
 */
export function verdictOfTwo(ways, mine, theirs) {
  const all = ways.find(({ kind }) => kind === "all");
  if (all?.mine?.connected) {
    const direct = all.mine.path === "direct";
    const reflexive = ways.find(({ kind }) => kind === "reflexive");
    return {
      mood: direct || all.mine.over === "udp" ? "good" : "care",
      sentence: direct ? text.twoWorks.direct : text.twoWorks.relayed(all.mine.over.toUpperCase()),
      todo: direct || !reflexive ? "" : reason(whyTwo(reflexive, mine, theirs).cause, mine, theirs),
    };
  }
  if (!all?.mine) return { mood: "none", sentence: text.twoUnfinished, todo: "" };
  const { cause } = whyTwo(all, mine, theirs);
  return { mood: "bad", sentence: `${text.twoNothing} ${reason(cause, mine, theirs)}`.trim(), todo: cause === "there" ? theirs.verdict.todo : mine.verdict.todo };
}

/** @param {number | null | undefined} value @param {(value: number) => string} words */
function maybe(value, words) {
  return value == null ? "" : words(value);
}
