// Stand-ins for the browser: a clock that is turned by hand, a WebSocket whose server is the test, and an
// RTCPeerConnection that keeps the rules of signaling states and of candidates.

/** Lets everything that waits only for promises go on. */
export function settle() {
  return new Promise((resolve) => setImmediate(resolve));
}

export class FakeTimers {
  time = 0;
  #serial = 0;
  #waiting = new Map();

  setTimeout = (fn, ms) => {
    this.#waiting.set(++this.#serial, { fn, at: this.time + ms });
    return this.#serial;
  };
  clearTimeout = (id) => this.#waiting.delete(id);
  now = () => this.time;

  get count() {
    return this.#waiting.size;
  }

  /** Turns the clock on, and fires what is due in its order. */
  async pass(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.#waiting].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      const [id, { fn, at }] = due;
      this.#waiting.delete(id);
      this.time = Math.max(this.time, at);
      fn();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

/** A class of WebSockets that all belong to one test; `sockets` has them in order. */
export function fakeWebSocket() {
  return class FakeWebSocket {
    static sockets = [];
    static get last() {
      return this.sockets.at(-1);
    }
    sent = [];
    closed = false;
    silent = false; // answers no ping: a network that swallows everything

    constructor(url) {
      this.url = url;
      FakeWebSocket.sockets.push(this);
    }
    send(data) {
      const frame = JSON.parse(data);
      this.sent.push(frame);
      if (frame.type === "ping" && !this.silent) queueMicrotask(() => this.frame({ type: "pong", re: frame.id, time: 0 }));
    }
    close() {
      this.closed = true;
    }

    // What the test does as the server.
    open() {
      this.onopen?.({});
    }
    frame(object) {
      this.onmessage?.({ data: JSON.stringify(object) });
    }
    die(code = 1006, reason = "") {
      this.closed = true;
      this.onclose?.({ code, reason });
    }
    welcome(session = "s-me", more = {}) {
      this.open();
      this.frame({ type: "welcome", version: 1, session, limits: {}, ice: { iceServers: [], ttl: 60, expires_at: 60 }, ...more });
    }
    take(type) {
      return this.sent.filter((frame) => frame.type === type);
    }
  };
}

export class FakeTrack {
  enabled = true;
  stopped = false;
  constructor(kind, label = kind) {
    this.kind = kind;
    this.label = label;
  }
  stop() {
    this.stopped = true;
  }
}

let serial = 0;

/** The description of a fake: its first line is an object. */
export function parse(sdp) {
  return JSON.parse(sdp.split("\r\n")[0]);
}

class FakeTransceiver {
  mid = null;
  constructor(kind, direction, pc) {
    this.direction = direction;
    this.receiver = { track: new FakeTrack(kind, `received ${kind}`) };
    this.sender = {
      track: null,
      replaceTrack: async (track) => {
        if (pc.signalingState === "closed") throw new Error("InvalidStateError");
        this.sender.track = track;
      },
      streams: [],
      setStreams: (...streams) => void (this.sender.streams = streams),
      getParameters: () => ({ encodings: [{ active: true }] }),
      setParameters: async ({ encodings: [{ active }] }) => void this.sender.activity.push(active),
      activity: [],
    };
  }
  get kind() {
    return this.receiver.track.kind;
  }
  stop() {
    this.direction = "stopped";
  }
}

/** A class of RTCPeerConnections that all belong to one test; `all` has them in order. */
export function fakePeerConnection() {
  return class FakePeerConnection {
    static all = [];
    signalingState = "stable";
    connectionState = "new";
    iceConnectionState = "new";
    localDescription = null;
    remoteDescription = null;
    added = [];
    rollbacks = 0;
    restarts = 0;
    channel = null;
    #transceivers = [];
    #needed = false;
    #ufrag = `u${++serial}`;

    constructor(configuration) {
      this.configurations = [configuration];
      FakePeerConnection.all.push(this);
    }
    setConfiguration(configuration) {
      this.configurations.push(configuration);
    }
    createDataChannel(label, options) {
      this.channel = { label, options, readyState: "connecting", sent: [], send: (data) => this.channel.sent.push(JSON.parse(data)) };
      this.#need();
      return this.channel;
    }
    addTransceiver(kind, { direction, streams }) {
      const transceiver = new FakeTransceiver(kind, direction, this);
      transceiver.sender.streams = streams;
      this.#transceivers.push(transceiver);
      this.#need();
      return transceiver;
    }
    getTransceivers() {
      return this.#transceivers.filter((t) => t.direction !== "stopped");
    }
    restartIce() {
      this.restarts++;
      this.#ufrag = `u${++serial}`;
      this.#need();
    }
    async setLocalDescription() {
      await null;
      const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
      // An answer is always active unless the offer says so of itself, as Firefox has it.
      const setup = type === "offer" ? "actpass" : /a=setup:active/.test(this.remoteDescription.sdp) ? "passive" : "active";
      const sdp = `${JSON.stringify({ ufrag: this.#ufrag, kinds: this.getTransceivers().map((t) => t.kind) })}\r\na=setup:${setup}\r\n`;
      this.localDescription = { type, sdp };
      this.#needed = false;
      this.#become(type === "answer" ? "stable" : "have-local-offer");
    }
    async setRemoteDescription({ type, sdp }) {
      await null;
      if (type === "answer" && this.signalingState !== "have-local-offer") throw new Error("InvalidStateError");
      if (type === "offer" && this.signalingState === "have-local-offer") {
        this.rollbacks++;
        this.#needed = this.#transceivers.some((t) => t.mid === null && t.direction !== "stopped");
      }
      const { kinds } = parse(sdp);
      this.remoteDescription = { type, sdp };
      kinds.forEach((kind, i) => this.#associate(kind, String(i), type));
      this.#become(type === "offer" ? "have-remote-offer" : "stable");
    }
    async addIceCandidate(candidate) {
      await null;
      if (!this.remoteDescription) throw new Error("InvalidStateError: no remote description");
      const { ufrag } = parse(this.remoteDescription.sdp);
      if (candidate && candidate.usernameFragment !== ufrag) throw new Error("OperationError: unknown ufrag");
      this.added.push(candidate);
    }
    bytesReceived = 0;
    sctp = { transport: { iceTransport: { onselectedcandidatepairchange: null } } };
    async getStats() {
      return new Map([["pair", { id: "pair", type: "candidate-pair", bytesReceived: this.bytesReceived }]]);
    }
    close() {
      this.signalingState = "closed";
    }

    // What the test does as the network.
    become(state) {
      this.connectionState = state;
      this.iceConnectionState = state === "connecting" ? "checking" : state;
      this.onconnectionstatechange?.();
    }
    gather(candidate) {
      this.onicecandidate?.({ candidate: { candidate, toJSON: () => ({ candidate, usernameFragment: this.#ufrag }) } });
    }
    openChannel() {
      this.channel.readyState = "open";
      this.channel.onopen?.();
    }
    hear(message) {
      this.channel.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
    }

    #associate(kind, mid, type) {
      if (this.#transceivers.some((t) => t.mid === mid && t.direction !== "stopped")) return;
      let transceiver = type === "answer" ? this.getTransceivers().find((t) => t.kind === kind && t.mid === null) : undefined;
      if (!transceiver) this.#transceivers.push((transceiver = new FakeTransceiver(kind, "recvonly", this)));
      transceiver.mid = mid;
      this.ontrack?.({ track: transceiver.receiver.track });
    }
    #become(state) {
      this.signalingState = state;
      if (state === "stable" && this.#needed) this.#need();
    }
    #need() {
      this.#needed = true;
      queueMicrotask(() => {
        if (this.#needed && this.signalingState === "stable") this.onnegotiationneeded?.();
      });
    }
  };
}
