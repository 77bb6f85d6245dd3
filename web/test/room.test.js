import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "./fakes.js";
import { answerJoin, bob, joined, lost, resume, start, together } from "./together.js";

test("a room that cannot be joined again is closed", async () => {
  const { client, WebSocket, pcs, timers, events } = await joined();
  WebSocket.last.die(1006);
  await timers.pass(500);
  WebSocket.last.welcome("s-me2");
  await settle();
  WebSocket.last.frame({ type: "error", re: WebSocket.last.take("join").at(-1).id, code: "room-full", message: "full" });
  await settle();
  assert.deepEqual(events, [["closed", "room-full"], ["left", "s-bob"]], "first that it is over, for the others did not leave");
  assert.equal(pcs[0].signalingState, "closed");
  assert.deepEqual(client.gatherings, []);
});

test("who is kicked is out, and told so", async () => {
  const all = await together();
  all.WebSocket.last.frame({ type: "kicked", room: "r", seq: 2 });
  assert.deepEqual(all.events[0], ["closed", "kicked"]);
  assert.deepEqual(all.client.gatherings, []);
  assert.equal(all.pcs[0].signalingState, "closed");
});

test("a room is joined again with its secret, though it may have to be made anew", async () => {
  const all = await together();
  const joining = all.client.join("q", { secret: "swordfish", existing: true });
  await settle();
  const join = all.WebSocket.last.take("join").at(-1);
  assert.deepEqual([join.secret, join.existing], ["swordfish", true]);
  all.WebSocket.last.frame({ type: "joined", re: join.id, room: "q", members: [], seq: 2 });
  await joining;
  await lost(all);
  all.WebSocket.last.welcome("s-new", resume("t2"));
  await settle();
  const again = all.WebSocket.last.take("join").find((frame) => frame.room === "q");
  assert.deepEqual([again.secret, again.existing], ["swordfish", undefined]);
});

test("everybody knows who owns a room and whether it is locked, and hears when that changes", async () => {
  const all = start();
  const joining = all.client.join("r");
  await answerJoin(all.WebSocket, [bob()], { owner: "s-bob", locked: true });
  const room = await joining;
  assert.deepEqual([room.owner, room.locked], ["s-bob", true]);
  const changes = [];
  room.on("change", () => changes.push([room.owner, room.locked]));
  all.WebSocket.last.frame({ type: "room", room: "r", owner: "s-bob", locked: false });
  all.WebSocket.last.frame({ type: "room", room: "r", owner: "s-bob", locked: false });
  all.WebSocket.last.frame({ type: "room", room: "elsewhere", owner: "s-bob", locked: true });
  assert.deepEqual(changes, [["s-bob", false]]);
});

test("when the owner leaves, the room has another, and nobody who left is told of it", async () => {
  const all = start();
  const joining = all.client.join("r");
  await answerJoin(all.WebSocket, [bob()], { owner: "s-bob" });
  const room = await joining;
  let changes = 0;
  room.on("change", () => changes++);
  all.WebSocket.last.frame({ type: "member-left", room: "r", session: "s-bob", reason: "left", owner: "s-me" });
  assert.deepEqual([room.owner, room.owner === all.client.session, changes], ["s-me", true, 1]);
  room.leave();
  all.WebSocket.last.frame({ type: "room", room: "r", owner: "s-eve", locked: true });
  assert.equal(changes, 1);
});

test("the owner asks the server to lock, to unlock, and to make somebody leave", async () => {
  const { WebSocket, room } = await joined();
  const [member] = room.members;
  room.lock();
  assert.equal(room.locked, false, "it is locked when the server says so");
  room.unlock();
  room.kick(member);
  const said = WebSocket.last.sent.slice(-3).map(({ type, room, session }) => [type, room, session]);
  assert.deepEqual(said, [["lock", "r", undefined], ["unlock", "r", undefined], ["kick", "r", "s-bob"]]);
});

test("a room that is joined twice at once is one room", async () => {
  const { client, WebSocket, pcs } = start();
  const joining = [client.join("r"), client.join("r")];
  await settle();
  for (const { id } of WebSocket.last.take("join")) WebSocket.last.frame({ type: "joined", re: id, room: "r", members: [bob()] });
  const [one, other] = await Promise.all(joining);
  assert.equal(one, other);
  assert.deepEqual([client.gatherings.length, pcs.length], [1, 1]);
});
