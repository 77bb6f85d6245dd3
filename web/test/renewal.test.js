import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "./fakes.js";
import { bob, joined, resumed, together } from "./together.js";

/** What the other side would send for its connection of that number. */
const offer = (connection) => ({ type: "description", from: "s-bob", description: { type: "offer", sdp: '{"ufrag":"x","kinds":["audio"]}', connection } });
const answer = (connection) => ({ type: "description", from: "s-bob", description: { type: "answer", sdp: '{"ufrag":"x","kinds":["audio","video"]}', connection } });

test("restarts use the newest credentials", async () => {
  const { WebSocket, pcs, timers } = await joined();
  pcs[0].become("connected");
  WebSocket.last.frame({ type: "ice", ice: { iceServers: [{ urls: "turn:three" }], ttl: 1, expires_at: 1 } });
  pcs[0].become("disconnected");
  await timers.pass(1_000);
  assert.equal(pcs[0].restarts, 1);
  assert.deepEqual(pcs[0].configurations.at(-1).iceServers, [{ urls: "turn:three" }]);
});

test("a restart waits for the connection to the server", async () => {
  const all = await together();
  all.WebSocket.last.die(1006);
  all.pcs[0].become("failed");
  await all.timers.pass(400);
  assert.equal(all.pcs[0].restarts, 0);
  await all.timers.pass(100);
  all.WebSocket.last.welcome("s-me", resumed("t2", 99));
  await settle();
  assert.equal(all.pcs[0].restarts, 1);
});

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
