// The names of causes. The command `turnpike probe` speaks of the same.

export const causes = /** @type {const} */ ([
  "good",
  "slow-relay-only",
  "udp-blocked",
  "tcp-blocked",
  "only-web",
  "server-down",
  "name-missing",
  "tls-untrusted",
  "tls-expired",
  "tls-name",
  "tls-intercepted",
  "credential-expired",
  "wrong-secret",
  "clock-off",
  "quota",
  "ports-used-up",
  "peer-refused",
  "relay-silent",
  "wrong-public-address",
  "payload-dropped",
  "loss",
  "vpn",
  "symmetric",
  "no-common-family",
  "garbage",
  "stopped",
  "other-side",
  "forbidden",
]);

/** Those that only a page can meet. */
export const pageCauses = /** @type {const} */ (["websocket-blocked", "no-webrtc", "no-relay"]);

/** @typedef {(typeof causes)[number] | (typeof pageCauses)[number]} Cause */
