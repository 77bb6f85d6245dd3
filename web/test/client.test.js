import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../static/turnpike.js";
import { FakeTimers, FakeTrack, fakePeerConnection, fakeWebSocket, settle } from "./fakes.js";

function start(options = {}) {
  const WebSocket = fakeWebSocket();
  const RTCPeerConnection = fakePeerConnection();
  const timers = new FakeTimers();
  const client = new Client({ url: "ws://test/v1/signal", name: "ada", WebSocket, RTCPeerConnection, timers, random: () => 1, ...options });
  client.open();
  WebSocket.last.welcome("s-me", { ice: { iceServers: [{ urls: "turn:one" }], ttl: 60, expires_at: 60 } });
  return { client, WebSocket, timers, pcs: RTCPeerConnection.all };
}

const bob = (more = {}) => ({ session: "s-bob", name: "bob", state: { audio: true, video: true, device: "bobs-page" }, polite: false, ...more });

/** Answers the newest join with these members. */
async function answerJoin(WebSocket, members) {
  await settle();
  const join = WebSocket.last.take("join").at(-1);
  WebSocket.last.frame({ type: "joined", re: join.id, room: join.room, members });
  await settle();
  return join;
}

async function joined(members = [bob()], options = {}) {
  const all = start(options);
  const joining = all.client.join("r");
  const join = await answerJoin(all.WebSocket, members);
  const room = await joining;
  const events = [];
  for (const type of ["member", "left", "closed"]) room.on(type, (detail) => events.push([type, detail?.session ?? detail?.code ?? null]));
  return { ...all, room, join, events };
}

test("joining makes a connection with everybody there, with the servers of the welcome", async () => {
  const { room, pcs, join } = await joined([bob(), { session: "s-cy", name: "cy", polite: true }]);
  assert.equal(join.room, "r");
  assert.equal(typeof join.state.device, "string");
  assert.deepEqual([...room.members].map((m) => m.name), ["bob", "cy"]);
  assert.equal(pcs.length, 2);
  assert.deepEqual(pcs[0].configurations[0].iceServers, [{ urls: "turn:one" }]);
  assert.equal(pcs[0].configurations[0].iceTransportPolicy, "all");
});

test("descriptions go to the one they are for, and come from the one who sent them", async () => {
  const { WebSocket, pcs } = await joined([bob(), { session: "s-cy", name: "cy", polite: true }]);
  const offers = WebSocket.last.take("description");
  assert.deepEqual(offers.map((frame) => frame.to), ["s-bob"], "only the impolite side offers");
  WebSocket.last.frame({ type: "description", from: "s-cy", description: { type: "offer", sdp: '{"ufrag":"x","kinds":["audio"]}' } });
  WebSocket.last.frame({ type: "description", from: "s-stranger", description: { type: "offer", sdp: '{"ufrag":"y","kinds":[]}' } });
  await settle();
  assert.equal(pcs.length, 2, "a stranger gets no connection");
  assert.equal(WebSocket.last.take("description").at(-1).to, "s-cy");
});

test("whoever leaves is cleaned up", async () => {
  const { WebSocket, room, pcs, events, timers } = await joined();
  pcs[0].become("connected");
  await settle();
  WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "left" });
  await settle();
  assert.equal(room.members.size, 0);
  assert.equal(pcs[0].signalingState, "closed");
  assert.deepEqual(events, [["left", "s-bob"]]);
  assert.equal(timers.count, 0);
});

test("whoever vanishes without media is cleaned up at once", async () => {
  const { WebSocket, room, pcs } = await joined();
  WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "gone" });
  assert.equal(room.members.size, 0);
  assert.equal(pcs[0].signalingState, "closed");
});

test("whoever vanishes from the server while media flows stays until media ends", async () => {
  const { WebSocket, room, pcs, events } = await joined();
  pcs[0].become("connected");
  WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "gone" });
  assert.equal(room.members.size, 1);
  pcs[0].become("disconnected");
  assert.equal(room.members.size, 0);
  assert.equal(pcs[0].signalingState, "closed");
  assert.deepEqual(events, [["left", "s-bob"]]);
});

test("nobody stays adrift in a room for longer than half a minute", async () => {
  const { WebSocket, room, pcs, timers } = await joined();
  pcs[0].become("connected");
  WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "gone" });
  await timers.pass(31_000);
  assert.equal(room.members.size, 0);
  assert.equal(pcs[0].signalingState, "closed");
});

