import { the } from "../page/dom.js";
import { sayEnding, text } from "./strings.js";
import { toast } from "../page/toast.js";

const FLASH = 1_000;
const TONE = 2_000;

/** Says that somebody calls: a dialog, a title that changes, and a soft tone if the browser allows it. */
export class Ring {
  #dialog = the("ring", HTMLDialogElement);
  #title = the("ring-title", HTMLElement);
  #accept = the("ring-accept", HTMLButtonElement);
  #busy;
  #taken;
  /** @type {import("../turnpike.js").Call[]} the first one is shown, the others wait */
  #calls = [];
  #timers = { flash: 0, tone: 0 };
  /** @type {AudioContext | null} */
  #audio = null;

  /**
   * @param {object} page
   * @param {() => boolean} page.busy
   * @param {(call: import("../turnpike.js").Call) => void} page.taken
   */
  constructor({ busy, taken }) {
    this.#busy = busy;
    this.#taken = taken;
    this.#accept.addEventListener("click", () => this.#calls[0]?.accept());
    the("ring-decline", HTMLButtonElement).addEventListener("click", () => this.#calls[0]?.decline());
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#calls[0]?.decline();
    });
  }

  /** @param {import("../turnpike.js").Call} call */
  show(call) {
    this.#calls.push(call);
    call.on("state", (state) => {
      this.#calls = this.#calls.filter((other) => other !== call);
      this.#update();
      if (state === "accepted") this.#taken(call);
      else if (call.reason !== "declined") toast(sayEnding(call.reason, call.name));
    });
    this.#update();
  }

  #update() {
    const [call] = this.#calls;
    this.#quiet();
    if (!call) return this.#dialog.close();
    this.#title.textContent = text.calls(call.name || text.guest);
    this.#accept.textContent = this.#busy() ? text.acceptInstead : text.accept;
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#accept.focus();
    this.#flash(text.calls(call.name || text.guest));
    this.#sound();
  }

  #quiet() {
    clearInterval(this.#timers.flash);
    clearInterval(this.#timers.tone);
    document.title = text.title;
  }

  /** @param {string} words */
  #flash(words) {
    document.title = words;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.#timers.flash = window.setInterval(() => {
      document.title = document.title === words ? text.title : words;
    }, FLASH);
  }

  #sound() {
    // A page that nobody has touched may not sound, and asking only fills the console with warnings.
    if (typeof AudioContext === "undefined" || navigator.userActivation?.hasBeenActive === false) return;
    this.#audio ??= new AudioContext();
    this.#tone();
    this.#timers.tone = window.setInterval(() => this.#tone(), TONE);
  }

  #tone() {
    const audio = this.#audio;
    if (!audio) return;
    const volume = audio.createGain();
    volume.connect(audio.destination);
    const start = audio.currentTime;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.05);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.9);
    for (const pitch of [440, 554.4]) {
      const voice = audio.createOscillator();
      voice.frequency.value = pitch;
      voice.connect(volume);
      voice.start(start);
      voice.stop(start + 1);
    }
  }
}
