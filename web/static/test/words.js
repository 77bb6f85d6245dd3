// Causes, figures and rows in words.
import { chosen } from "../language.js";
import { text } from "./strings.js";

/** @typedef {import("./types.js").Why} Why @typedef {import("./types.js").Row} Row @typedef {import("./types.js").Figures} Figures */

/** @param {number} value @param {number} [digits] */
function number(value, digits = 0) {
  return value.toLocaleString(chosen(), { minimumFractionDigits: 0, maximumFractionDigits: digits, useGrouping: false });
}

/** @param {number} ms */
export function milliseconds(ms) {
  return text.milliseconds(plainMs(ms));
}

/** @param {number} ms */
function plainMs(ms) {
  return number(ms, ms < 10 ? 1 : 0);
}

/** @param {number} s */
export function seconds(s) {
  return text.seconds(number(s, 1));
}

/** @param {number} bits per second */
export function rate(bits) {
  return text.megabits(number(bits / 1e6, bits < 9.95e6 ? 1 : 0));
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  return text.percent(plainPercent(share));
}

/** @param {number} share */
function plainPercent(share) {
  return number(share * 100, share > 0 && share < 0.01 ? 1 : 0);
}

/** A time in its two largest units. @param {number} s */
export function span(s) {
  const minutes = Math.round(s / 60);
  if (s < 60) return text.seconds(number(s));
  if (minutes < 60) return text.minutes(number(minutes));
  if (minutes >= 48 * 60) return text.days(number(Math.floor(minutes / 60 / 24)));
  const hours = text.hours(number(Math.floor(minutes / 60)));
  return minutes % 60 === 0 ? hours : `${hours} ${text.minutes(number(minutes % 60))}`;
}

/** @param {Figures} figures @returns {Record<string, string>} */
function said({ seconds: time, ms, share, ...others }) {
  /** @type {Record<string, string>} */
  const words = {};
  for (const [key, value] of Object.entries(others)) if (value !== undefined) words[key] = String(value);
  if (time !== undefined) words.time = span(time);
  if (ms !== undefined) words.ms = plainMs(ms);
  if (share !== undefined) words.percent = plainPercent(share);
  return words;
}

/** @param {Why} why */
export function sentence(why) {
  return text.cause[why.cause](said(why.figures));
}

/** The same of one row, without what it means for calls. @param {Why} why */
function rowSentence(why) {
  return text.cause[why.cause]({ ...said(why.figures), row: "1" });
}

/** What to do about it. @param {Why} why @returns {string} */
export function todo(why) {
  const words = text.todo[why.cause];
  return typeof words === "function" ? words(said(why.figures)) : words;
}

/** Causes whose sentence says itself whether calls work. */
const WHOLE = new Set(["good", "slow-relay-only", "other-side", "server-down", "forbidden", "no-relay", "no-webrtc", "stopped", "only-web"]);
const PARTLY = new Set(["relay-silent", "wrong-public-address"]);

/**
 * The verdict as a headline.
 * @param {Why} verdict
 * @param {boolean} open some way to the relay works
 */
export function headline(verdict, open) {
  if (verdict.mood === "none") return text.cancelled;
  const words = sentence(verdict);
  if (WHOLE.has(verdict.cause)) return words;
  const lead = !open ? text.lead.fails : PARTLY.has(verdict.cause) ? text.lead.partly : text.lead.works;
  return `${lead} ${words}`;
}

/** The name of a row. @param {Omit<Row, "servers">} row */
export function rowName(row) {
  const family = row.family ? `IPv${row.family}` : row.host;
  if (row.kind === "stun") return text.row.stun(family);
  if (row.kind === "turn") return text.row.turn(row.transport.toUpperCase(), family);
  return row.kind === "websocket" ? "WebSocket" : text.row[row.kind];
}

/** Why a row is as it is. Of one that is good that is in its figures. @param {Omit<Row, "servers">} row */
export function rowWhy(row) {
  const { why } = row;
  if (!row.done || !why) return "";
  if (row.kind === "ports" && why.mood === "good") return text.portsGood;
  if (row.kind === "ports" && why.mood === "none" && why.cause === "relay-silent") return text.portsUnknown;
  return why.cause === "good" ? "" : rowSentence(why);
}
