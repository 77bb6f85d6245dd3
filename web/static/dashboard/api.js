// What the admin listener answers.

const TIMEOUT = 5_000; // ms

/** @typedef {{packets: number, bytes: number}} Traffic */
/** @typedef {{user: string, client: string, transport: string, relay: string, began: number, peers: number, sent: Traffic, received: Traffic}} Session */
/** @typedef {{now: number, total: number, sessions: Session[]}} Sessions */
/** @typedef {{now: number, at: number[], allocations: number[], sessions: number[], sent: number[], received: number[], refused: number[]}} History */
/** @typedef {{code?: number, reason: string, count: number}} Refusal */
/**
 * @typedef {object} Status
 * @property {number} now Unix time in milliseconds, as started_at
 * @property {string} version
 * @property {number} started_at
 * @property {{since: string, until: string, sessions: number}} [draining]
 * @property {{at?: string, good: boolean, error?: string, results: {url: string, good: boolean, rtt_ms: number, error?: string}[] | null}} self_test
 * @property {{not_after: string, days: number}} [certificate]
 * @property {{total: number, transports: Record<string, number>, families: Record<string, number>}} allocations
 * @property {{sent: Traffic, received: Traffic}} traffic
 * @property {{open: number, away: number, dialects: number}} sessions
 * @property {{direct: number, relayed: Record<string, number> | null, failed: Record<string, number> | null}} calls
 * @property {Refusal[]} refusals
 * @property {string[] | null} relays
 * @property {{name: string, why?: string}} data_path
 * @property {string} [token_file]
 */

/** An answer that is no answer: its status is the one of HTTP. */
export class Refused extends Error {
  /** @param {number} status @param {string} why */
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

/** @type {string} kept as long as the page is open, and nowhere else */
let token = "";

/** Whether a token has been shown and found to be good. */
export const hasToken = () => token !== "";

/** @param {string} path @returns {Promise<any>} */
export const get = (path) => ask("GET", path, token);

/**
 * Ends every session of a user. The token is kept if it is the right one.
 * @param {string} user @param {string} shown
 * @returns {Promise<{ended: number}>}
 */
export async function disconnect(user, shown) {
  const answer = await ask("POST", "v1/disconnect", shown || token, JSON.stringify({ user }));
  token = shown || token;
  return answer;
}

/** Tries a token by asking for the status with it. @param {string} shown */
export async function enter(shown) {
  await ask("GET", "v1/status", shown);
  token = shown;
}

/** Forgets a token that is not good any more: the daemon makes a new one at each start. */
export function forget() {
  token = "";
}

/** @param {string} method @param {string} path @param {string} shown @param {string} [body] */
async function ask(method, path, shown, body) {
  /** @type {Record<string, string>} */
  const headers = shown ? { Authorization: `Bearer ${shown}` } : {};
  const answer = await fetch(path, { method, headers, body, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
  if (!answer.ok) throw new Refused(answer.status, (await answer.text()).trim());
  return answer.json();
}