test("one who comes back under a new session is the same member, and the old media lasts until the new flows", async () => {
  const { WebSocket, room, pcs, events } = await joined();
  const [member] = room.members;
  pcs[0].become("connected");
  WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "gone" });
  WebSocket.last.frame({ type: "member-joined", room: "r", member: bob({ session: "s-bob2", polite: true }) });
  assert.deepEqual([...room.members], [member]);
  assert.equal(member.session, "s-bob2");
  assert.equal(member.connection, "connected");
  assert.notEqual(pcs[0].signalingState, "closed");
  pcs[1].become("connected");
  assert.equal(pcs[0].signalingState, "closed");
  assert.equal(member.pc, pcs[1]);
  assert.deepEqual(events, [], "nobody left and nobody came");
});

test("a new session that arrives before the old one is declared gone leaves no ghost", async () => {
  const { WebSocket, room, pcs } = await joined();
  pcs[0].become("connected");
  WebSocket.last.frame({ type: "member-joined", room: "r", member: bob({ session: "s-bob2", polite: true }) });
  WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "gone" });
  assert.deepEqual([...room.members].map((m) => m.session), ["s-bob2"]);
  pcs[1].become("connected");
  assert.equal(room.members.size, 1);
});

test("the mark of somebody else's page does not take over their place", async () => {
  const { WebSocket, room } = await joined();
  WebSocket.last.frame({ type: "member-joined", room: "r", member: bob({ session: "s-eve", name: "eve" }) });
  assert.deepEqual([...room.members].map((m) => m.session), ["s-bob", "s-eve"]);
});

test("nameless members are told apart while the server knows both", async () => {
  const { WebSocket, room } = await joined([bob({ name: undefined })]);
  WebSocket.last.frame({ type: "member-joined", room: "r", member: bob({ session: "s-2", name: undefined }) });
  assert.equal(room.members.size, 2);
});

test("after a lost connection to the server media goes on, and the room is joined again", async () => {
  const { client, WebSocket, room, pcs, timers, events } = await joined();
  const [member] = room.members;
  pcs[0].become("connected");
  WebSocket.last.die(1006);
  await timers.pass(500);
  assert.notEqual(pcs[0].signalingState, "closed");
  WebSocket.last.welcome("s-me2", { ice: { iceServers: [{ urls: "turn:two" }], ttl: 60, expires_at: 60 } });
  await answerJoin(WebSocket, [bob()]);
  assert.equal(client.session, "s-me2");
  assert.deepEqual([...room.members], [member]);
  assert.equal(member.connection, "connected");
  assert.equal(pcs.length, 2, "for the new session the other side has a new connection");
  assert.deepEqual(pcs[1].configurations[0].iceServers, [{ urls: "turn:two" }]);
  pcs[1].become("connected");
  assert.equal(pcs[0].signalingState, "closed");
  assert.deepEqual(events, []);
});

test("who left while we were away, and is not heard, is gone after the room is joined again", async () => {
  const { WebSocket, room, pcs, timers, events } = await joined();
  pcs[0].become("connected");
  WebSocket.last.die(1006);
  pcs[0].become("disconnected");
  await timers.pass(500);
  assert.equal(room.members.size, 1, "it may be our own network");
  WebSocket.last.welcome("s-me2");
  await answerJoin(WebSocket, []);
  assert.equal(room.members.size, 0);
  assert.deepEqual(events, [["left", "s-bob"]]);
});

test("a room that cannot be joined again is closed", async () => {
  const { client, WebSocket, pcs, timers, events } = await joined();
  WebSocket.last.die(1006);
  await timers.pass(500);
  WebSocket.last.welcome("s-me2");
  await settle();
  WebSocket.last.frame({ type: "error", re: WebSocket.last.take("join").at(-1).id, code: "room-full", message: "full" });
  await settle();
  assert.deepEqual(events.at(-1), ["closed", "room-full"]);
  assert.equal(pcs[0].signalingState, "closed");
  assert.deepEqual(client.gatherings, []);
});

test("joining waits for the connection to the server, and fails if it is refused", async () => {
  const WebSocket = fakeWebSocket();
  const client = new Client({ url: "ws://test/v1/signal", WebSocket, RTCPeerConnection: fakePeerConnection(), timers: new FakeTimers() });
  const joining = assert.rejects(client.join("r"), { code: "name-taken" });
  WebSocket.last.open();
  WebSocket.last.frame({ type: "error", code: "name-taken", message: "taken" });
  await joining;
});

