// The protocol of signal/PROTOCOL.md by hand, and as little of it as makes a call: POST /v1/send and GET /v1/events.
// The library does the same by itself where WebSockets do not get through, and mends what breaks later; this does not.

const SERVER = "http://localhost:8080";
const PATIENCE = 5_000; // for candidates: a server that does not answer must not hold up the others

const the = (id) => document.getElementById(id);
const say = (text) => (the("status").textContent = text);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const room = location.hash.slice(1) || crypto.randomUUID();
location.hash = room;
the("link").href = the("link").textContent = location.href;
say("");

/** @type {MediaStream} */
let stream;
let ice = { iceServers: [] };
let token = ""; // of our session; each welcome brings a new one
let seq = 0; // the number of the newest frame that we have heard
/** @type {Map<string, Peer>} by session */
const peers = new Map();

the("join").onclick = async () => {
  the("join").disabled = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    the("mine").srcObject = stream;
    // The answer to the first POST is what there is to hear so far.
    for (const frame of await post({ type: "hello", version: 1 }, { type: "join", id: "1", room })) hear(frame);
    setInterval(() => post({ type: "ping" }).catch(() => {}), 20_000); // who says nothing for 45 s is taken for gone
    addEventListener("pagehide", () => post({ type: "bye" }));
    await listen();
  } catch (err) {
    say(err.message);
  }
};

// What we say

let posting = Promise.resolve();

/** Posts frames together, after those before them. @param {any[]} frames at most 64 */
function post(...frames) {
  const posted = posting.then(() => send(frames));
  posting = posted.catch(() => {});
  return posted;
}

async function send(frames) {
  const kinds = new Map();
  for (const { type } of frames) kinds.set(type, (kinds.get(type) ?? 0) + 1);
  note("POST", [...kinds].map(([type, count]) => (count > 1 ? `${count} × ${type}` : type)).join(", "));
  const response = await fetch(`${SERVER}/v1/send`, {
    method: "POST",
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    body: JSON.stringify(frames.map((frame) => ({ ack: seq, ...frame }))),
    keepalive: frames[0].type === "bye", // the page is being left
  });
  if (!response.ok) throw new Error((await response.json()).message);
  return response.json();
}

// What we hear

/** Reads the event stream, and opens it again where a proxy or a network ends it; the session goes on. */
async function listen() {
  for (;;) {
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch(`${SERVER}/v1/events?ack=${seq}`, { headers, cache: "no-store" }).catch(() => null);
    if (response && !response.ok) throw new Error((await response.json()).message);
    if (response) await read(response.body.pipeThrough(new TextDecoderStream()).getReader()).catch(() => {});
    await pause(1_000);
  }
}

/** @param {ReadableStreamDefaultReader<string>} reader */
async function read(reader) {
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (text + value).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      if (event.startsWith("data: ")) hear(JSON.parse(event.slice(6))); // others are heartbeats, and the end
    }
  }
}

function hear(frame) {
  note("heard", frame.type);
  if (frame.seq) seq = frame.seq;
  const peer = peers.get(frame.from);
  switch (frame.type) {
    case "welcome":
      token = frame.resume.token;
      ice = frame.ice;
      break;
    case "ice":
      ice = frame.ice;
      break;
    case "joined":
      frame.members.forEach(meet);
      break;
    case "member-joined":
      meet(frame.member);
      break;
    case "member-left":
      peers.get(frame.session)?.close();
      break;
    case "description":
      peer?.next(() => peer.describe(frame.description));
      break;
    case "candidate":
      peer?.next(() => peer.pc.addIceCandidate(frame.candidate));
      break;
    case "end-of-candidates":
      peer?.next(() => peer.pc.addIceCandidate());
      break;
    case "error":
      say(frame.message);
  }
}

function note(how, what) {
  const line = document.createElement("li");
  line.textContent = `${how}: ${what}`;
  the("log").append(line);
}

// The others

function meet({ session, polite }) {
  if (peers.has(session)) return;
  const peer = new Peer(session, polite);
  peers.set(session, peer);
  if (!polite) peer.next(() => peer.offer()); // of each pair one is not
}

class Peer {
  pc = new RTCPeerConnection(ice);
  #session;
  #polite;
  #video = document.createElement("video");
  #work = Promise.resolve();
  /** @type {any[]} candidates, until they go in one batch */
  #batch = [];
  #sent = false;
  #described;

  constructor(session, polite) {
    this.#session = session;
    this.#polite = polite;
    const { pc } = this;
    for (const track of stream.getTracks()) pc.addTrack(track, stream);
    pc.ontrack = ({ streams: [theirs] }) => (this.#video.srcObject = theirs);
    pc.onconnectionstatechange = () => say(`The other is ${pc.connectionState}.`);
    this.#video.autoplay = this.#video.playsInline = true;
    the("videos").append(this.#video);

    const gathered = new Promise((resolve) => {
      pc.onicecandidate = ({ candidate }) => {
        if (this.#sent) this.#post(frameOf(candidate)); // late, but not lost
        else this.#batch.push(frameOf(candidate));
        if (!candidate) resolve();
      };
    });
    const described = new Promise((resolve) => (this.#described = resolve));
    described.then(() => Promise.race([gathered, pause(PATIENCE)])).then(() => {
      this.#sent = true;
      for (let at = 0; at < this.#batch.length; at += 64) this.#post(...this.#batch.slice(at, at + 64));
    });
  }

  /** One thing after another: a candidate waits for the description before it. */
  next(act) {
    this.#work = this.#work.then(act).catch((err) => console.warn(err));
  }

  async offer() {
    await this.pc.setLocalDescription();
    await this.#post({ type: "description", description: this.pc.localDescription });
  }

  async describe(description) {
    const { pc } = this;
    const offer = description.type === "offer";
    if (offer && !this.#polite && pc.signalingState !== "stable") return; // ours counts
    await pc.setRemoteDescription(description);
    if (offer) {
      await pc.setLocalDescription();
      await this.#post({ type: "description", description: pc.localDescription });
    }
    this.#described();
  }

  close() {
    peers.delete(this.#session);
    this.pc.close();
    this.#video.remove();
    say("The other left.");
  }

  #post(...frames) {
    return post(...frames.map((frame) => ({ ...frame, to: this.#session }))).catch((err) => say(err.message));
  }
}

function frameOf(candidate) {
  return candidate ? { type: "candidate", candidate } : { type: "end-of-candidates" };
}
