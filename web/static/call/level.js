import { the } from "../page/dom.js";
import { text } from "./strings.js";

const HEARD = 0.02;
const INTERVAL = 80;

/** Shows before the call that the microphone works, so that nobody joins without being heard. */
export class Level {
  #media;
  #bar = the("level", HTMLElement);
  #words = the("level-words", HTMLElement);
  /** @type {AudioContext | null} */
  #audio = null;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  #timer = 0;
  #heard = false;

  /** @param {import("../turnpike.js").Media} media */
  constructor(media) {
    this.#media = media;
    // Browsers let sound be processed only after a gesture, some not even while a microphone is open.
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, () => this.#audio?.resume(), { passive: true });
  }

  start() {
    const track = this.#media.track("audio");
    this.stop();
    this.#heard = false;
    if (!track || typeof AudioContext === "undefined") return this.#show(0);
    this.#audio ??= new AudioContext();
    this.#audio.resume();
    this.#analyser = this.#audio.createAnalyser();
    this.#analyser.fftSize = 512;
    this.#source = this.#audio.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
    const wave = new Float32Array(this.#analyser.fftSize);
    this.#timer = window.setInterval(() => {
      this.#analyser?.getFloatTimeDomainData(wave);
      this.#show(Math.sqrt(wave.reduce((sum, v) => sum + v * v, 0) / wave.length));
    }, INTERVAL);
  }

  stop() {
    clearInterval(this.#timer);
    this.#source?.disconnect();
    this.#source = null;
  }

  /** @param {number} level root mean square, 0 to 1 */
  #show(level) {
    if (level > HEARD) this.#heard = true;
    // Loudness is felt in decibels: -60 dB is the left end, 0 dB the right one.
    const share = level > 0 ? Math.max(0, Math.min(1, 1 + Math.log10(level) / 3)) : 0;
    /** @type {HTMLElement} */ (this.#bar.firstElementChild).style.transform = `scaleX(${share.toFixed(3)})`;
    this.#bar.setAttribute("aria-valuenow", String(Math.round(share * 20) * 5));
    const words = this.#say();
    if (this.#words.textContent !== words) this.#words.textContent = words;
  }

  #say() {
    if (!this.#media.track("audio")) return text.noMic;
    if (this.#media.muted("audio")) return text.micIsOff;
    if (this.#audio?.state !== "running") return text.levelNeedsGesture;
    return this.#heard ? text.micHears : text.micWaits;
  }
}
