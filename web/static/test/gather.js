import { until } from "./wait.js";

/**
 * @typedef {object} Candidate
 * @property {string} type
 * @property {string} protocol
 * @property {string} address
 * @property {number} port
 * @property {string} url the server that told it, where the browser says
 *
 * @typedef {object} Gathered
 * @property {Candidate[]} candidates in the order in which they came
 * @property {import("./types.js").Failure[]} errors
 * @property {boolean} complete the browser says that there are no more
 * @property {number | null} first milliseconds until the first that is not of this device
 */

/**
 * The candidates that one connection finds. It has one port of each address of this device, for all servers.
 * @param {RTCConfiguration} configuration
 * @param {number} ms
 * @param {AbortSignal} signal
 * @param {(found: Gathered) => boolean} [enough]
 * @returns {Promise<Gathered>}
 */
export async function gather(configuration, ms, signal, enough = () => false) {
  const connection = new RTCPeerConnection(configuration);
  /** @type {Gathered} */
  const found = { candidates: [], errors: [], complete: false, first: null };
  const start = performance.now();
  connection.onicecandidate = (event) => {
    const { candidate } = event;
    if (candidate === null) found.complete = true;
    if (!candidate?.candidate) return;
    if (candidate.type !== "host") found.first ??= Math.round(performance.now() - start);
    const url = /** @type {any} */ (candidate).url ?? /** @type {any} */ (event).url ?? "";
    found.candidates.push({ type: candidate.type ?? "", protocol: candidate.protocol ?? "", address: candidate.address ?? "", port: candidate.port ?? 0, url });
  };
  connection.onicecandidateerror = (event) => {
    const { errorCode: code, errorText: text } = /** @type {RTCPeerConnectionIceErrorEvent} */ (event);
    if (found.errors.length < 20) found.errors.push({ code, text });
  };
  try {
    connection.createDataChannel("gather");
    await connection.setLocalDescription(await connection.createOffer());
    await until(() => found.complete || enough(found), ms, signal);
  } finally {
    connection.onicecandidate = connection.onicecandidateerror = null;
    connection.close();
  }
  return found;
}
