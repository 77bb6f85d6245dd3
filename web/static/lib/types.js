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
 * @property {boolean} [away] its connection to the server is lost, but it may be back
 *
 * @typedef {object} JoinRules of who makes a room, and of who joins it; signal/PROTOCOL.md says more
 * @property {string} [secret] which others have to show
 * @property {boolean} [existing] joins only a room that is there
 * @property {number} [limit] of members, less than the server's
 *
 * @typedef {Record<string, any> & {type: string}} Frame a frame of signal/PROTOCOL.md
 *
 * @typedef {"audio" | "video"} Kind
 */

/**
 * What the events are told with.
 *
 * @typedef {object} ClientEvents
 * @property {{again: boolean, resumed: boolean}} up the connection to the server is there; again: it was there before;
 *   resumed: it is the same session, and nothing was missed
 * @property {{code: number, wait: number}} down it is gone, with a WebSocket's close code; the next try is in so many milliseconds
 * @property {import("./socket.js").SignalError} refused it will not be tried again
 * @property {{to: string, after: number}} move the server is about to be stopped: go to that other one, https://host, in so many
 *   milliseconds at the earliest, when no room and no call is going on; an empty `to` takes it back
 * @property {import("./call.js").Call} ring
 * @property {import("./socket.js").SignalError} error an error frame that answers no request
 *
 * @typedef {object} GatheringEvents of a room or a call
 * @property {import("./member.js").Member} member
 * @property {import("./member.js").Member} left
 * @property {undefined} change rooms only
 * @property {Error | null} closed rooms only
 * @property {"calling" | "ringing" | "accepted" | "ended"} state calls only
 *
 * @typedef {object} MemberEvents
 * @property {"connecting" | "connected" | "reconnecting" | "gone"} connection
 * @property {MemberState} state
 * @property {{kind: Kind, track: MediaStreamTrack}} track
 * @property {{text: string}} text
 * @property {{channel: RTCDataChannel}} datachannel
 * @property {boolean} away
 * @property {undefined} renewed
 * @property {string} session
 * @property {undefined} sample
 * @property {undefined} bye
 * @property {undefined} gone
 * @property {Error} error
 *
 * @typedef {object} MediaEvents
 * @property {{kind: Kind, track: MediaStreamTrack | null}} track
 * @property {undefined} change
 */

/** @type {Timers} */
export const realTimers = {
  setTimeout: (fn, ms) => globalThis.setTimeout(fn, ms),
  clearTimeout: (id) => globalThis.clearTimeout(id),
  now: () => Date.now(),
};
