// Every sentence that people see. Another language is another file of this shape.

export const text = {
  title: "turnpike",
  noscript: "This page needs JavaScript.",

  // Before the call.
  lobbyTitle: "Start or join a call",
  room: "Room",
  roomHint: "Whoever knows this name can join. Keep it as it is, or type the name you were given.",
  newRoom: "Another name",
  yourName: "Your name",
  yourNameHint: "Others see it, and can call you by it.",
  join: "Join",
  joining: "Joining…",
  byName: "or call a person by name",
  callee: "Name",
  calleeHint: "They need this page open, with that name.",
  place: "Call",
  preview: "Your camera and microphone",
  askingDevices: "Asking for camera and microphone…",
  cameraIsOff: "Camera is off",
  noCamera: "No camera",
  micIsOff: "Microphone is off: nobody will hear you",
  noMic: "No microphone: you can listen and write",
  micHears: "The microphone hears you",
  micWaits: "Say something: this bar should move",
  micLevel: "Microphone level",
  levelNeedsGesture: "Press any key or tap to test the microphone",
  tryAgain: "Try again",

  // Controls. Short: six of them stand in a row on a phone.
  mic: "Mic",
  camera: "Camera",
  screen: "Screen",
  devices: "Devices",
  chat: "Chat",
  hangup: "Hang up",
  controls: "Call controls",
  micOff: "Microphone off (m)",
  micOn: "Microphone on (m)",
  cameraOff: "Camera off (v)",
  cameraOn: "Camera on (v)",
  screenOn: "Share your screen (s)",
  screenOff: "Stop sharing (s)",
  chatOpen: "Show the chat (c)",
  chatClose: "Hide the chat (c)",
  devicesOpen: "Choose devices",
  hangupLong: "Hang up",

  // In the call.
  you: "You",
  guest: "Guest",
  muted: "muted",
  sharesScreen: "screen",
  hear: "Tap to hear them",
  people: "People in the call",
  aloneTitle: "Nobody else is here yet",
  aloneHint: "Send this link to the people you want to talk with. It opens this room.",
  link: "Invitation link",
  copy: "Copy link",
  copied: "Copied",
  copyByHand: "Press Ctrl+C to copy",
  share: "Share…",
  qr: "QR code of the invitation link",
  waitingMedia: "Connecting…",

  // Chat.
  write: "Write to everybody here",
  send: "Send",
  chatEmpty: "Nothing was written yet. What you write goes straight to the others and is kept nowhere.",
  chatAlone: "Nobody got this: you are alone.",
  close: "Close",

  // Devices.
  microphone: "Microphone",
  cameraDevice: "Camera",
  speaker: "Speaker",
  none: "None found",
  relayOnly: "Relay only",
  relayOnlyHint: "Everything goes through the server, so the others do not learn your address. It may be a little slower.",

  // Calls by name.
  ringTitle: "Incoming call",
  accept: "Accept",
  acceptInstead: "Hang up and accept",
  decline: "Decline",
  cancel: "Cancel",
  again: "Call again",
  back: "Back",

  // The path of a connection.
  pathTitle: "Connection",
  selectedPair: "In use",
  allCandidates: "All candidates",
  lastMinute: "The last minute",
  noPair: "No connection yet. If this stays, the network may block both direct and relayed traffic.",
  rtt: "Round trip",
  loss: "Loss",
  received: "Received",
  sent: "Sent",
  asTable: "As a table",
  noSamples: "Measuring…",
  side: "Side",
  type: "Type",
  protocol: "Protocol",
  address: "Address",
  server: "Server",
  secondsAgo: "Seconds ago",
  local: "this side",
  remote: "other side",
  hidden: "hidden",
  inUse: "in use",

  // The connection to the server.
  connecting: "Connecting to the server…",
  backAgain: "The server is back.",
  tryNow: "Try now",
};

/** What went wrong with a device, why, and what to do. */
export const trouble = {
  insecure:
    "This page was opened without encryption, so the browser keeps camera and microphone from it. Open it with https:// in front, or as http://localhost on this machine. You can still join to watch, listen and write.",
  refused:
    "The browser may not give this page your camera or microphone. Allow both at the sign beside the address, then try again. You can also join without.",
  missing: "No camera or microphone was found. Plug one in and try again, or join without.",
  busy: "Another program holds the camera or microphone. Close it and try again, or join without.",
  other: "The camera or microphone did not start. Try again, or join without.",
  micLost: "The microphone was unplugged. Choose another one under Devices.",
  cameraLost: "The camera was unplugged. Choose another one under Devices.",
  noScreen: "This browser cannot share a screen.",
  screenRefused: "The screen was not shared: the browser or the system did not allow it.",
};

