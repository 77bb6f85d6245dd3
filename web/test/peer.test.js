import assert from "node:assert/strict";
import { test } from "node:test";
import { Media } from "../static/lib/media.js";
import { Peer } from "../static/lib/peer.js";
import { FakeTimers, FakeTrack, fakePeerConnection, parse, settle } from "./fakes.js";

/** Two peers, whose frames wait in `posts` until the test delivers them. */
function pair() {
  const timers = new FakeTimers();
  const RTCPeerConnection = fakePeerConnection();
  const ice = { iceServers: [{ urls: "turn:one" }] };
  const side = (polite) => {
    const posts = [];
    const media = new Media();
    const peer = new Peer({
      polite,
      offers: !polite,
      number: 0,
      media,
      timers,
      RTCPeerConnection,
      configuration: () => ({ ...ice }),
      send: (frame) => posts.push(frame) > 0,
    });
    const errors = [];
    peer.on("error", (err) => errors.push(err));
    peer.on("candidate-error", (err) => errors.push(err));
    return { peer, posts, media, errors, pc: peer.pc };
  };
  const impolite = side(false);
  const polite = side(true);
  const deliver = async (from, to) => {
    await settle();
    for (const frame of from.posts.splice(0)) to.peer.receive(structuredClone(frame));
    await settle();
  };
  return { impolite, polite, timers, ice, deliver };
}

async function connect() {
  const all = pair();
  await all.deliver(all.impolite, all.polite);
  await all.deliver(all.polite, all.impolite);
  return all;
}

test("the impolite side offers and one exchange is enough", async () => {
  const { impolite, polite } = await connect();
  assert.equal(impolite.pc.signalingState, "stable");
  assert.equal(polite.pc.signalingState, "stable");
  assert.deepEqual([...impolite.posts, ...polite.posts], [], "no further description is needed");
  assert.deepEqual(impolite.pc.getTransceivers().map((t) => t.kind), ["audio", "video"]);
  assert.deepEqual(polite.pc.getTransceivers().map((t) => t.direction), ["sendrecv", "sendrecv"]);
  assert.deepEqual([...impolite.errors, ...polite.errors], []);
});

test("the polite side offers when no offer comes", async () => {
  const { polite, impolite, timers, deliver } = pair();
  impolite.peer.close();
  await timers.pass(2_900);
  assert.deepEqual(polite.posts, []);
  await timers.pass(200);
  assert.equal(polite.posts[0].description.type, "offer");
  await deliver(polite, impolite);
  assert.deepEqual(impolite.errors, [], "a closed peer takes frames in silence");
});

test("in a collision of offers the polite side gives way and both are stable afterwards", async () => {
  const { impolite, polite, timers, deliver } = pair();
  await timers.pass(3_100); // nothing was delivered: both have offered
  assert.equal(polite.pc.signalingState, "have-local-offer");
  const offers = polite.posts.splice(0);
  await deliver(impolite, polite);
  for (const frame of offers) impolite.peer.receive(frame);
  await deliver(polite, impolite);
  await deliver(impolite, polite);
  await deliver(polite, impolite);
  assert.equal(polite.pc.rollbacks, 1);
  assert.equal(impolite.pc.rollbacks, 0);
  assert.equal(impolite.pc.signalingState, "stable");
  assert.equal(polite.pc.signalingState, "stable");
  assert.deepEqual(polite.pc.getTransceivers().map((t) => t.kind), ["audio", "video"], "slots are not doubled");
  assert.deepEqual([...impolite.errors, ...polite.errors], []);
});

test("candidates of an ignored offer are no error", async () => {
  const { impolite, polite, timers } = pair();
  await timers.pass(3_100);
  polite.pc.gather("candidate:ignored");
  await settle();
  for (const frame of polite.posts.splice(0)) impolite.peer.receive(frame);
  await settle();
  assert.deepEqual(impolite.errors, []);
  assert.deepEqual(impolite.pc.added, []);
});

test("a candidate that fits no description is told, and harms nothing", async () => {
  const { impolite } = await connect();
  impolite.peer.receive({ type: "candidate", candidate: { candidate: "candidate:x", usernameFragment: "nobody" } });
  await settle();
  assert.equal(impolite.errors.length, 1);
  assert.equal(impolite.pc.signalingState, "stable");
});

test("candidates before the description wait for it, in order", async () => {
  const { impolite, polite } = pair();
  await settle();
  impolite.pc.gather("candidate:1");
  impolite.pc.gather("candidate:2");
  const [description, first, second] = impolite.posts.splice(0);
  polite.peer.receive(first);
  polite.peer.receive(second);
  await settle();
  assert.deepEqual(polite.pc.added, []);
  polite.peer.receive(description);
  await settle();
  assert.deepEqual(polite.pc.added.map((c) => c.candidate), ["candidate:1", "candidate:2"]);
});

test("candidates before the description are bounded", async () => {
  const { polite, impolite, deliver } = pair();
  const { ufrag } = await settle().then(() => parse(impolite.pc.localDescription.sdp));
  for (let i = 0; i < 1000; i++) polite.peer.receive({ type: "candidate", candidate: { candidate: `c${i}`, usernameFragment: ufrag } });
  await settle();
  await deliver(impolite, polite);
  assert.ok(polite.pc.added.length <= 256 && polite.pc.added.length > 0);
});

