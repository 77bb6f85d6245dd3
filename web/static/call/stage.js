import { the } from "../page/dom.js";
import { columns } from "./columns.js";
import { Tile } from "./tile.js";

/** @typedef {import("../turnpike.js").Member} Member */

/** The tiles of everybody else, laid out so that they use the space. */
export class Stage {
  #element = the("stage", HTMLElement);
  /** @type {Map<Member, Tile>} */
  #tiles = new Map();
  #actions;
  #speaker = "";
  #owned = false;

  /** @param {{details: (member: Member) => void, remove: (member: Member) => void}} actions of a tile */
  constructor(actions) {
    this.#actions = actions;
    new ResizeObserver(() => this.#arrange()).observe(this.#element);
  }

  get size() {
    return this.#tiles.size;
  }

  /** @param {Member} member */
  add(member) {
    if (this.#tiles.has(member)) return;
    const tile = new Tile(member, this.#actions);
    tile.mayRemove(this.#owned);
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

  /** Whether we may make people leave. @param {boolean} owned */
  own(owned) {
    this.#owned = owned;
    for (const tile of this.#tiles.values()) tile.mayRemove(owned);
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
