// Measurements in words.
import { chosen } from "../language.js";
import { text } from "./strings.js";

/**
 * @param {number} value
 * @param {number} [digits] behind the point
 */
function number(value, digits = 0) {
  return value.toLocaleString(chosen(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {number} ms */
export function milliseconds(ms) {
  return text.milliseconds(number(Math.max(1, ms)));
}

/** @param {number} s */
export function seconds(s) {
  return text.seconds(number(s));
}

/** @param {number} bits per second */
export function rate(bits) {
  return bits >= 999_500 ? text.megabits(number(bits / 1e6, 1)) : text.kilobits(number(bits / 1e3));
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  return text.percent(number(share * 100, share > 0 && share < 0.1 ? 1 : 0));
}