test("restarts use the newest credentials", async () => {
  const { WebSocket, pcs, timers } = await joined();
  pcs[0].become("connected");
  WebSocket.last.frame({ type: "ice", ice: { iceServers: [{ urls: "turn:three" }], ttl: 1, expires_at: 1 } });
  pcs[0].become("disconnected");
  await timers.pass(1_000);
  assert.equal(pcs[0].restarts, 1);
  assert.deepEqual(pcs[0].configurations.at(-1).iceServers, [{ urls: "turn:three" }]);
});

/** What the other side would send for its connection of that number. */
const offer = (connection) => ({ type: "description", from: "s-bob", description: { type: "offer", sdp: '{"ufrag":"x","kinds":["audio"]}', connection } });
const answer = (connection) => ({ type: "description", from: "s-bob", description: { type: "answer", sdp: '{"ufrag":"x","kinds":["audio","video"]}', connection } });

test("relay only builds new connections beside the running ones, and new members begin so", async () => {
  const { client, WebSocket, pcs, room } = await joined();
  const [member] = room.members;
  WebSocket.last.frame(answer(0));
  await settle();
  pcs[0].become("connected");
  client.setRelayOnly(true);
  await settle();
  assert.equal(pcs[1].configurations[0].iceTransportPolicy, "relay");
  assert.equal(WebSocket.last.take("description").at(-1).description.connection, 1);
  assert.equal(member.connection, "connected");
  assert.notEqual(pcs[0].signalingState, "closed");
  WebSocket.last.frame(answer(1));
  await settle();
  pcs[1].become("connected");
  assert.equal(pcs[0].signalingState, "closed");
  assert.equal(member.pc, pcs[1]);
  WebSocket.last.frame({ type: "member-joined", room: "r", member: { session: "s-cy", name: "cy", polite: true } });
  assert.equal(pcs[2].configurations[0].iceTransportPolicy, "relay");
});

test("the polite side makes the offer of a connection that it renews", async () => {
  const { client, WebSocket, pcs } = await joined([bob({ polite: true })]);
  WebSocket.last.frame(offer(0));
  await settle();
  client.setRelayOnly(true);
  await settle();
  const { description } = WebSocket.last.take("description").at(-1);
  assert.deepEqual([description.type, description.connection, pcs.length], ["offer", 1, 2]);
});

test("a new connection of the other side is followed, and what comes late for the old one is dropped", async () => {
  const { WebSocket, pcs } = await joined();
  WebSocket.last.frame(answer(0));
  await settle();
  pcs[0].become("connected");
  WebSocket.last.frame(offer(1));
  await settle();
  assert.equal(pcs.length, 2);
  assert.equal(WebSocket.last.take("description").at(-1).description.connection, 1);
  WebSocket.last.frame({ type: "candidate", from: "s-bob", candidate: { candidate: "late", usernameFragment: "x", connection: 0 } });
  WebSocket.last.frame({ type: "candidate", from: "s-bob", candidate: { candidate: "right", usernameFragment: "x", connection: 1 } });
  for (const wild of [0, 7, -1, 1e9]) WebSocket.last.frame(offer(wild));
  await settle();
  assert.equal(pcs.length, 2);
  assert.deepEqual(pcs[1].added.map((c) => c.candidate), ["right"]);
});

test("when restarts do not help, a new connection is built", async () => {
  const { WebSocket, pcs, timers, room } = await joined();
  WebSocket.last.frame(answer(0));
  await settle();
  pcs[0].become("connected");
  pcs[0].become("failed");
  await timers.pass(40_000);
  assert.ok(pcs[0].restarts >= 3);
  assert.equal(pcs.length, 2);
  assert.equal(pcs[0].signalingState, "closed", "the old one carries nothing");
  WebSocket.last.frame(answer(1));
  await settle();
  pcs[1].become("connected");
  assert.equal([...room.members][0].connection, "connected");
});

test("with a client that does not count connections, relay only restarts ICE", async () => {
  const { client, WebSocket, pcs } = await joined();
  WebSocket.last.frame(answer(undefined));
  await settle();
  pcs[0].become("connected");
  client.setRelayOnly(true);
  assert.equal(pcs.length, 1);
  assert.equal(pcs[0].configurations.at(-1).iceTransportPolicy, "relay");
  assert.equal(pcs[0].restarts, 1);
});

