// A client that is in company, for tests: the server is the test.
import { Socket } from "../static/lib/socket.js";
import { Client } from "../static/turnpike.js";
import { FakeTimers, fakePeerConnection, fakeWebSocket, settle } from "./fakes.js";

/** What a welcome says of a new session, and of one that goes on. */
export const resume = (token) => ({ resumed: false, resume: { token, expires_at: 0, window: 60 } });
export const resumed = (token, ack = 0) => ({ ...resume(token), resumed: true, ack });

/** A connection to the server alone, without a client. */
export function open(more = {}) {
  const WebSocket = fakeWebSocket();
  const timers = new FakeTimers();
  const socket = new Socket({ url: "ws://test/v1/signal", hello: () => ({}), WebSocket, timers, random: () => 1, ...more });
  const frames = [];
  socket.on("frame", (frame) => frames.push(frame));
  socket.open();
  return { socket, WebSocket, timers, frames };
}

export function start(options = {}, welcome = {}) {
  const WebSocket = fakeWebSocket();
  const RTCPeerConnection = fakePeerConnection();
  const timers = new FakeTimers();
  const client = new Client({ url: "ws://test/v1/signal", name: "ada", WebSocket, RTCPeerConnection, timers, random: () => 1, ...options });
  client.open();
  WebSocket.last.welcome("s-me", { ice: { iceServers: [{ urls: "turn:one" }], ttl: 60, expires_at: 60 }, ...welcome });
  return { client, WebSocket, timers, pcs: RTCPeerConnection.all };
}

export const bob = (more = {}) => ({ session: "s-bob", name: "bob", state: { audio: true, video: true, device: "bobs-page" }, polite: false, ...more });

/** Answers the newest join with these members. */
export async function answerJoin(WebSocket, members, more = {}) {
  await settle();
  const join = WebSocket.last.take("join").at(-1);
  WebSocket.last.frame({ type: "joined", re: join.id, room: join.room, members, ...more });
  await settle();
  return join;
}

/** A client in a room with these members. */
export async function joined(members = [bob()], welcome = {}) {
  const all = start({}, welcome);
  const joining = all.client.join("r");
  const join = await answerJoin(all.WebSocket, members);
  const room = await joining;
  const events = [];
  for (const type of ["member", "left", "closed"]) room.on(type, (detail) => events.push([type, detail?.session ?? detail?.code ?? null]));
  return { ...all, room, join, events };
}

/** A client that is connected with bob, and whose session can be resumed. */
export async function together() {
  const all = await joined([bob()], resume("t1"));
  all.pcs[0].become("connected");
  await settle();
  return { ...all, member: [...all.room.members][0], presence: (type) => all.WebSocket.last.frame({ type, room: "r", session: "s-bob" }) };
}

/** The connection to the server is lost, and another is made. */
export async function lost({ WebSocket, timers }, code = 1006) {
  WebSocket.last.die(code);
  await timers.pass(500);
}
