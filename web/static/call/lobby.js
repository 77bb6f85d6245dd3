import { roomName } from "../turnpike.js";
import { memory, the } from "../page/dom.js";
import { setIcon } from "../page/icons.js";
import { Level } from "./level.js";
import { text } from "./strings.js";

const NAME = "turnpike.name";

/** What stands before the call: room and name, the person to call, and a look at our own camera and microphone. */
export class Lobby {
  #client;
  #devices;
  #level;
  #main = the("lobby", HTMLElement);
  #room = the("room", HTMLInputElement);
  #name = the("name", HTMLInputElement);
  #callee = the("callee", HTMLInputElement);
  #join = the("join", HTMLButtonElement);
  #place = the("place", HTMLButtonElement);
  #error = the("lobby-error", HTMLElement);
  #preview = the("preview", HTMLVideoElement);
  #note = the("preview-note", HTMLElement);

  /**
   * @param {import("../turnpike.js").Client} client
   * @param {import("./devices.js").Devices} devices
   * @param {import("./link.js").Wishes} asked
   * @param {object} actions
   * @param {(room: string) => Promise<void>} actions.join
   * @param {(name: string) => Promise<void>} actions.call
   */
  constructor(client, devices, asked, { join, call }) {
    this.#client = client;
    this.#devices = devices;
    this.#level = new Level(client.media);
    this.setRoom(asked.room || roomName());
    this.#name.value = asked.name || memory.getItem(NAME) || "";
    const renew = the("room-new", HTMLButtonElement);
    setIcon(renew, "renew");
    renew.title = text.newRoom;
    renew.addEventListener("click", () => (this.#room.value = roomName()));
    this.#name.addEventListener("change", () => this.#rename());
    the("join-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#go(this.#join, text.joining, this.#room, join);
    });
    the("call-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#go(this.#place, text.place, this.#callee, call);
    });
    the("trouble-try", HTMLButtonElement).addEventListener("click", () => devices.start());
    devices.on("trouble", (which) => this.#showTrouble(which));
    client.media.on("change", () => this.#showPreview());
  }

  /** The name that others see, as it stands in the field. */
  get name() {
    return this.#name.value.trim();
  }

  /** @param {string} room */
  setRoom(room) {
    if (room) this.#room.value = room;
  }

  /** @param {boolean} visible */
  show(visible) {
    this.#main.hidden = !visible;
    if (visible) this.#showPreview();
    else this.#level.stop();
  }

  /** @param {string} message empty: there is none */
  showError(message) {
    this.#error.textContent = message;
    this.#error.hidden = !message;
  }

  /** Names that were refused are shown where they can be changed. @param {string} message */
  showNameError(message) {
    this.showError(message);
    this.#name.setAttribute("aria-invalid", "true");
    this.#name.focus();
  }

  #rename() {
    memory.setItem(NAME, this.name);
    this.#name.removeAttribute("aria-invalid");
    this.showError("");
    if (this.name === this.#client.name) this.#client.open();
    else this.#client.rename(this.name);
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {string} waiting
   * @param {HTMLInputElement} field
   * @param {(value: string) => Promise<void>} act
   */
  async #go(button, waiting, field, act) {
    const value = field.value.trim();
    if (!value) return field.focus();
    this.#rename();
    const words = button.textContent;
    button.disabled = true;
    button.textContent = waiting;
    try {
      await act(value);
    } finally {
      button.disabled = false;
      button.textContent = words;
    }
  }

  #showPreview() {
    if (this.#main.hidden) return;
    const { media } = this.#client;
    const picture = media.track("video");
    const shown = /** @type {MediaStream | null} */ (this.#preview.srcObject)?.getVideoTracks()[0] ?? null;
    if (shown !== picture) this.#preview.srcObject = picture ? new MediaStream([picture]) : null;
    this.#note.hidden = Boolean(picture);
    if (this.#devices.asked) this.#note.textContent = this.#devices.trouble ? text.noCamera : text.cameraIsOff;
    this.#preview.classList.toggle("mirrored", !media.screen);
    this.#level.start();
  }

  /** @param {string | null} which */
  #showTrouble(which) {
    const words = /** @type {Record<string, string>} */ (text.trouble);
    the("trouble", HTMLElement).hidden = !which;
    the("trouble-words", HTMLElement).textContent = which ? words[which] : "";
    the("trouble-try", HTMLElement).hidden = which === "insecure";
    this.#showPreview();
  }
}