test("the end of candidates has a frame of its own", async () => {
  const { impolite, polite } = await connect();
  impolite.pc.onicecandidate({ candidate: null });
  assert.deepEqual(impolite.posts, [{ type: "end-of-candidates" }]);
  polite.peer.receive(impolite.posts[0]);
  await settle();
  assert.deepEqual(polite.pc.added, [undefined]);
});

test("a disturbed connection is restarted after a short grace, with the newest servers", async () => {
  const { impolite, timers, ice } = await connect();
  impolite.pc.become("connected");
  ice.iceServers = [{ urls: "turn:two", username: "new" }];
  impolite.pc.become("disconnected");
  await timers.pass(100);
  assert.equal(impolite.pc.restarts, 0, "a hiccup is no reason");
  await timers.pass(1_000);
  assert.equal(impolite.pc.restarts, 1);
  assert.deepEqual(impolite.pc.configurations.at(-1).iceServers, [{ urls: "turn:two", username: "new" }]);
  assert.equal(impolite.posts[0].description.type, "offer");
});

/** Both sides connected, with a channel over which the other side has beaten. */
async function beating() {
  const all = await connect();
  for (const side of [all.impolite, all.polite]) {
    side.pc.become("connected");
    side.pc.openChannel();
    side.pc.hear({ type: "beat" });
    side.states = [];
    side.peer.on("connection", (state) => side.states.push(state));
  }
  return all;
}

test("a path that has gone silent is restarted long before the browser says so, by the impolite side", async () => {
  const { impolite, polite, timers, deliver } = await beating();
  await timers.pass(2_300);
  assert.equal(impolite.pc.restarts, 1);
  assert.deepEqual(impolite.states, ["disconnected"]);
  await deliver(impolite, polite);
  await timers.pass(2_000);
  assert.equal(polite.pc.restarts, 0, "one restart is enough");
  await deliver(polite, impolite);
  for (const side of [impolite, polite]) side.pc.hear({ type: "beat" });
  assert.deepEqual(impolite.states, ["disconnected", "connected"]);
  assert.equal(impolite.pc.restarts, 1);
});

test("the polite side restarts a silent path when the other does not", async () => {
  const { impolite, polite, timers } = await beating();
  impolite.peer.close();
  await timers.pass(2_900);
  assert.equal(polite.pc.restarts, 1);
});

test("a restart that brings no life is tried again", async () => {
  const { impolite, timers } = await beating();
  await timers.pass(9_000);
  assert.equal(impolite.pc.restarts, 2);
});

test("while beats or bytes arrive nothing is restarted", async () => {
  const { impolite, polite, timers } = await beating();
  for (let i = 0; i < 60; i++) {
    impolite.pc.hear({ type: "beat" });
    await timers.pass(500);
    polite.pc.bytesReceived++;
    await timers.pass(500);
  }
  assert.deepEqual([impolite.pc.restarts, polite.pc.restarts], [0, 0]);
  assert.deepEqual([...impolite.states, ...polite.states], []);
});

test("beats are not for listeners, and do not pile up", async () => {
  const { impolite, timers } = await beating();
  const heard = [];
  impolite.peer.on("message", (message) => heard.push(message));
  impolite.pc.hear({ type: "beat" });
  assert.deepEqual(heard, []);
  const before = impolite.pc.channel.sent.length;
  impolite.pc.channel.bufferedAmount = 17;
  await timers.pass(5_000);
  assert.equal(impolite.pc.channel.sent.length, before);
});

test("the other side's restart is not disturbed by one of ours", async () => {
  const { impolite, polite, timers, deliver } = await connect();
  for (const side of [impolite, polite]) side.pc.become("connected");
  impolite.pc.become("disconnected");
  await timers.pass(400);
  polite.pc.become("disconnected");
  await timers.pass(300);
  await deliver(impolite, polite);
  await timers.pass(3_000);
  assert.deepEqual([impolite.pc.restarts, polite.pc.restarts], [1, 0]);
  await timers.pass(6_000);
  assert.equal(polite.pc.restarts, 1, "it came to nothing");
});

test("after a disturbance the picture begins anew, and only then", async () => {
  const { impolite, polite } = await beating();
  impolite.media.set("video", new FakeTrack("video"));
  await settle();
  const { activity } = impolite.pc.getTransceivers()[1].sender;
  const selected = async () => {
    impolite.pc.sctp.transport.iceTransport.onselectedcandidatepairchange();
    await settle();
  };
  await selected();
  assert.deepEqual(activity, [], "another path without loss needs nothing");
  impolite.pc.become("disconnected");
  await selected();
  assert.deepEqual(activity, [false, true]);
  impolite.pc.become("connected");
  await settle();
  assert.deepEqual(activity, [false, true, false, true]);
  await selected();
  assert.equal(activity.length, 4);
  assert.deepEqual([...impolite.errors, ...polite.errors], []);
});

