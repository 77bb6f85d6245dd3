import assert from "node:assert/strict";
import { test } from "node:test";
import { pause, retries } from "../static/lib/backoff.js";
import { Socket } from "../static/lib/socket.js";
import { FakeTimers, fakeWebSocket, settle } from "./fakes.js";

function open(more = {}) {
  const WebSocket = fakeWebSocket();
  const timers = new FakeTimers();
  const socket = new Socket({ url: "ws://test/v1/signal", hello: () => ({ name: "ada", key: "k" }), WebSocket, timers, random: () => 1, ...more });
  const events = [];
  for (const type of ["up", "down", "refused", "frame"]) socket.on(type, (detail) => events.push([type, detail]));
  socket.open();
  return { socket, WebSocket, timers, events, names: () => events.map(([type]) => type) };
}

test("hello is said first and the welcome ends the waiting", () => {
  const { socket, WebSocket, timers, names } = open();
  WebSocket.last.welcome();
  assert.deepEqual(WebSocket.last.sent, [{ type: "hello", version: 1, name: "ada", key: "k", resume: "" }]);
  assert.equal(socket.state, "up");
  assert.deepEqual(names(), ["up"]);
  assert.equal(timers.count, 0);
});

test("pauses grow, have a ceiling and are spread", () => {
  const whole = [0, 1, 2, 3, 4, 5, 50].map((attempt) => pause(attempt, () => 1));
  assert.deepEqual(whole, [500, 1000, 2000, 4000, 8000, 15000, 15000]);
  assert.equal(pause(3, () => 0), 2000);
  for (let i = 0; i < 100; i++) {
    const ms = pause(2);
    assert.ok(ms >= 1000 && ms <= 2000);
  }
});

test("close codes say whether to come back", () => {
  for (const code of [1000, 1001, 1005, 1006, 1009, 1011, 4400, 4401, 4408, 4499]) assert.equal(retries(code), true, String(code));
  for (const code of [4500, 4503, 4599]) assert.equal(retries(code), false, String(code));
});

for (const code of [1001, 1006, 4400, 4401, 4408]) {
  test(`after ${code} it connects again with growing pauses`, async () => {
    const { WebSocket, timers, events } = open();
    WebSocket.last.welcome();
    WebSocket.last.die(code);
    assert.deepEqual(events.at(-1), ["down", { code, wait: 500 }]);
    await timers.pass(499);
    assert.equal(WebSocket.sockets.length, 1);
    await timers.pass(1);
    assert.equal(WebSocket.sockets.length, 2);
    WebSocket.last.open();
    WebSocket.last.die(code);
    assert.equal(events.at(-1)[1].wait, 1000);
    await timers.pass(1000);
    WebSocket.last.welcome();
    WebSocket.last.die(code);
    assert.equal(events.at(-1)[1].wait, 500, "a welcome starts the pauses anew");
  });
}

for (const code of [4500, 4503]) {
  test(`after ${code} it gives up`, async () => {
    const { socket, WebSocket, timers, events } = open();
    WebSocket.last.welcome();
    WebSocket.last.die(code, "not allowed here");
    await timers.pass(600_000);
    assert.equal(WebSocket.sockets.length, 1);
    assert.equal(socket.state, "closed");
    assert.equal(events.at(-1)[0], "refused");
    assert.equal(events.at(-1)[1].message, "not allowed here");
  });
}

test("a refused hello ends the tries and says why", async () => {
  const { socket, WebSocket, timers, events } = open();
  WebSocket.last.open();
  WebSocket.last.frame({ type: "error", code: "name-taken", message: "taken" });
  assert.equal(events.at(-1)[0], "refused");
  assert.equal(events.at(-1)[1].code, "name-taken");
  await timers.pass(600_000);
  assert.equal(WebSocket.sockets.length, 1);
  socket.reopen();
  WebSocket.last.welcome();
  assert.equal(socket.state, "up", "another name can be tried");
});

test("a server that never welcomes is left", async () => {
  const { WebSocket, timers, names } = open();
  WebSocket.last.open();
  await timers.pass(10_000);
  assert.deepEqual(names(), ["down"]);
  assert.equal(WebSocket.sockets[0].closed, true);
  await timers.pass(500);
  assert.equal(WebSocket.sockets.length, 2);
});

test("why a connection never opened is asked by plain HTTP", async () => {
  const { socket, WebSocket, timers, events } = open({ diagnose: async () => "set http.auth.mode" });
  WebSocket.last.die(1006);
  await settle();
  assert.equal(events.at(-1)[0], "refused");
  assert.equal(events.at(-1)[1].message, "set http.auth.mode");
  assert.equal(socket.state, "closed");
  assert.equal(timers.count, 0);
});

test("a server that is merely away is tried again", async () => {
  const { WebSocket, timers } = open({ diagnose: () => Promise.reject(new Error("away")) });
  WebSocket.last.die(1006);
  await timers.pass(500);
  assert.equal(WebSocket.sockets.length, 2);
});

