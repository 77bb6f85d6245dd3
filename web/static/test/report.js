// The finished report: what is shown can be sent to somebody, who learns no whole address from it.
import { family } from "./iceurl.js";

const FOUR = /\b(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}\b/g;
const SIX = /(?<![\w.:])(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]{2,39}(?![\w:]|\.\d)/gi;

/**
 * IPv4 addresses to 16 bits, IPv6 addresses to 32, wherever they stand.
 * @param {string} text
 */
export function shortened(text) {
  const four = text.replace(FOUR, (whole, a, b) => (whole === "0.0.0.0" ? whole : `${a}.${b}.x.x`));
  return four.replace(SIX, (address) => (expandable(address) ? `${prefix(address)}::x` : address));
}

/**
 * A copy in which every address is short; the names of hosts stay.
 * @template T
 * @param {T} value of JSON
 * @returns {T}
 */
export function short(value) {
  if (typeof value === "string") return /** @type {any} */ (shortened(value));
  if (Array.isArray(value)) return /** @type {any} */ (value.map(short));
  if (value === null || typeof value !== "object") return value;
  return /** @type {any} */ (Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, short(inner)])));
}

/** @param {string} address */
function expandable(address) {
  return family(address) === 6 && (address.includes("::") || address.split(":").length === 8) && !/^::1?$/.test(address);
}

/** The first 32 bits. @param {string} address */
function prefix(address) {
  const [head] = address.split("::");
  const groups = head.split(":").filter(Boolean).slice(0, 2);
  while (groups.length < 2) groups.push("0");
  return groups.join(":").toLowerCase();
}

/**
 * @typedef {object} Report
 * @property {"turnpike test"} kind
 * @property {1} version
 * @property {string} at when, in UTC
 * @property {number} seconds how long it took
 * @property {string} browser
 * @property {import("./verdict.js").Verdict & {sentence: string, todo: string}} verdict
 * @property {import("./types.js").Nat | null} nat
 * @property {number} clock seconds by which the device's clock is ahead
 * @property {Omit<import("./types.js").Row, "servers">[]} rows
 * @property {import("./types.js").Sighting[]} saw
 * @property {string[]} candidates
 * @property {import("./types.js").Circumstances["session"]} session
 * @property {import("./two.js").Two} [two] the other device, and what goes between the two
 */

/**
 * @param {Omit<Report, "kind" | "version" | "rows"> & {rows: import("./types.js").Row[]}} parts
 * @returns {Report}
 */
export function report({ rows, ...parts }) {
  const bare = rows.map(({ servers, ...row }) => row); // without credentials
  return short({ kind: /** @type {const} */ ("turnpike test"), version: /** @type {const} */ (1), ...parts, rows: bare });
}

/**
 * @param {string} text of a file
 * @returns {Report | null} null: it is none
 */
export function read(text) {
  try {
    const value = JSON.parse(text);
    const sound = value?.kind === "turnpike test" && value.version === 1 && Array.isArray(value.rows) && typeof value.verdict?.sentence === "string";
    return sound ? value : null;
  } catch {
    return null;
  }
}
