import { LOSSY } from "./stream.js";
import { until, within } from "./wait.js";

/** @typedef {import("./types.js").Facts} Facts */

const GATHER = 5_000; // a relay that takes longer is of no use to a call
const CONNECT = 5_000;

/** How long it takes at most to open a loop. */
export const LONGEST = GATHER + CONNECT;

/**
 * Two connections of this page with each other. What connects them leaves this device and comes back, since each
 * tells the other only the candidates that are wanted.
 */
export class Loop {
  #signal;
  #facts;
  #start = performance.now();
  /** @type {RTCPeerConnection[]} */
  #ends = [];
  /** @type {RTCDataChannel[][]} */
  #channels = [];
  /** @type {{candidate: string, url: string}[]} */
  candidates = [];

  /**
   * @param {RTCConfiguration} first the end whose candidate is the one that is tested
   * @param {RTCConfiguration} second
   * @param {Facts} facts filled in
   * @param {AbortSignal} signal
   */
  constructor(first, second, facts, signal) {
    this.#facts = facts;
    this.#signal = signal;
    this.#ends = [new RTCPeerConnection(first), new RTCPeerConnection(second)];
    this.#channels = this.#ends.map((end) => [
      end.createDataChannel("stream", { ...LOSSY, negotiated: true, id: 1 }),
      end.createDataChannel("flow", { negotiated: true, id: 2 }),
    ]);
    this.#ends.forEach((end, i) => this.#listen(end, this.#ends[1 - i], i));
  }

  /** The numbered messages' channel of both ends. */
  get stream() {
    return this.#channels.map(([stream]) => stream);
  }

  get flow() {
    return this.#channels.map(([, flow]) => flow);
  }

  get connected() {
    return this.#channels.every(([stream]) => stream.readyState === "open");
  }

  /** Gathers, connects, and says whether messages can be sent. */
  async open() {
    const [first, second] = this.#ends;
    const facts = this.#facts;
    const signal = this.#signal;
    await first.setLocalDescription(await first.createOffer());
    await until(() => facts.gathered !== null || facts.ended !== null, GATHER, signal);
    if (facts.gathered === null || signal.aborted) return false;
    await second.setRemoteDescription(/** @type {RTCSessionDescription} */ (first.localDescription));
    await second.setLocalDescription(await second.createAnswer());
    await first.setRemoteDescription(/** @type {RTCSessionDescription} */ (second.localDescription));
    const start = performance.now();
    // "failed" is not the end: a browser says it whenever it runs out of candidates, and more may come.
    await until(() => this.connected, CONNECT, signal);
    if (!this.connected) return false;
    facts.opened = Math.round(performance.now() - start);
    return true;
  }

  close() {
    for (const end of this.#ends) {
      end.onicecandidate = end.onicecandidateerror = end.oniceconnectionstatechange = null;
      end.close();
    }
  }

  /** The statistics of the first end, or nothing if the browser does not answer. */
  statistics() {
    return within(this.#ends[0].getStats(), 1_000, null);
  }

  /**
   * @param {RTCPeerConnection} end
   * @param {RTCPeerConnection} other
   * @param {number} side
   */
  #listen(end, other, side) {
    const facts = this.#facts;
    /** @type {RTCIceCandidate[]} */
    const early = [];
    const give = (/** @type {RTCIceCandidate} */ candidate) => other.addIceCandidate(candidate).catch(() => {});
    other.addEventListener("signalingstatechange", () => other.remoteDescription && early.splice(0).forEach(give));
    end.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) {
        if (side === 0 && candidate === null) facts.ended = Math.round(performance.now() - this.#start);
        return;
      }
      this.candidates.push({ candidate: candidate.candidate, url: /** @type {any} */ (candidate).url ?? "" });
      if (side === 0 && facts.gathered === null) {
        facts.gathered = Math.round(performance.now() - this.#start);
        facts.address = `${candidate.address?.includes(":") ? `[${candidate.address}]` : candidate.address}:${candidate.port}`;
      }
      if (other.remoteDescription) give(candidate);
      else early.push(candidate);
    };
    end.onicecandidateerror = (event) => {
      const { errorCode: code, errorText: text } = /** @type {RTCPeerConnectionIceErrorEvent} */ (event);
      facts.failed ??= Math.round(performance.now() - this.#start);
      if (facts.errors.length < 20 && !facts.errors.some((other) => other.code === code && other.text === text)) facts.errors.push({ code, text });
    };
    end.oniceconnectionstatechange = () => {
      if (end.iceConnectionState === "connected" || end.iceConnectionState === "completed") facts.ice = true;
    };
  }
}
