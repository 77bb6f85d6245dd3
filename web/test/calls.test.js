import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "./fakes.js";
import { start, together } from "./together.js";

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
