import { Emitter } from "../turnpike.js";
import { memory } from "../page/dom.js";

/** @typedef {import("../lib/types.js").Kind} Kind */

/** @type {Record<Kind, MediaTrackConstraints>} */
const WISHES = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
};

/** @type {Record<string, string>} */
const NAMES = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * Camera, microphone and screen: gets their tracks and hands them to the client's Media.
 *
 * Events: `trouble` (a key of the strings, or null when it is over), `devices` (they changed).
 */
export class Devices extends Emitter {
  /** @type {string | null} */
  trouble = null;
  /** Whether the browser was asked and has answered. */
  asked = false;
  #media;
  /** @type {Set<Kind>} what is being asked for */
  #asking = new Set();

  /** @param {import("../turnpike.js").Media} media */
  constructor(media) {
    super();
    this.#media = media;
    navigator.mediaDevices?.addEventListener("devicechange", () => this.emit("devices"));
  }

  get possible() {
    return Boolean(navigator.mediaDevices?.getUserMedia);
  }

  get canShareScreen() {
    return Boolean(navigator.mediaDevices?.getDisplayMedia);
  }

  /** Asks for whatever is not there yet, first together (one question), then one by one. */
  async start() {
    if (!this.possible) return this.#say("insecure");
    const wanted = /** @type {Kind[]} */ (["audio", "video"]).filter((kind) => !this.#media.track(kind));
    let err = await this.#get(wanted);
    if (err && wanted.length > 1) {
      for (const kind of wanted) err = (await this.#get([kind])) ?? (this.#any() ? null : err);
    }
    this.#say(err ? (NAMES[err.name] ?? "other") : null);
    this.emit("devices");
  }

  /**
   * Changes to another device, or the same one anew.
   * @param {Kind} kind
   * @param {string} [id]
   */
  async use(kind, id) {
    if (!this.possible) return this.#say("insecure");
    if (id) memory.setItem(`turnpike.${kind}`, id);
    let err = await this.#get([kind], id);
    if (err && NAMES[err.name] === "busy" && this.#media.track(kind)) {
      this.#media.set(kind, null); // phones open one camera at a time
      err = await this.#get([kind], id);
    }
    this.#say(err ? (NAMES[err.name] ?? "other") : null);
    this.emit("devices");
  }

  /** @param {boolean} on off gives the camera back: its light goes out */
  async camera(on) {
    if (on) await this.use("video");
    else this.#media.set("video", null);
  }

  /** @param {boolean} on */
  async screen(on) {
    if (!on) return this.camera(this.#cameraBefore);
    if (!this.canShareScreen) return this.#say("noScreen");
    let stream;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 30 } } });
    } catch (err) {
      // The browser says the same when the person changed their mind in its dialog; that is no trouble.
      if (/** @type {Error} */ (err).name !== "NotAllowedError") this.#say("screenRefused");
      return;
    }
    const [track] = stream.getVideoTracks();
    this.#cameraBefore = Boolean(this.#media.track("video")) && !this.#media.screen;
    track.contentHint = "detail";
    track.addEventListener("ended", () => {
      if (this.#media.track("video") === track) this.screen(false);
    });
    this.#media.set("video", track, { screen: true });
  }

  #cameraBefore = false;

  /**
   * @param {MediaDeviceKind} kind
   * @returns {Promise<MediaDeviceInfo[]>}
   */
  async list(kind) {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    return all.filter((device) => device.kind === kind && device.deviceId);
  }

  /**
   * @param {Kind[]} kinds
   * @param {string} [id] this device and no other
   * @returns {Promise<Error | null>}
   */
  async #get(kinds, id) {
    const asked = kinds.filter((kind) => !this.#asking.has(kind));
    if (asked.length === 0) return null;
    asked.forEach((kind) => this.#asking.add(kind));
    try {
      /** @type {MediaStreamConstraints} */
      const constraints = {};
      for (const kind of asked) constraints[kind] = { ...WISHES[kind], ...(id ? { deviceId: { exact: id } } : chosen(kind)) };
      const stream = await navigator.mediaDevices.getUserMedia(constraints);
      for (const track of stream.getTracks()) this.#take(track);
      return null;
    } catch (err) {
      return /** @type {Error} */ (err);
    } finally {
      asked.forEach((kind) => this.#asking.delete(kind));
    }
  }

  /** @param {MediaStreamTrack} track */
  #take(track) {
    const kind = /** @type {Kind} */ (track.kind);
    track.addEventListener("ended", () => {
      if (this.#media.track(kind) !== track) return;
      this.#media.set(kind, null);
      this.#say(kind === "audio" ? "micLost" : "cameraLost");
    });
    this.#media.set(kind, track);
  }

  #any() {
    return Boolean(this.#media.track("audio") || this.#media.track("video"));
  }

  /** @param {string | null} trouble */
  #say(trouble) {
    this.asked = true;
    this.trouble = trouble;
    this.emit("trouble", trouble);
  }
}

/**
 * The device used last, if it is still there.
 * @param {Kind} kind
 * @returns {MediaTrackConstraints}
 */
function chosen(kind) {
  const id = memory.getItem(`turnpike.${kind}`);
  return id ? { deviceId: { ideal: id } } : {};
}
