import { make } from "../page/dom.js";
import { icon, setIcon } from "../page/icons.js";
import { badge } from "./badge.js";
import { text } from "./strings.js";

/** @typedef {import("../turnpike.js").Member} Member */

/** One person on the stage: picture and sound, name, whether muted, and the way the connection takes. */
export class Tile {
  element = make("div", { class: "tile", role: "listitem" });
  #member;
  #stream = new MediaStream();
  #video = make("video", { autoplay: true, playsinline: true });
  #initial = make("p", { class: "initial", "aria-hidden": "true" });
  #name = make("span", { class: "name" });
  #muted = make("span", { class: "muted" }, icon("mic-off"), text.muted);
  #badge = make("button", { type: "button", class: "badge" }, make("span"));
  #remove = make("button", { type: "button", class: "remove square", hidden: true }, icon("remove"));
  #hear = make("button", { type: "button", class: "hear primary", hidden: true }, text.hear);
  /** @type {(() => void)[]} */
  #offs;

  /**
   * @param {Member} member
   * @param {object} actions
   * @param {(member: Member) => void} actions.details opens the panel of this connection
   * @param {(member: Member) => void} actions.remove asks whether this person is to leave
   */
  constructor(member, { details, remove }) {
    this.#member = member;
    this.#video.srcObject = this.#stream;
    this.#badge.addEventListener("click", () => details(member));
    this.#remove.addEventListener("click", () => remove(member));
    this.#hear.addEventListener("click", () => this.#play());
    this.element.append(
      this.#video,
      this.#initial,
      this.#remove,
      this.#badge,
      this.#hear,
      make("p", { class: "who" }, this.#name, this.#muted),
    );
    this.#offs = [
      member.on("track", ({ track }) => this.#take(track)),
      member.on("state", () => this.#show()),
      member.on("session", () => this.#show()),
      member.on("away", () => this.#show()),
      member.on("connection", () => this.#show()),
      member.on("sample", () => this.#show()),
    ];
    for (const track of Object.values(member.tracks)) if (track) this.#take(track);
    this.#show();
  }

  remove() {
    this.#offs.forEach((off) => off());
    this.#video.srcObject = null;
    this.element.remove();
  }

  /** Whether we may make this person leave. @param {boolean} may */
  mayRemove(may) {
    this.#remove.hidden = !may;
  }

  /** @param {string} id of an output device */
  async speakThrough(id) {
    const video = /** @type {HTMLVideoElement & {setSinkId?: (id: string) => Promise<void>}} */ (this.#video);
    await video.setSinkId?.(id).catch(() => {});
  }

  /** @param {MediaStreamTrack} track */
  #take(track) {
    for (const former of this.#stream.getTracks()) if (former.kind === track.kind) this.#stream.removeTrack(former);
    this.#stream.addTrack(track);
    this.#play();
  }

  async #play() {
    try {
      await this.#video.play();
      this.#hear.hidden = true;
    } catch (err) {
      // Without a gesture on the page the browser may refuse to sound.
      if (/** @type {Error} */ (err).name === "NotAllowedError") this.#hear.hidden = false;
    }
  }

  #show() {
    const { name, state, session, connection } = this.#member;
    const shown = name || text.guest;
    const { words, mood, shape } = badge(this.#member);
    const { element } = this;
    element.dataset.session = session;
    element.dataset.state = connection;
    element.dataset.picture = state.screen ? "screen" : state.video ? "camera" : "none";
    element.setAttribute("aria-label", shown);
    setText(this.#name, state.screen ? `${shown} · ${text.sharesScreen}` : shown);
    setText(this.#initial, [...shown][0].toUpperCase());
    this.#muted.hidden = state.audio !== false;
    this.#badge.dataset.mood = mood;
    setIcon(this.#badge, shape);
    setText(/** @type {HTMLElement} */ (this.#badge.querySelector("span")), words);
    this.#badge.setAttribute("aria-label", text.badgeLabel(shown, words));
    this.#remove.title = text.remove(shown);
    this.#remove.setAttribute("aria-label", text.remove(shown));
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} content
 */
function setText(element, content) {
  if (element.textContent !== content) element.textContent = content;
}