/** Errors of the server, by the code of the protocol. */
export const problem = {
  "name-taken": "Somebody else has this name now. Choose another.",
  "bad-name": "This name cannot be used. Take one of 1 to 64 ordinary characters.",
  "room-full": "This room is full. Wait until somebody leaves, or use another room.",
  "too-many-rooms": "You are in too many rooms. Leave one first.",
  "too-many": "That was too much at once. Wait a moment and try again.",
  version: "This page is older than the server. Reload it.",
  offline: "There is no connection to the server. Check your network and try again.",
  timeout: "The server did not answer. Try again.",
};

/**
 * @param {unknown} err
 * @returns {string}
 */
export function sayProblem(err) {
  const { code, message } = /** @type {{code?: string, message?: string}} */ (err ?? {});
  const known = /** @type {Record<string, string>} */ (problem)[code ?? ""];
  return known ?? `The server refused: ${message ?? "it gave no reason"}`;
}

/** How a call by name ended. @type {Record<string, (name: string) => string>} */
const endings = {
  declined: (name) => `${name} declined the call.`,
  busy: (name) => `${name} is in another call. Try later.`,
  cancelled: (name) => `The call with ${name} was cancelled.`,
  timeout: (name) => `${name} did not answer.`,
  unavailable: (name) => `${name} is not here now. Ask them to open this page with that name.`,
  "answered-elsewhere": () => "The call was answered on another device.",
  hangup: (name) => `${name} hung up.`,
  gone: (name) => `The connection with ${name} ended.`,
};

/**
 * @param {string} reason
 * @param {string} name
 */
export function sayEnding(reason, name) {
  return (endings[reason] ?? endings.gone)(name || text.guest);
}

export const say = {
  /** @param {string} name */
  calling: (name) => `Calling ${name}…`,
  /** @param {string} name */
  ringing: (name) => `Ringing at ${name}…`,
  /** @param {string} name */
  calls: (name) => `${name} is calling`,
  /** @param {number} seconds */
  serverGone: (seconds) => `No connection to the server. Trying again in ${seconds} s. Calls that run go on.`,
  /** @param {string} why */
  serverRefused: (why) => `The server does not let this page in: ${why}`,
  /** @param {string} name */
  joined: (name) => `${name} joined`,
  /** @param {string} name */
  left: (name) => `${name} left`,
  /** @param {number} unread */
  chat: (unread) => (unread ? `Chat (${unread})` : text.chat),
  /** @param {number} people */
  people: (people) => (people === 1 ? "You are alone" : `${people} people`),
  /** @param {string} name */
  connectionWith: (name) => `Connection with ${name}`,
  /** @param {string} name @param {string} badge */
  badgeLabel: (name, badge) => `Connection with ${name}: ${badge}. Show details`,
  /** @param {string} time */
  at: (time) => `at ${time}`,
};

/** @typedef {{words: string, mood: "good" | "care" | "bad", shape: "direct" | "relayed" | "broken"}} Badge */

/**
 * The state of a connection in words, such as `direct · 12 ms` or `relayed, TCP · 61 ms`.
 * @param {string} connection of a Member
 * @param {import("../lib/path.js").Path | null} path
 * @returns {Badge}
 */
export function badge(connection, path) {
  if (connection === "connecting") return { words: "connecting…", mood: "care", shape: "broken" };
  if (connection !== "connected") return { words: "reconnecting…", mood: "bad", shape: "broken" };
  if (!path) return { words: "connected", mood: "good", shape: "direct" };
  const rtt = path.rtt === null ? "" : ` · ${milliseconds(path.rtt)}`;
  if (!path.relayed) return { words: `direct${rtt}`, mood: "good", shape: "direct" };
  const over = path.over ? `, ${path.over.toUpperCase()}` : "";
  return { words: `relayed${over}${rtt}`, mood: path.over === "udp" ? "good" : "care", shape: "relayed" };
}

/** @param {number} ms */
export function milliseconds(ms) {
  return `${Math.max(1, Math.round(ms))} ms`;
}

/** @param {number} bits per second */
export function rate(bits) {
  if (bits >= 999_500) return `${(bits / 1e6).toFixed(1)} Mbit/s`;
  return `${Math.round(bits / 1e3)} kbit/s`;
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}
