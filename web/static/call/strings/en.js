// Every sentence that people see. Another language is another file of this shape.

export const text = {
  title: "turnpike",

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
  testPage: "Test this network",
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
  /** @param {string} name */
  joined: (name) => `${name} joined`,
  /** @param {string} name */
  left: (name) => `${name} left`,
  /** @param {number} n with ourselves */
  here: (n) => (n === 1 ? "You are alone" : `${n} people`),

  // Who made the room may lock it, and make others leave.
  lock: "Lock",
  unlock: "Unlock",
  lockHint: "Lock the room: nobody else can join",
  unlockHint: "Unlock the room: whoever has the link can join",
  locked: "locked",
  isLocked: "The room is locked: nobody else can join.",
  isUnlocked: "The room is open: whoever has the link can join.",
  /** @param {string} name */
  remove: (name) => `Make ${name} leave`,
  /** @param {string} name */
  removeTitle: (name) => `Make ${name} leave?`,
  removeHint: "They are told that you ended the call for them.",
  removeLock: "Also lock the room, so that they cannot come back",
  removeNow: "Make them leave",

  // Chat.
  /** @param {number} unread */
  chatUnread: (unread) => `Chat (${unread})`,
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
  /** @param {string} name */
  calling: (name) => `Calling ${name}…`,
  /** @param {string} name */
  ringing: (name) => `Ringing at ${name}…`,
  /** @param {string} name */
  calls: (name) => `${name} is calling`,

  // The state of a connection, in a few words.
  connecting: "connecting…",
  reconnecting: "reconnecting…",
  away: "connection lost, waiting…",
  connected: "connected",
  direct: "direct",
  relayed: "relayed",
  /** @param {string} protocol */
  relayedOver: (protocol) => `relayed, ${protocol}`,

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
  /** @param {string} protocol @param {string} relay */
  protocolOver: (protocol, relay) => `${protocol} over ${relay}`,
  address: "Address",
  server: "Server",
  secondsAgo: "Seconds ago",
  local: "this side",
  remote: "other side",
  hidden: "hidden",
  inUse: "in use",
  /** @param {string} name */
  connectionWith: (name) => `Connection with ${name}`,
  /** @param {string} name @param {string} words */
  badgeLabel: (name, words) => `Connection with ${name}: ${words}. Show details`,

  // Figures, already written as numbers are in this language.
  /** @param {string} n */
  milliseconds: (n) => `${n} ms`,
  /** @param {string} n */
  seconds: (n) => `${n} s`,
  /** @param {string} n */
  kilobits: (n) => `${n} kbit/s`,
  /** @param {string} n */
  megabits: (n) => `${n} Mbit/s`,
  /** @param {string} n */
  percent: (n) => `${n} %`,

  // The connection to the server.
  serverConnecting: "Connecting to the server…",
  serverBack: "The server is back.",
  tryNow: "Try now",
  /** @param {number} seconds */
  serverGone: (seconds) => `No connection to the server. Trying again in ${seconds} s. Calls that run go on.`,
  /** @param {string} why */
  serverRefused: (why) => `The server does not let this page in: ${why}`,

  /** What went wrong with a device, why, and what to do. */
  trouble: {
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
  },

  /** Errors, by the codes of the protocol, of a close and of the library. */
  problem: {
    "name-taken": "Somebody else has this name now. Choose another.",
    "bad-name": "This name cannot be used. Take one of 1 to 64 ordinary characters.",
    "room-full": "This room is full. Wait until somebody leaves, or use another room.",
    "room-locked": "This room is locked. Ask somebody in it to have it unlocked, then join again.",
    "no-such-room": "There is no such room, or it needs a secret that this link does not have. Ask for a new link.",
    "not-owner": "Only the one who is in charge of this room may do that.",
    kicked: "You were made to leave this room by the one who is in charge of it.",
    "too-many-rooms": "You are in too many rooms. Leave one first.",
    "too-many": "That was too much at once. Wait a moment and try again.",
    unauthorized: "This server lets in only people it knows. Open the link of an invitation.",
    "bad-token": "This invitation is not valid, or not any more. Ask for a new one.",
    4501: "The time of your invitation is over. Ask for a new one.",
    "keys-unavailable": "The server cannot check invitations now. Try again in a minute.",
    version: "This page is older than the server. Reload it.",
    offline: "There is no connection to the server. Check your network and try again.",
    timeout: "The server did not answer. Try again.",
  },
  /** @param {string} why in the words of the server */
  problemOther: (why) => `The server refused: ${why}`,
  noReason: "it gave no reason",

  /** How a call by name ended. */
  ending: {
    /** @param {string} name */
    declined: (name) => `${name} declined the call.`,
    /** @param {string} name */
    busy: (name) => `${name} is in another call. Try later.`,
    /** @param {string} name */
    cancelled: (name) => `The call with ${name} was cancelled.`,
    /** @param {string} name */
    timeout: (name) => `${name} did not answer.`,
    /** @param {string} name */
    unavailable: (name) => `${name} is not here now. Ask them to open this page with that name.`,
    "answered-elsewhere": () => "The call was answered on another device.",
    /** @param {string} name */
    hangup: (name) => `${name} hung up.`,
    /** @param {string} name */
    gone: (name) => `The connection with ${name} ended.`,
  },
};
