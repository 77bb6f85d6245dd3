import { Emitter } from "./emitter.js";

/** @typedef {import("./types.js").Kind} Kind */

/**
 * What this side sends: at most one microphone track and one picture, and whether each is muted. It outlives every
 * connection and every device: a new microphone is as muted as the old one was.
 *
 * Events: `track` ({kind, track}: another track, or null), `change` (what members are shown changed).
 *
 * @extends {Emitter<import("./types.js").MediaEvents>}
 */
export class Media extends Emitter {
  /**
   * Which ways media may go, as in an RTCRtpTransceiver: one who only watches is `recvonly`, one who only shows is
   * `sendonly` and gets no track of anybody. It counts for connections that are made from now on.
   * @type {"sendrecv" | "sendonly" | "recvonly"}
   */
  direction = "sendrecv";
  /** @type {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} */
  #tracks = { audio: null, video: null };
  #muted = { audio: false, video: false };
  #screen = false;

  /**
   * @param {Kind} kind
   * @returns {MediaStreamTrack | null}
   */
  track(kind) {
    return this.#tracks[kind];
  }

  /** @param {Kind} kind */
  muted(kind) {
    return this.#muted[kind];
  }

  /** Whether the picture is a screen. */
  get screen() {
    return this.#screen;
  }

  /**
   * Sends this track from now on, in every connection, and stops the one before. The track is owned by Media from
   * here on.
   * @param {string} kind `audio` or `video`, as the `kind` of a track
   * @param {MediaStreamTrack | null} track null: nothing is sent
   * @param {{screen?: boolean}} [options]
   */
  set(kind, track, { screen = false } = {}) {
    if (kind !== "audio" && kind !== "video") throw new TypeError(`a track is audio or video, not ${kind}`);
    const former = this.#tracks[kind];
    if (track === former) return;
    if (track) track.enabled = !this.#muted[kind];
    this.#tracks[kind] = track;
    if (kind === "video") this.#screen = Boolean(track) && screen;
    this.emit("track", { kind, track });
    this.emit("change");
    former?.stop();
  }

  /**
   * Mutes or unmutes without giving up the device.
   * @param {Kind} kind
   * @param {boolean} muted
   */
  mute(kind, muted) {
    if (this.#muted[kind] === muted) return;
    this.#muted[kind] = muted;
    const track = this.#tracks[kind];
    if (track) track.enabled = !muted;
    this.emit("change");
  }

  /**
   * What members are shown.
   * @returns {import("./types.js").MemberState}
   */
  state() {
    return {
      audio: this.#tracks.audio !== null && !this.#muted.audio,
      video: this.#tracks.video !== null && !this.#muted.video,
      screen: this.#screen,
    };
  }

  /** Stops every track: the camera's light goes out. */
  stop() {
    this.set("audio", null);
    this.set("video", null);
  }
}
