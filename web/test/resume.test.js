import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSocket } from "../static/lib/eventsocket.js";
import { Socket } from "../static/lib/socket.js";
import { Client } from "../static/turnpike.js";
import { FakeTimers, fakePeerConnection, fakeWebSocket, settle } from "./fakes.js";

const resume = (token) => ({ resumed: false, resume: { token, expires_at: 0, window: 60 } });
const resumed = (token, ack = 0) => ({ ...resume(token), resumed: true, ack });

function open(more = {}) {
  const WebSocket = fakeWebSocket();
  const timers = new FakeTimers();
  const socket = new Socket({ url: "ws://test/v1/signal", hello: () => ({}), WebSocket, timers, random: () => 1, ...more });
  const frames = [];
  socket.on("frame", (frame) => frames.push(frame));
  socket.open();
  return { socket, WebSocket, timers, frames };
}

async function lost(all, code = 1006) {
  all.WebSocket.last.die(code);
  await all.timers.pass(500);
}

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

async function together() {
  const WebSocket = fakeWebSocket();
  const RTCPeerConnection = fakePeerConnection();
  const timers = new FakeTimers();
  const client = new Client({ url: "ws://test/v1/signal", WebSocket, RTCPeerConnection, timers, random: () => 1 });
  client.open();
  WebSocket.last.welcome("s-me", resume("t1"));
  const joining = client.join("r");
  await settle();
  const bob = { session: "s-bob", name: "bob", state: { device: "d" }, polite: false };
  WebSocket.last.frame({ type: "joined", re: WebSocket.last.take("join")[0].id, room: "r", members: [bob], seq: 1 });
  const room = await joining;
  const events = [];
  for (const type of ["member", "left"]) room.on(type, (member) => events.push([type, member.session]));
  const pcs = RTCPeerConnection.all;
  pcs[0].become("connected");
  await settle();
  return { client, WebSocket, timers, room, pcs, events, member: [...room.members][0], presence: (type) => WebSocket.last.frame({ type, room: "r", session: "s-bob" }) };
}

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

test("two who call each other have one call, without being asked", async () => {
  const all = await together();
  const rings = [];
  all.client.on("ring", (call) => rings.push(call));
  const placing = all.client.call("bob");
  await settle();
  const [invite] = all.WebSocket.last.take("invite");
  all.WebSocket.last.frame({ type: "ring", call: "c-1", from: { session: "s-bob", name: "bob" }, seq: 2 });
  all.WebSocket.last.frame({ type: "calling", re: invite.id, call: "c-1", name: "bob", seq: 3 });
  all.WebSocket.last.frame({ type: "accepted", call: "c-1", peer: { session: "s-bob", name: "bob" }, polite: false, seq: 4 });
  const call = await placing;
  assert.equal(call, rings[0]);
  assert.equal(call.state, "accepted");
  assert.equal([...call.members][0], all.member, "who is here already has no second connection");
});

test("who is kicked is out, and told so", async () => {
  const all = await together();
  const ends = [];
  all.room.on("closed", (err) => ends.push(err.code));
  all.WebSocket.last.frame({ type: "kicked", room: "r", seq: 2 });
  assert.deepEqual(ends, ["kicked"]);
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