test("answers find their requests, whatever their order", async () => {
  const { socket, WebSocket } = open();
  WebSocket.last.welcome();
  const first = socket.request({ type: "join", room: "a" });
  const second = socket.request({ type: "join", room: "b" });
  const [a, b] = WebSocket.last.take("join");
  WebSocket.last.frame({ type: "error", re: b.id, code: "room-full", message: "full" });
  WebSocket.last.frame({ type: "joined", re: a.id, room: "a", members: [] });
  assert.equal((await first).room, "a");
  await assert.rejects(second, { code: "room-full" });
});

test("requests fail with the connection, and after a time", async () => {
  const { socket, WebSocket, timers } = open();
  await assert.rejects(socket.request({ type: "join" }), { code: "offline" });
  WebSocket.last.welcome();
  const slow = assert.rejects(socket.request({ type: "join" }), { code: "timeout" });
  await timers.pass(15_000);
  await slow;
  const lost = assert.rejects(socket.request({ type: "join" }), { code: "offline" });
  WebSocket.last.die(1006);
  await lost;
});

test("frames that are no JSON objects are dropped", () => {
  const { WebSocket, names } = open();
  WebSocket.last.welcome();
  for (const data of ["", "{", "null", "3", new ArrayBuffer(3)]) WebSocket.last.onmessage({ data });
  assert.deepEqual(names(), ["up"]);
});

test("a connection that was given up is not heard any more", () => {
  const { socket, WebSocket, names } = open();
  WebSocket.last.welcome();
  const old = WebSocket.last;
  socket.reopen();
  assert.equal(old.closed, true);
  assert.equal(old.onclose, null);
  WebSocket.last.welcome("s-two");
  assert.deepEqual(names(), ["up", "up"]);
  socket.close();
  assert.equal(socket.state, "closed");
});

/** A welcomed socket that is busy, and its server's doings. */
function busy(more = {}) {
  const state = { busy: true };
  const all = open({ busy: () => state.busy, ...more });
  all.WebSocket.last.welcome();
  all.socket.send({ type: "state" });
  return { ...all, state, pings: () => all.WebSocket.sockets.flatMap((ws) => ws.take("ping")).length };
}

test("with somebody there the server is asked for a sign of life every ten seconds", async () => {
  const { socket, timers, pings, names } = busy();
  await timers.pass(9_999);
  assert.equal(pings(), 0);
  await timers.pass(1);
  assert.equal(pings(), 1);
  await timers.pass(60_000);
  assert.equal(pings(), 7);
  assert.equal(socket.state, "up");
  assert.deepEqual(names(), ["up"], "a pong is not for listeners");
  assert.equal(timers.count, 1);
});

test("a connection that has gone silent is left after eight seconds, and made anew", async () => {
  const { socket, WebSocket, timers, events } = busy();
  const first = WebSocket.last;
  first.silent = true;
  await timers.pass(17_999);
  assert.equal(socket.state, "up");
  await timers.pass(1);
  assert.deepEqual(events.at(-1), ["down", { code: 1006, wait: 500 }]);
  assert.equal(first.closed, true);
  assert.equal(first.onclose, null, "its late end is of no interest");
  await timers.pass(500);
  assert.equal(WebSocket.sockets.length, 2);
  WebSocket.last.welcome();
  WebSocket.last.silent = true;
  socket.send({ type: "state" });
  await timers.pass(18_000);
  assert.equal(socket.state, "waiting", "the new one is watched as well");
});

test("any frame is a sign of life", async () => {
  const { socket, WebSocket, timers } = busy();
  WebSocket.last.silent = true;
  for (let i = 0; i < 5; i++) {
    await timers.pass(17_000);
    WebSocket.last.frame({ type: "member-state", room: "r", session: "s", state: {} });
    assert.equal(socket.state, "up");
  }
});

test("what comes too late by the clock of a frozen page still counts", async () => {
  const { socket, WebSocket, timers } = busy();
  WebSocket.last.silent = true;
  await timers.pass(10_000);
  timers.time += 60_000; // every timer is due at once when the page thaws
  await timers.pass(0);
  WebSocket.last.frame({ type: "pong", re: "1", time: 0 });
  await timers.pass(5_000);
  assert.equal(socket.state, "up");
});

test("with nobody there nothing is asked, and no timer runs", async () => {
  const { socket, WebSocket, timers, state, pings } = busy();
  state.busy = false;
  WebSocket.last.frame({ type: "member-left" });
  assert.equal(timers.count, 0);
  WebSocket.last.silent = true;
  await timers.pass(600_000);
  assert.equal(pings(), 0);
  assert.equal(socket.state, "up");

  // Somebody comes, with an answer.
  const joining = socket.request({ type: "join", room: "r" }).then(() => (state.busy = true));
  const [join] = WebSocket.last.take("join");
  WebSocket.last.frame({ type: "joined", re: join.id, room: "r", members: [] });
  await joining;
  await settle();
  await timers.pass(10_000);
  assert.equal(pings(), 1);
});

test("a connection that is closed is not asked any more", async () => {
  for (const end of [(socket) => socket.close(), (_, ws) => ws.die(4503)]) {
    const { socket, WebSocket, timers, pings } = busy();
    await timers.pass(10_000);
    end(socket, WebSocket.last);
    assert.equal(timers.count, 0);
    await timers.pass(600_000);
    assert.equal(pings(), 1);
  }
});
