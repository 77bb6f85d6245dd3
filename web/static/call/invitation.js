import { qr } from "../lib/qr.js";
import { the } from "./dom.js";
import { setIcon } from "./icons.js";
import { text } from "./strings.js";
import { toast } from "./toast.js";

const NS = "http://www.w3.org/2000/svg";
const QUIET = 4; // modules of white around the code, which readers need

/** The link into this room, to copy, to share, and to photograph. */
export class Invitation {
  #card = the("alone", HTMLElement);
  #field = the("link", HTMLInputElement);
  #copyTop = the("where-copy", HTMLButtonElement);
  #share = the("link-share", HTMLButtonElement);
  #link = "";

  constructor() {
    for (const button of [the("link-copy", HTMLButtonElement), this.#copyTop]) {
      setIcon(button, "copy");
      button.addEventListener("click", () => this.#copy());
    }
    setIcon(this.#share, "share");
    this.#share.hidden = !navigator.share;
    this.#share.addEventListener("click", () => navigator.share({ url: this.#link }).catch(() => {}));
    this.#field.addEventListener("focus", () => this.#field.select());
  }

  /** @param {string | null} room null: nobody else can join */
  setRoom(room) {
    this.#link = room ? invitation(location.href, room) : "";
    this.#field.value = this.#link;
    the("qr", HTMLElement).replaceChildren(...(room ? [draw(qr(this.#link))] : []));
  }

  /** @param {boolean} alone */
  show(alone) {
    this.#card.hidden = !alone || !this.#link;
    this.#copyTop.hidden = alone || !this.#link;
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#link);
      toast(text.copied);
    } catch {
      this.#card.hidden = false; // not a secure page: let the person copy it
      this.#field.focus();
      toast(text.copyByHand);
    }
  }
}

/**
 * The address that leads into a room. The room stands in the fragment, which browsers send to no server.
 * @param {string} page
 * @param {string} room
 */
export function invitation(page, room) {
  const url = new URL(page);
  url.search = "";
  url.hash = new URLSearchParams({ room }).toString();
  return url.href;
}

/**
 * @param {boolean[][]} modules
 * @returns {SVGSVGElement}
 */
function draw(modules) {
  const size = modules.length + 2 * QUIET;
  const svg = /** @type {SVGSVGElement} */ (document.createElementNS(NS, "svg"));
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(NS, "path");
  const dark = modules.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : [])));
  path.setAttribute("d", dark.join(""));
  svg.append(path);
  return svg;
}
