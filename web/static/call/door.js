import { the } from "../page/dom.js";
import { setIcon } from "../page/icons.js";
import { toast } from "../page/toast.js";
import { text } from "./strings.js";

/** @typedef {import("../turnpike.js").Member} Member */
/** @typedef {import("../turnpike.js").Room} Room */

/** The door of a room: its owner may lock it, and make people leave; everybody sees whether it is locked. */
export class Door {
  #client;
  #changed;
  #sign = the("where-locked", HTMLElement);
  #lock = the("where-lock", HTMLButtonElement);
  #dialog = the("remove", HTMLDialogElement);
  #title = the("remove-title", HTMLElement);
  #lockToo = the("remove-lock", HTMLInputElement);
  /** @type {Room | null} */
  #room = null;
  /** @type {Member | null} who is asked about */
  #asked = null;
  #locked = false;
  #off = () => {};

  /**
   * @param {import("../turnpike.js").Client} client
   * @param {(owned: boolean) => void} changed
   */
  constructor(client, changed) {
    this.#client = client;
    this.#changed = changed;
    setIcon(this.#sign, "locked");
    this.#lock.addEventListener("click", () => (this.#locked ? this.#room?.unlock() : this.#room?.lock()));
    the("remove-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    the("remove-now", HTMLButtonElement).addEventListener("click", () => this.#remove());
    this.#dialog.addEventListener("close", () => (this.#asked = null));
  }

  get #owned() {
    return this.#room !== null && this.#room.owner === this.#client.session;
  }

  /** @param {Room | null} room null: a call by name, which has no door */
  enter(room) {
    this.#room = room;
    this.#locked = room?.locked ?? false;
    this.#off = room?.on("change", () => this.#show()) ?? (() => {});
    this.#show();
  }

  leave() {
    this.#off();
    this.#dialog.close();
    this.enter(null);
  }

  /** Asks whether somebody is to leave. @param {Member} member */
  ask(member) {
    this.#asked = member;
    this.#title.textContent = text.removeTitle(member.name || text.guest);
    the("remove-lock-field", HTMLElement).hidden = this.#locked;
    this.#lockToo.checked = !this.#locked;
    this.#dialog.showModal();
  }

  /** Somebody is gone, and needs not be asked about any more. @param {Member} member */
  forget(member) {
    if (member === this.#asked) this.#dialog.close();
  }

  #remove() {
    if (this.#asked && this.#room) {
      if (this.#lockToo.checked) this.#room.lock(); // first, so that they find it locked
      this.#room.kick(this.#asked);
    }
    this.#dialog.close();
  }

  #show() {
    const locked = this.#room?.locked ?? false;
    if (locked !== this.#locked) toast(locked ? text.isLocked : text.isUnlocked);
    this.#locked = locked;
    this.#sign.hidden = !locked || this.#owned;
    this.#lock.hidden = !this.#owned;
    /** @type {HTMLElement} */ (this.#lock.querySelector("span")).textContent = locked ? text.unlock : text.lock;
    this.#lock.title = locked ? text.unlockHint : text.lockHint;
    setIcon(this.#lock, locked ? "locked" : "unlocked");
    this.#changed(this.#owned);
  }
}
