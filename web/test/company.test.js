import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "./fakes.js";
import { answerJoin, bob, joined, lost, resumed, together } from "./together.js";

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

test("a goodbye over the data channel ends a connection that signaling has lost", async () => {
  const { WebSocket, room, pcs } = await joined();
  pcs[0].become("connected");
  WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "gone" });
  pcs[0].hear({ type: "bye" });
  assert.equal(room.members.size, 0);
});

test("a resumed session keeps its members and their connections", async () => {
  const all = await together();
  await lost(all);
  all.WebSocket.last.welcome("s-me", { ...resumed("t2", 99), ice: { iceServers: [{ urls: "turn:new" }], ttl: 1, expires_at: 1 } });
  await settle();
  assert.equal(all.client.session, "s-me");
  assert.deepEqual([...all.room.members], [all.member]);
  assert.equal(all.member.adrift, false);
  assert.equal(all.pcs.length, 1);
  assert.deepEqual(all.events, []);
  assert.deepEqual(all.WebSocket.last.take("join"), []);
  assert.deepEqual(all.client.ice.iceServers, [{ urls: "turn:new" }]);
});

test("a member that is away stays while its media flows", async () => {
  const all = await together();
  all.presence("member-away");
  assert.equal(all.member.away, true);
  await all.timers.pass(59_000);
  assert.equal(all.room.members.size, 1);
  all.presence("member-back");
  assert.equal(all.member.away, false);
  assert.deepEqual(all.events, []);
});

test("a member that is away and not heard is not shown, and is there again when it is back", async () => {
  const all = await together();
  all.pcs[0].become("failed");
  all.presence("member-away");
  await all.timers.pass(9_999);
  assert.equal(all.room.members.size, 1);
  await all.timers.pass(1);
  assert.equal(all.room.members.size, 0);
  const before = all.pcs[0].restarts;
  await all.timers.pass(30_000);
  assert.equal(all.pcs[0].restarts, before, "nobody hears a restart");
  all.presence("member-back");
  assert.deepEqual([...all.room.members], [all.member]);
  assert.ok(all.pcs[0].restarts > before);
  assert.deepEqual(all.events, [["left", "s-bob"], ["member", "s-bob"]]);
  assert.notEqual(all.pcs[0].signalingState, "closed");
  all.presence("member-away");
  await all.timers.pass(20_000);
  all.WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "gone" });
  assert.equal(all.pcs.at(-1).signalingState, "closed");
  await settle();
  assert.equal(all.events.length, 3);
  assert.equal(all.timers.count <= 1, true, "but for the vigil nothing runs");
});

test("the connection of one who is not shown is closed, and a new one is offered when it is back", async () => {
  const all = await together();
  const { WebSocket, pcs } = all;
  WebSocket.last.frame({ type: "description", from: "s-bob", description: { type: "answer", sdp: '{"ufrag":"x","kinds":["audio","video"]}', connection: 0 } });
  await settle();
  pcs[0].become("failed");
  all.presence("member-away");
  await all.timers.pass(10_000);
  assert.equal(all.room.members.size, 0);
  assert.equal(pcs[0].signalingState, "closed");
  const built = pcs.length;
  all.presence("member-back");
  await settle();
  assert.equal(pcs.length, built + 1);
  assert.equal(WebSocket.last.take("description").at(-1).description.connection, 1);
  pcs.at(-1).become("connected");
  assert.equal(all.member.connection, "connected");
  assert.deepEqual([...all.room.members], [all.member]);
});
