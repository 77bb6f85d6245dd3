import { the } from "../page/dom.js";
import { Tile } from "./tile.js";

/** @typedef {import("../turnpike.js").Member} Member */

const RATIO = 16 / 9;

/**
 * How many columns give so many pictures the most space: 1, 2, 4 and 9 fill a wide window without a gap.
 * @param {number} tiles
 * @param {number} width
 * @param {number} height
 * @returns {number}
 */
export function columns(tiles, width, height) {
  let best = 1;
  let most = 0;
  for (let cols = 1; cols <= tiles; cols++) {
    const rows = Math.ceil(tiles / cols);
    const size = Math.min(width / cols, (height / rows) * RATIO);
    if (size > most * 1.01) [best, most] = [cols, size];
  }
  return best;
}

/** The tiles of everybody else, laid out so that they use the space. */
export class Stage {
  #element = the("stage", HTMLElement);
  /** @type {Map<Member, Tile>} */
  #tiles = new Map();
  #details;
  #speaker = "";

  /** @param {(member: Member) => void} details */
  constructor(details) {
    this.#details = details;
    new ResizeObserver(() => this.#arrange()).observe(this.#element);
  }

  get size() {
    return this.#tiles.size;
  }

  /** @param {Member} member */
  add(member) {
    if (this.#tiles.has(member)) return;
    const tile = new Tile(member, this.#details);
    if (this.#speaker) tile.speakThrough(this.#speaker);
    this.#tiles.set(member, tile);
    this.#element.append(tile.element);
    this.#arrange();
  }

  /** @param {Member} member */
  remove(member) {
    this.#tiles.get(member)?.remove();
    this.#tiles.delete(member);
    this.#arrange();
  }

  clear() {
    for (const member of [...this.#tiles.keys()]) this.remove(member);
  }

  /** @param {string} id of an output device */
  speakThrough(id) {
    this.#speaker = id;
    for (const tile of this.#tiles.values()) tile.speakThrough(id);
  }

  #arrange() {
    const { clientWidth, clientHeight } = this.#element;
    if (this.size === 0 || clientWidth === 0) return;
    this.#element.style.setProperty("--columns", String(columns(this.size, clientWidth, clientHeight)));
  }
}