test("a connection that comes back within the grace is left alone", async () => {
  const { impolite, timers } = await connect();
  impolite.pc.become("connected");
  impolite.pc.become("disconnected");
  await timers.pass(300);
  impolite.pc.become("connected");
  await timers.pass(60_000);
  assert.equal(impolite.pc.restarts, 0);
});

test("a failed connection is restarted at once, and again while it does not come up", async () => {
  const { impolite, timers } = await connect();
  impolite.pc.become("connected");
  impolite.pc.become("failed");
  await settle();
  assert.equal(impolite.pc.restarts, 1);
  await timers.pass(7_000);
  assert.equal(impolite.pc.restarts, 2);
  const before = impolite.pc.restarts;
  await timers.pass(60_000);
  const more = impolite.pc.restarts - before;
  assert.ok(more >= 2 && more <= 6, `the pauses grow: ${more} restarts in a minute`);
  assert.ok(impolite.posts.length >= 2, "an offer without an answer is made again");
});

test("a restart of a connection that is well happens once", async () => {
  const { impolite, timers } = await connect();
  impolite.pc.become("connected");
  impolite.peer.restart();
  await timers.pass(60_000);
  assert.equal(impolite.pc.restarts, 1);
});

test("both sides restarting at once end in one new connection", async () => {
  const { impolite, polite, timers, deliver } = await connect();
  for (const side of [impolite, polite]) {
    side.pc.become("connected");
    side.pc.become("disconnected");
  }
  await timers.pass(1_000);
  const crossing = polite.posts.splice(0);
  await deliver(impolite, polite);
  for (const frame of crossing) impolite.peer.receive(frame);
  for (let i = 0; i < 4; i++) {
    await deliver(polite, impolite);
    await deliver(impolite, polite);
  }
  assert.equal(impolite.pc.signalingState, "stable");
  assert.equal(polite.pc.signalingState, "stable");
  assert.deepEqual([...impolite.errors, ...polite.errors], []);
});

test("later offers keep the roles of DTLS, whoever makes them", async () => {
  const { impolite, polite, timers, deliver } = await connect();
  for (const [side, other, role] of [[impolite, polite, "passive"], [polite, impolite, "active"], [impolite, polite, "passive"]]) {
    side.pc.become("connected");
    side.pc.become("disconnected");
    await timers.pass(1_000);
    assert.match(side.posts[0].description.sdp, new RegExp(`a=setup:${role}`));
    await deliver(side, other);
    assert.match(other.posts[0].description.sdp, new RegExp(`a=setup:${role === "active" ? "passive" : "active"}`));
    await deliver(other, side);
    side.pc.become("connected");
  }
  assert.match(impolite.pc.localDescription.sdp, /a=setup:actpass/, "what we told the browser is its own");
});

test("when restarts do not help it says so", async () => {
  const { impolite, timers } = await connect();
  let times = 0;
  impolite.peer.on("hopeless", () => times++);
  impolite.pc.become("connected");
  impolite.pc.become("failed");
  await timers.pass(20_000);
  assert.equal(times, 0);
  await timers.pass(20_000);
  assert.equal(times, 1);
});

test("an answer to an offer that was withdrawn is dropped", async () => {
  const { impolite } = await connect();
  impolite.peer.receive({ type: "description", description: { type: "answer", sdp: "{}" } });
  await settle();
  assert.deepEqual(impolite.errors, []);
});

test("a closed peer leaves no timer and hears nothing", async () => {
  const { impolite, polite, timers } = await connect();
  impolite.pc.become("connected");
  const states = [];
  impolite.peer.on("connection", (state) => states.push(state));
  impolite.peer.close();
  polite.peer.close();
  assert.equal(timers.count, 0);
  assert.equal(impolite.pc.signalingState, "closed");
  assert.equal(impolite.pc.onicecandidate, null);
  impolite.media.set("audio", new FakeTrack("audio"));
  await settle();
  assert.deepEqual(states, ["closed"]);
});

test("an abandoned peer is not restarted", async () => {
  const { impolite, timers } = await connect();
  impolite.pc.become("connected");
  impolite.peer.abandon();
  impolite.pc.become("failed");
  await timers.pass(60_000);
  assert.equal(impolite.pc.restarts, 0);
});

test("a description that cannot be used disturbs nothing that comes after it", async () => {
  const { impolite, polite, deliver } = pair();
  polite.peer.receive({ type: "description", description: { type: "offer", sdp: "not an SDP" } });
  polite.peer.receive({ type: "description" });
  await settle();
  assert.equal(polite.errors.length, 2);
  await deliver(impolite, polite);
  assert.equal(polite.pc.signalingState, "stable");
});

test("what is no object on the data channel is dropped", async () => {
  const { impolite } = await connect();
  const heard = [];
  impolite.peer.on("message", (message) => heard.push(message));
  for (const data of ["", "{", "null", "7", '"text"']) impolite.pc.hear(data);
  impolite.pc.hear({ type: "text", text: "hi" });
  assert.deepEqual(heard, [{ type: "text", text: "hi" }]);
});
