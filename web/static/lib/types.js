/**
 * The types that the modules of the library share. Nothing here exists at run time.
 *
 * @typedef {object} Timers what the library needs of a clock; fakes stand in for it in tests
 * @property {(fn: () => void, ms: number) => any} setTimeout
 * @property {(id: any) => void} clearTimeout
 * @property {() => number} now milliseconds, any origin
 *
 * @typedef {object} Store where the guest key is kept, such as localStorage
 * @property {(key: string) => string | null} getItem
 * @property {(key: string, value: string) => void} setItem
 *
 * @typedef {object} ICE what the server says about ICE servers
 * @property {RTCIceServer[]} iceServers
 * @property {number} ttl seconds
 * @property {number} expires_at Unix time in seconds
 *
 * @typedef {object} MemberState what a member shows to the others
 * @property {boolean} [audio] its microphone is on
 * @property {boolean} [video] it sends a picture
 * @property {boolean} [screen] the picture is its screen
 * @property {string} [device] a random mark of the page, the same after a reconnection
 *
 * @typedef {object} MemberInfo a member as the server describes it
 * @property {string} session
 * @property {string} [name]
 * @property {MemberState} [state]
 * @property {boolean} polite our role towards it
 *
 * @typedef {Record<string, any> & {type: string}} Frame a frame of signal/PROTOCOL.md
 *
 * @typedef {"audio" | "video"} Kind
 */

/** @type {Timers} */
export const realTimers = {
  setTimeout: (fn, ms) => globalThis.setTimeout(fn, ms),
  clearTimeout: (id) => globalThis.clearTimeout(id),
  now: () => Date.now(),
};
