/**
 * The types that the modules of the test page share. Nothing here exists at run time.
 *
 * @typedef {import("./causes.js").Cause} Cause
 * @typedef {"good" | "care" | "bad" | "none"} Mood none: it says nothing, for better or worse
 *
 * @typedef {object} Sighting what the relay saw, a `relay-saw` event of signal/PROTOCOL.md
 * @property {number} [at] Unix milliseconds, the server's clock
 * @property {string} kind
 * @property {string} [transport] udp, tcp, tls or dtls
 * @property {string} [client] address and port
 * @property {number} [port] of the server
 * @property {number} [code]
 * @property {string} [reason]
 * @property {number} [by] seconds
 * @property {number} [limit]
 * @property {string} [peer]
 * @property {string} [relay]
 * @property {{packets: number, bytes: number}} [sent]
 * @property {{packets: number, bytes: number}} [received]
 *
 * @typedef {object} Failure an icecandidateerror
 * @property {number} code
 * @property {string} text
 *
 * @typedef {object} Plan a row of the matrix before it is tested
 * @property {string} id
 * @property {"stun" | "turn" | "ports" | "websocket" | "http"} kind ports: whether the relay's ports are open to the world
 * @property {"udp" | "tcp" | "tls" | "web"} transport
 * @property {4 | 6 | 0} family 0: a name stands for both
 * @property {string} host
 * @property {number} port
 * @property {RTCIceServer[]} servers
 *
 * @typedef {object} Facts what the browser found out about a row
 * @property {boolean} done
 * @property {number | null} gathered milliseconds until the candidate came
 * @property {number | null} ended milliseconds until the browser said that no more candidates come
 * @property {string} address the candidate's, with its port
 * @property {Failure[]} errors
 * @property {number | null} failed milliseconds until the first of them
 * @property {boolean} ice whether the loop connected
 * @property {number | null} opened milliseconds until a message could be sent; of STUN, until there was nothing to tell
 * @property {import("./tally.js").Measured | null} stream
 * @property {number | null} there bits per second, from one end of the loop to the other
 * @property {number | null} back
 * @property {string} refused what a web server said that did not let us in
 *
 * @typedef {Plan & Facts & {why?: Why}} Row
 *
 * @typedef {object} Figures what a sentence may speak of
 * @property {string} [host]
 * @property {number} [port]
 * @property {string} [address]
 * @property {string} [other] another address
 * @property {number} [seconds]
 * @property {number} [ms]
 * @property {number} [share] 0 to 1
 * @property {number} [limit]
 * @property {string} [over] UDP, TCP or TLS
 * @property {string} [family] IPv4 or IPv6
 * @property {string} [reason]
 * @property {"ahead" | "behind" | "issuer"} [side] of a clock
 *
 * @typedef {object} Why
 * @property {Mood} mood
 * @property {Cause} cause
 * @property {Figures} figures
 *
 * @typedef {object} Circumstances what is known beside the rows
 * @property {"up" | "down" | "lost" | "refused"} session the signaling; lost: it was there when the test began
 * @property {string} [refusal]
 * @property {string} [address] as the server sees our web traffic
 * @property {number} [clock] seconds by which our clock is ahead of the server's
 * @property {boolean} [fresh] the credentials were made for this test
 * @property {string} [page] host and port of the page, if it came by https
 * @property {boolean} [elsewhere] the server is not that of the page
 * @property {boolean} [cancelled]
 * @property {number} [expires] Unix seconds, what the user name says of the credentials
 *
 * @typedef {object} Nat
 * @property {"independent" | "dependent" | "none" | "unknown"} mapping RFC 4787 §4.1; none: there is no NAT
 * @property {string[]} reflexive addresses, without ports
 * @property {boolean} ipv4
 * @property {boolean} ipv6
 * @property {boolean} udp
 * @property {boolean} shared the provider translates addresses too (RFC 6598)
 * @property {boolean} vpn
 * @property {boolean} local this device is in the server's own network, which says little of the world
 * @property {string} http as the server sees our web traffic
 */
export {};
