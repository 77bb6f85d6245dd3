import { make } from "../page/dom.js";
import { setIcon } from "../page/icons.js";
import { text } from "./strings.js";

/**
 * The controls that switch what we send. They stand below the preview and again at the bottom of the call; both show
 * the same state.
 */
export class Bar {
  #media;
  /** @type {Record<string, HTMLButtonElement>} */
  #buttons = {};

  /**
   * @param {HTMLElement} element
   * @param {import("../turnpike.js").Media} media
   * @param {Record<string, () => void>} actions in the order in which they stand there
   */
  constructor(element, media, actions) {
    this.#media = media;
    for (const [name, act] of Object.entries(actions)) {
      const label = /** @type {Record<string, any>} */ (text)[name];
      const button = make("button", { type: "button", class: "control", "data-control": name }, make("span", {}, label));
      button.addEventListener("click", act);
      this.#buttons[name] = button;
      setIcon(button, name);
      element.append(button);
    }
    media.on("change", () => this.#show());
    this.#show();
  }

  /** @param {string} name */
  button(name) {
    return this.#buttons[name];
  }

  /**
   * @param {boolean} open
   * @param {number} unread
   */
  showChat(open, unread) {
    const button = this.#buttons.chat;
    /** @type {HTMLElement} */ (button.querySelector("span")).textContent = unread ? text.chatUnread(unread) : text.chat;
    this.#set("chat", open, open ? text.chatClose : text.chatOpen);
    button.classList.toggle("news", unread > 0);
  }

  #show() {
    const { audio, video, screen } = this.#media.state();
    const camera = Boolean(video && !screen);
    this.#set("mic", Boolean(audio), audio ? text.micOff : text.micOn, audio ? "mic" : "mic-off");
    this.#set("camera", camera, camera ? text.cameraOff : text.cameraOn, camera ? "camera" : "camera-off");
    this.#set("screen", Boolean(screen), screen ? text.screenOff : text.screenOn);
  }

  /**
   * @param {string} name
   * @param {boolean} on
   * @param {string} title what a press will do
   * @param {string} [drawing]
   */
  #set(name, on, title, drawing) {
    const button = this.#buttons[name];
    if (!button) return;
    button.setAttribute("aria-pressed", String(on));
    button.title = title;
    if (drawing) setIcon(button, drawing);
  }
}
