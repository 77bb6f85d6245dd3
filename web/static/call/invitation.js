import { the } from "../page/dom.js";
import { setIcon } from "../page/icons.js";
import { qrCode } from "../page/qrcode.js";
import { toast } from "../page/toast.js";
import { invitation } from "./link.js";
import { text } from "./strings.js";

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
    this.#copyTop.title = text.copy;
    setIcon(this.#share, "share");
    this.#share.hidden = !navigator.share;
    this.#share.addEventListener("click", () => navigator.share({ url: this.#link }).catch(() => {}));
    this.#field.addEventListener("focus", () => this.#field.select());
  }

  /** @param {string | null} room null: nobody else can join */
  setRoom(room) {
    this.#link = room ? invitation(location.href, room) : "";
    this.#field.value = this.#link;
    the("qr", HTMLElement).replaceChildren(...(room ? [qrCode(this.#link)] : []));
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
