// Figures in words, as the chosen language writes them.
import { chosen } from "../language.js";
import { text } from "./strings.js";

/** @param {number} value @param {number} [digits] after the point at most */
export function number(value, digits = 0) {
  return value.toLocaleString(chosen(), { maximumFractionDigits: digits });
}

/** @param {number} bytes a second */
export function rate(bytes) {
  const bits = bytes * 8;
  return bits < 999_500 ? text.kilobits(number(bits / 1e3, bits < 9_950 ? 1 : 0)) : text.megabits(number(bits / 1e6, bits < 99.5e6 ? 1 : 0));
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 999_500) return text.kilobytes(number(bytes / 1e3, bytes < 9_950 ? 1 : 0));
  if (bytes < 999.5e6) return text.megabytes(number(bytes / 1e6, bytes < 99.5e6 ? 1 : 0));
  return text.gigabytes(number(bytes / 1e9, 1));
}

/** A time in its largest unit that says enough. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 120) return text.seconds(number(Math.floor(seconds)));
  if (seconds < 7_200) return text.minutes(number(Math.floor(seconds / 60)));
  if (seconds < 172_800) return text.hours(number(Math.floor(seconds / 3_600)));
  return text.days(number(Math.floor(seconds / 86_400)));
}

/** @param {number} ms */
export function milliseconds(ms) {
  return text.milliseconds(number(ms, ms < 10 ? 1 : 0));
}

/** @param {number | string | Date} at */
export function clock(at) {
  return new Date(at).toLocaleTimeString(chosen(), { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** @param {string} at */
export function day(at) {
  return new Date(at).toLocaleDateString(chosen(), { dateStyle: "medium" });
}