test("mute is shown through the room and over the data channel", async () => {
  const { client, WebSocket, pcs, room } = await joined();
  pcs[0].openChannel();
  client.media.set("audio", new FakeTrack("audio"));
  client.media.mute("audio", true);
  assert.equal(WebSocket.last.take("state").at(-1).state.audio, false);
  assert.equal(pcs[0].channel.sent.at(-1).state.audio, false);
  const [member] = room.members;
  WebSocket.last.frame({ type: "member-state", room: "r", session: "s-bob", state: { audio: false } });
  assert.equal(member.state.audio, false);
  pcs[0].hear({ type: "state", state: { audio: true } });
  assert.equal(member.state.audio, true);
  assert.equal(member.device, "bobs-page", "a state without a mark keeps the old one");
});

test("chat reaches those whose channel is open, and is cut at its limit", async () => {
  const { pcs, room } = await joined([bob(), { session: "s-cy", name: "cy", polite: true }]);
  pcs[0].openChannel();
  assert.equal(room.say("hello"), 1);
  assert.deepEqual(pcs[0].channel.sent.at(-1), { type: "text", text: "hello" });
  const heard = [];
  const [member] = room.members;
  member.on("text", ({ text }) => heard.push(text.length));
  pcs[0].hear({ type: "text", text: "x".repeat(10_000) });
  pcs[0].hear({ type: "text", text: 5 });
  assert.deepEqual(heard, [4000]);
});

test("close says goodbye to the server and to everybody", async () => {
  const { client, WebSocket, pcs, timers } = await joined();
  pcs[0].openChannel();
  const socket = WebSocket.last;
  client.close();
  assert.equal(socket.take("leave").length, 1);
  assert.deepEqual(pcs[0].channel.sent.at(-1), { type: "bye" });
  assert.equal(pcs[0].signalingState, "closed");
  assert.equal(socket.closed, true);
  await settle();
  assert.equal(timers.count, 0);
});

test("a goodbye over the data channel ends a connection that signaling has lost", async () => {
  const { WebSocket, room, pcs } = await joined();
  pcs[0].become("connected");
  WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "gone" });
  pcs[0].hear({ type: "bye" });
  assert.equal(room.members.size, 0);
});

async function placed() {
  const all = start();
  const calling = all.client.call("bob", { audio: true });
  await settle();
  const invite = all.WebSocket.last.take("invite")[0];
  all.WebSocket.last.frame({ type: "calling", re: invite.id, call: "c-1", name: "bob" });
  const call = await calling;
  return { ...all, call, invite };
}

test("a call rings, is accepted, and ends", async () => {
  const { client, WebSocket, call, pcs, invite } = await placed();
  assert.deepEqual([invite.name, invite.media], ["bob", { audio: true }]);
  const states = [];
  call.on("state", (state) => states.push(state));
  WebSocket.last.frame({ type: "ringing", call: "c-1" });
  WebSocket.last.frame({ type: "accepted", call: "c-1", peer: { session: "s-bob", name: "bob" }, polite: false });
  assert.equal([...call.members][0].name, "bob");
  WebSocket.last.frame({ type: "call-ended", call: "c-1", reason: "hangup" });
  assert.deepEqual(states, ["ringing", "accepted", "ended"]);
  assert.equal(call.reason, "hangup");
  assert.equal(pcs[0].signalingState, "closed");
  assert.deepEqual(client.gatherings, []);
});

for (const reason of ["declined", "busy", "timeout", "unavailable"]) {
  test(`a call that ends by ${reason} says so`, async () => {
    const { WebSocket, call, pcs } = await placed();
    WebSocket.last.frame({ type: "call-ended", call: "c-1", reason });
    assert.equal(call.state, "ended");
    assert.equal(call.reason, reason);
    assert.equal(pcs.length, 0);
  });
}

async function rung() {
  const all = start();
  const rings = [];
  all.client.on("ring", (call) => rings.push(call));
  all.WebSocket.last.frame({ type: "ring", call: "c-2", from: { session: "s-bob", name: "bob" }, media: { video: true } });
  return { ...all, call: rings[0] };
}

