import assert from "node:assert/strict";
import { test } from "node:test";
import { lost, open, resume, resumed } from "./together.js";

test("frames are numbered, and those that were not acknowledged are sent again", async () => {
  const all = open();
  const { socket, WebSocket } = all;
  WebSocket.last.welcome("s", resume("t1"));
  for (const x of [1, 2, 3]) socket.send({ type: "state", x });
  assert.deepEqual(WebSocket.last.take("state").map((frame) => frame.n), [1, 2, 3]);
  WebSocket.last.frame({ type: "ack", ack: 1 });
  await lost(all);
  assert.equal(socket.send({ type: "state", x: 4 }), true, "it waits for the connection");
  WebSocket.last.welcome("s", resumed("t2", 2));
  assert.deepEqual(WebSocket.last.sent[0], { type: "hello", version: 1, resume: "t1", ack: 0 });
  assert.deepEqual(WebSocket.last.take("state").map(({ n, x }) => [n, x]), [[3, 3], [4, 4]]);
});

test("what the server says again is heard once, and it is told how far we have heard", async () => {
  const all = open();
  const { WebSocket, frames, socket } = all;
  WebSocket.last.welcome("s", resume("t1"));
  for (const seq of [1, 2]) WebSocket.last.frame({ type: "member-state", seq });
  socket.send({ type: "state" });
  assert.equal(WebSocket.last.take("state")[0].ack, 2);
  await lost(all);
  WebSocket.last.welcome("s", resumed("t2"));
  assert.equal(WebSocket.last.sent[0].ack, 2);
  for (const seq of [2, 3]) WebSocket.last.frame({ type: "member-state", seq });
  assert.deepEqual(frames.map((frame) => frame.seq), [1, 2, 3]);
  for (let seq = 4; seq < 100; seq++) WebSocket.last.frame({ type: "member-state", seq });
  assert.deepEqual(WebSocket.last.take("ack").map((frame) => frame.ack), [34, 66, 98], "also by one who only listens");
});

test("a request outlives a lost connection, and fails with its session", async () => {
  const all = open();
  const { socket, WebSocket } = all;
  WebSocket.last.welcome("s", resume("t1"));
  const first = socket.request({ type: "join", room: "r" });
  await lost(all);
  WebSocket.last.welcome("s", resumed("t2"));
  WebSocket.last.frame({ type: "joined", re: WebSocket.last.take("join")[0].id, room: "r", members: [], seq: 1 });
  assert.equal((await first).room, "r");
  const second = assert.rejects(socket.request({ type: "join", room: "q" }), { code: "offline" });
  await lost(all);
  WebSocket.last.welcome("s2", resume("t3"));
  await second;
  assert.deepEqual(WebSocket.last.take("join"), [], "a new session knows nothing of it");
  socket.send({ type: "state" });
  assert.equal(WebSocket.last.take("state")[0].n, 1);
});

test("the newest token is used, and none after a goodbye or a server that went away", async () => {
  for (const code of [1001, 1009]) {
    const all = open();
    all.WebSocket.last.welcome("s", resume("t1"));
    await lost(all, code);
    all.WebSocket.last.open();
    assert.equal(all.WebSocket.last.sent[0].resume, "");
  }
  const all = open();
  const { socket, WebSocket } = all;
  WebSocket.last.welcome("s", resume("t1"));
  WebSocket.last.frame({ type: "resume", resume: { token: "t2" } });
  socket.reopen();
  WebSocket.last.open();
  assert.equal(WebSocket.last.sent[0].resume, "t2");
  WebSocket.last.frame({ type: "welcome", session: "s", ...resumed("t3") });
  socket.close();
  assert.equal(WebSocket.last.take("bye").length, 1);
  socket.open();
  WebSocket.last.open();
  assert.equal(WebSocket.last.sent[0].resume, "");
});

test("what waits is bounded", async () => {
  const all = open();
  all.WebSocket.last.welcome("s", resume("t1"));
  all.WebSocket.last.die(1006);
  for (let i = 0; i < 256; i++) assert.equal(all.socket.send({ type: "state" }), true);
  assert.equal(all.socket.send({ type: "state" }), false);
  await all.timers.pass(500);
  all.WebSocket.last.open();
  assert.equal(all.WebSocket.last.sent[0].resume, "");
});
