import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../static/turnpike.js";
import { FakeTimers, FakeTrack, fakePeerConnection, fakeWebSocket, settle } from "./fakes.js";
import { answerJoin, bob, joined, start } from "./together.js";

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

test("joining waits for the connection to the server, and fails if it is refused", async () => {
  const WebSocket = fakeWebSocket();
  const client = new Client({ url: "ws://test/v1/signal", WebSocket, RTCPeerConnection: fakePeerConnection(), timers: new FakeTimers() });
  const joining = assert.rejects(client.join("r"), { code: "name-taken" });
  WebSocket.last.open();
  WebSocket.last.frame({ type: "error", code: "name-taken", message: "taken" });
  await joining;
});

test("that the server is about to be stopped, and where to go, is told and ends nothing", async () => {
  const { client, WebSocket, room } = await joined();
  const told = [];
  client.on("move", (move) => told.push(move));
  WebSocket.last.frame({ type: "move", to: "https://turn2.example.org", after: 5000 });
  WebSocket.last.frame({ type: "move", to: "", after: 0 });
  await settle();
  assert.deepEqual(told, [{ to: "https://turn2.example.org", after: 5000 }, { to: "", after: 0 }]);
  assert.equal(client.state, "up");
  assert.equal(room.members.size, 1);
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