test("an incoming call is told to ring, and accepted once the server agrees", async () => {
  const { WebSocket, call, pcs } = await rung();
  assert.equal(WebSocket.last.take("ringing").length, 1);
  assert.deepEqual([call.name, call.media.video], ["bob", true]);
  call.accept();
  assert.equal(call.state, "ringing");
  const accept = WebSocket.last.take("accept")[0];
  WebSocket.last.frame({ type: "accepted", re: accept.id, call: "c-2", peer: { session: "s-bob", name: "bob" }, polite: true });
  await settle();
  assert.equal(call.state, "accepted");
  assert.equal(pcs.length, 1);
  call.hangup();
  assert.equal(WebSocket.last.take("hangup").length, 1);
  assert.equal(pcs[0].signalingState, "closed");
});

test("a call that another device took is over here", async () => {
  const { WebSocket, call } = await rung();
  WebSocket.last.frame({ type: "call-ended", call: "c-2", reason: "answered-elsewhere" });
  assert.equal(call.reason, "answered-elsewhere");
});

test("accepting a call that is over by then ends it", async () => {
  const { WebSocket, call } = await rung();
  call.accept();
  WebSocket.last.frame({ type: "error", re: WebSocket.last.take("accept")[0].id, code: "no-such-call", message: "over" });
  await settle();
  assert.equal(call.state, "ended");
});

test("declining tells the caller and ends it here", async () => {
  const { WebSocket, call } = await rung();
  call.decline();
  assert.equal(WebSocket.last.take("decline")[0].reason, "declined");
  assert.equal(call.state, "ended");
});

test("an accepted call outlives the connection to the server while its media flows", async () => {
  const { client, WebSocket, call, pcs, timers } = await placed();
  WebSocket.last.frame({ type: "accepted", call: "c-1", peer: { session: "s-bob", name: "bob" }, polite: false });
  pcs[0].become("connected");
  WebSocket.last.die(1006);
  await timers.pass(500);
  WebSocket.last.welcome("s-me2");
  await timers.pass(300_000);
  assert.equal(call.state, "accepted");
  pcs[0].become("failed");
  assert.equal(call.state, "ended");
  assert.equal(call.reason, "gone");
  assert.deepEqual(client.gatherings, []);
});

test("a call whose other side lost the server goes on while its media flows", async () => {
  const { WebSocket, call, pcs } = await placed();
  WebSocket.last.frame({ type: "accepted", call: "c-1", peer: { session: "s-bob", name: "bob" }, polite: false });
  pcs[0].become("connected");
  WebSocket.last.frame({ type: "call-ended", call: "c-1", reason: "gone" });
  assert.equal(call.state, "accepted");
  pcs[0].hear({ type: "bye" });
  assert.equal(call.state, "ended");
  assert.equal(call.reason, "hangup");
});

test("the guest key is made once and kept by the storage", () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  const first = start({ storage }).WebSocket.last.sent[0].key;
  const second = start({ storage }).WebSocket.last.sent[0].key;
  assert.equal(first, second);
  assert.ok(first.length >= 16);
  assert.notEqual(start().WebSocket.last.sent[0].key, first);
  const forbidden = { getItem: () => { throw new Error("SecurityError"); }, setItem: () => {} };
  assert.ok(start({ storage: forbidden }).WebSocket.last.sent[0].key.length >= 16);
});

test("a new name is a new connection with the same key", () => {
  const { client, WebSocket } = start();
  const { key } = WebSocket.last.sent[0];
  client.rename("grace");
  WebSocket.last.welcome("s-2");
  assert.deepEqual(WebSocket.last.sent[0], { type: "hello", version: 1, name: "grace", key, resume: "" });
  client.rename("");
  WebSocket.last.welcome("s-3");
  assert.equal("name" in WebSocket.last.sent[0], false);
});

test("in company, or in a call, a server that has gone silent is noticed", async () => {
  const { client, WebSocket, timers, pcs } = await joined();
  pcs[0].become("connected");
  WebSocket.last.silent = true;
  await timers.pass(18_000);
  assert.equal(client.state, "waiting");
  await timers.pass(500);
  WebSocket.last.welcome("s-again");
  await answerJoin(WebSocket, []);

  const calling = start();
  const placing = calling.client.call("bob");
  await settle();
  const [invite] = calling.WebSocket.last.take("invite");
  calling.WebSocket.last.frame({ type: "calling", re: invite.id, call: "c-1", name: "bob" });
  await placing;
  calling.WebSocket.last.silent = true;
  await calling.timers.pass(18_000);
  assert.equal(calling.client.state, "waiting");

  const alone = start();
  alone.WebSocket.last.silent = true;
  await alone.timers.pass(600_000);
  assert.equal(alone.client.state, "up");
});
