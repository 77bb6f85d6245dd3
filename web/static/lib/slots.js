/** @typedef {import("./types.js").Kind} Kind */

/** @type {Kind[]} */
const KINDS = ["audio", "video"];

/**
 * The two media slots of a connection: one transceiver for the microphone and one for the picture, open from the start,
 * in both directions unless the media says otherwise. A device is then changed, or switched on later, by replaceTrack alone.
 */
export class Slots {
  /** @type {Map<Kind, RTCRtpTransceiver>} */
  #transceivers = new Map();
  #pc;
  #media;
  #stream;
  #off;

  /**
   * @param {RTCPeerConnection} pc
   * @param {import("./media.js").Media} media
   * @param {(kind: Kind, track: MediaStreamTrack) => void} received
   */
  constructor(pc, media, received) {
    this.#pc = pc;
    this.#media = media;
    // Tracks of one stream are played in step by the other side.
    this.#stream = globalThis.MediaStream ? new globalThis.MediaStream() : null;
    this.#off = media.on("track", ({ kind, track }) => this.#replace(kind, track));
    pc.ontrack = ({ track }) => {
      // An offer is shown whole before our answer takes back what we do not want.
      if (media.direction !== "sendonly") received(/** @type {Kind} */ (track.kind), track);
    };
  }

  /** Offers the slots that the connection has not got yet. */
  open() {
    for (const kind of KINDS) {
      if (this.#transceivers.has(kind)) continue;
      const streams = this.#stream ? [this.#stream] : [];
      const transceiver = this.#pc.addTransceiver(kind, { direction: this.#media.direction, streams });
      this.#transceivers.set(kind, transceiver);
      this.#replace(kind, this.#media.track(kind));
    }
  }

  /** Takes the transceivers of an offer that was just received for the slots. */
  async adopt() {
    for (const kind of KINDS) {
      const offered = this.#pc.getTransceivers().find((t) => t.mid !== null && t.receiver.track.kind === kind && t.direction !== "stopped");
      const own = this.#transceivers.get(kind);
      if (!offered || offered === own) continue;
      if (own) own.stop(); // ours lost a collision of offers and was never agreed on
      this.#transceivers.set(kind, offered);
      offered.direction = this.#media.direction;
      if (this.#stream) offered.sender.setStreams?.(this.#stream);
      await this.#replace(kind, this.#media.track(kind));
    }
  }

  /**
   * Makes the encoder begin anew, with a whole picture: one that lost its thread asks for that only every few seconds.
   */
  async renew() {
    const sender = this.#transceivers.get("video")?.sender;
    if (!sender?.track) return;
    try {
      await activate(sender, false).finally(() => activate(sender, true));
    } catch (err) {
      console.warn("turnpike: the picture could not be begun anew", err);
    }
  }

  close() {
    this.#off();
    this.#pc.ontrack = null;
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  async #replace(kind, track) {
    const transceiver = this.#transceivers.get(kind);
    try {
      await transceiver?.sender.replaceTrack(track);
    } catch (err) {
      console.warn(`turnpike: the ${kind} track could not be replaced`, err);
    }
  }
}

/**
 * @param {RTCRtpSender} sender
 * @param {boolean} active
 */
async function activate(sender, active) {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings ?? []) encoding.active = active;
  await sender.setParameters(parameters);
}
