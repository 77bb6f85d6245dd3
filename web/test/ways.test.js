import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSocket } from "../static/lib/eventsocket.js";
import { FakeTimers, fakeWebSocket, settle } from "./fakes.js";
import { open, resume } from "./together.js";

/** A server of event streams: `posts` has what came, `stream.say` says something. */
function fakeServer() {
  const server = { posts: [], streams: [], answers: [], requests: [] };
  server.fetch = async (url, init = {}) => {
    server.requests.push([url, init.headers.Authorization]);
    if (url.includes("/send")) {
      const frames = JSON.parse(init.body);
      server.posts.push(...frames);
      const answer = server.answers.shift() ?? (frames[0].type === "hello" ? [{ type: "welcome", session: "s", ...resume("t1") }] : { type: "ack", ack: frames.at(-1).n });
      return answer instanceof Response ? answer : Response.json(answer);
    }
    let controller;
    const body = new ReadableStream({ start: (c) => (controller = c) });
    const stream = { url, say: (text) => controller.enqueue(new TextEncoder().encode(text)), end: () => controller.close() };
    server.streams.push(stream);
    init.signal?.addEventListener("abort", () => (stream.aborted = true));
    return new Response(body);
  };
  server.last = () => server.streams.at(-1);
  return server;
}

test("where the WebSocket throws, the session goes over an event stream", async () => {
  const server = fakeServer();
  const memory = new Map();
  const Throws = class { constructor() { throw new Error("SecurityError"); } };
  const options = { WebSocket: Throws, fetch: server.fetch, memory: { getItem: (k) => memory.get(k) ?? null, setItem: (k, v) => memory.set(k, v) } };
  const { socket, frames } = open(options);
  await settle();
  assert.equal(socket.state, "up");
  await settle();
  server.last().say('data: {"type":"welcome","session":"s","resumed":true,"resume":{"token":"t2"}}\n\n:\n\ndata: {"type":"ring","se');
  server.last().say('q":1}\n\n');
  await settle();
  assert.deepEqual(frames, [{ type: "ring", seq: 1 }]);
  socket.send({ type: "state" });
  await settle();
  assert.deepEqual(server.posts.at(-1), { type: "state", n: 1, ack: 1 });
  assert.deepEqual(server.requests, [["http://test/v1/send", undefined], ["http://test/v1/events?ack=0", "Bearer t1"], ["http://test/v1/send", "Bearer t2"]]);
  assert.ok(Number([...memory.values()][0]) > Date.now(), "the tab remembers it");

  server.last().say('event: close\ndata: {"code":4503,"reason":"no"}\n\n');
  await settle();
  assert.equal(socket.state, "closed");
  assert.equal(server.last().aborted, true);

  const again = open({ ...options, WebSocket: fakeWebSocket() });
  await settle();
  assert.equal(again.socket.state, "up", "without trying a WebSocket first");
});

test("a WebSocket that never opens, or closes at once twice, is given up for an event stream", async () => {
  for (const eat of [
    async (all) => all.timers.pass(5_000),
    async (all) => {
      all.WebSocket.last.die(1006);
      await all.timers.pass(500);
      all.WebSocket.last.die(1006);
    },
  ]) {
    const server = fakeServer();
    const all = open({ fetch: server.fetch });
    await eat(all);
    await all.timers.pass(1_500);
    assert.equal(all.socket.state, "up");
    assert.equal(server.posts[0].type, "hello");
  }
});

test("a server that is merely away is tried by both ways in turn", async () => {
  const all = open({ fetch: () => Promise.reject(new Error("away")) });
  for (let i = 0; i < 12; i++) {
    if (!all.WebSocket.last.closed) all.WebSocket.last.die(1006);
    await all.timers.pass(15_000);
  }
  assert.ok(all.WebSocket.sockets.length >= 5);
});

test("an event stream says something now and then, and one that falls silent is left", async () => {
  const server = fakeServer();
  const timers = new FakeTimers();
  const ws = new EventSocket("ws://test/v1/signal", server.fetch, timers);
  const ends = [];
  ws.onopen = () => ws.send(JSON.stringify({ type: "hello" }));
  ws.onclose = (event) => ends.push(event.code);
  await settle();
  await settle();
  for (let i = 0; i < 5; i++) {
    await timers.pass(15_000);
    server.last().say(":\n\n");
    await settle();
  }
  assert.equal(server.posts.filter((frame) => frame.type === "ping").length, 3);
  assert.deepEqual(ends, []);
  await timers.pass(40_000);
  assert.deepEqual(ends, [1006]);
  assert.equal(timers.count, 0);
});

test("an event stream that the server does not know any more ends, and so does a POST that fails", async () => {
  for (const answer of [new Response("{}", { status: 401 }), new Response("{}", { status: 503 })]) {
    const server = fakeServer();
    const ws = new EventSocket("ws://test/v1/signal", server.fetch, new FakeTimers());
    const ends = [];
    ws.onclose = (event) => ends.push(event.code);
    ws.onopen = () => ws.send(JSON.stringify({ type: "hello" }));
    await settle();
    server.answers.push(answer);
    ws.send(JSON.stringify({ type: "state" }));
    await settle();
    assert.deepEqual(ends, [1006]);
  }
});
