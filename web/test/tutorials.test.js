// What goes wrong in the tutorials that people learn WebRTC from, and does not here. docs/client.md has the list of
// all of it, with the test of each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Devices } from "../static/call/devices.js";
import { text } from "../static/call/strings/en.js";
import { Media } from "../static/lib/media.js";
import { Client } from "../static/turnpike.js";
import { FakeTimers, FakeTrack, fakePeerConnection, fakeWebSocket, parse, settle } from "./fakes.js";

const ICE = { iceServers: [{ urls: "turn:192.0.2.1", username: "u", credential: "c" }], ttl: 60, expires_at: 60 };

/** A client in a room with bob, who offers (or whose offers we wait for). */
async function withBob({ offers = false, before = () => {} } = {}) {
  const WebSocket = fakeWebSocket();
  const RTCPeerConnection = fakePeerConnection();
  const timers = new FakeTimers();
  const client = new Client({ url: "ws://test/v1/signal", WebSocket, RTCPeerConnection, timers, random: () => 1 });
  before(client);
  const joining = client.join("r");
  WebSocket.last.welcome("s-me", { ice: ICE });
  await settle();
  const { id } = WebSocket.last.take("join")[0];
  WebSocket.last.frame({ type: "joined", re: id, room: "r", members: [{ session: "s-bob", name: "bob", polite: offers }] });
  const room = await joining;
  await settle();
  const [bob] = room.members;
  const [pc] = RTCPeerConnection.all;
  const hear = (frame) => WebSocket.last.frame({ from: "s-bob", ...frame });
  return { client, room, bob, pc, hear, sent: (type) => WebSocket.last.take(type), pcs: RTCPeerConnection.all, timers };
}

const sdp = (ufrag, kinds = ["audio", "video"]) => `${JSON.stringify({ ufrag, kinds })}\r\na=setup:actpass\r\n`;
const offer = (ufrag, kinds) => ({ type: "description", description: { type: "offer", sdp: sdp(ufrag, kinds), connection: 0 } });
const candidate = (ufrag, text) => ({ type: "candidate", candidate: { candidate: text, usernameFragment: ufrag, connection: 0 } });

test("the null candidate is no error on either side", async () => {
  const { pc, bob, hear, sent } = await withBob({ offers: true });
  const errors = [];
  bob.on("error", (err) => errors.push(err));
  hear(offer("b"));
  hear({ type: "end-of-candidates" });
  hear({ type: "candidate", candidate: null });
  await settle();
  assert.deepEqual(pc.added, [undefined, undefined]);
  assert.deepEqual(errors, []);
  pc.onicecandidate({ candidate: null });
  assert.equal(sent("end-of-candidates").length, 1);
  assert.equal(sent("candidate").length, 0, "no candidate is sent that is none");
});

test("no connection is made without servers, and the first offer restarts nothing", async () => {
  const { pc, sent } = await withBob();
  assert.deepEqual(pc.configurations[0].iceServers, ICE.iceServers);
  assert.equal(sent("description")[0].description.type, "offer");
  assert.equal(pc.restarts, 0);
});

test("candidates do not race the description that is still being set", async () => {
  const { pc, hear, sent } = await withBob({ offers: true });
  const set = pc.setRemoteDescription.bind(pc);
  let go;
  pc.setRemoteDescription = async (description) => {
    await new Promise((resolve) => (go = resolve));
    return set(description);
  };
  hear(offer("b"));
  for (const text of ["one", "two"]) hear(candidate("b", text));
  await settle();
  assert.deepEqual(pc.added, []);
  go();
  await settle();
  assert.deepEqual(pc.added.map((added) => added.candidate), ["one", "two"]);
  assert.equal(sent("description").length, 1);
});

test("an offer with all candidates inside is answered, and nothing more is waited for", async () => {
  const { pc, bob, hear, sent } = await withBob({ offers: true });
  hear(offer("b")); // nothing follows: it does not trickle
  await settle();
  assert.equal(sent("description")[0].description.type, "answer");
  pc.become("connected");
  assert.equal(bob.connection, "connected");
});

test("the one who is called has a connection before the offer comes, and one alone", async () => {
  const { pcs, hear } = await withBob({ offers: true });
  assert.equal(pcs.length, 1);
  hear(offer("b"));
  await settle();
  assert.equal(pcs.length, 1);
});

test("candidates are answered by no description", async () => {
  const { hear, sent } = await withBob({ offers: true });
  hear(offer("b"));
  for (let i = 0; i < 5; i++) hear(candidate("b", `number ${i}`));
  await settle();
  assert.equal(sent("description").length, 1);
});

test("what is sent as a candidate is heard as one", async () => {
  const here = await withBob();
  const there = await withBob({ offers: true });
  there.hear(here.sent("description")[0]);
  here.pc.gather("candidate:1 1 udp 1 192.0.2.1 1 typ host");
  there.hear(here.sent("candidate")[0]);
  await settle();
  assert.deepEqual(there.pc.added.map((added) => added.candidate), ["candidate:1 1 udp 1 192.0.2.1 1 typ host"]);
});

test("sound and picture belong to one stream, so that they are played in step", async (t) => {
  globalThis.MediaStream = class {
    addTrack() {}
  };
  t.after(() => delete globalThis.MediaStream);
  for (const offers of [false, true]) {
    const { pc, hear } = await withBob({ offers });
    if (offers) hear(offer("b"));
    await settle();
    const [audio, video] = pc.getTransceivers().map((transceiver) => transceiver.sender.streams);
    assert.equal(audio.length, 1);
    assert.ok(audio[0] instanceof MediaStream);
    assert.equal(audio[0], video[0]);
  }
});

test("one without a camera is seen by nobody and sees everybody", async () => {
  const { pc, bob, hear } = await withBob({ before: (client) => client.media.set("audio", new FakeTrack("audio")) });
  const kinds = [];
  bob.on("track", ({ kind }) => kinds.push(kind));
  assert.deepEqual(pc.getTransceivers().map((t) => [t.kind, t.direction, t.sender.track?.kind]), [["audio", "sendrecv", "audio"], ["video", "sendrecv", undefined]]);
  hear({ type: "description", description: { type: "answer", sdp: sdp("b").replace("actpass", "active"), connection: 0 } });
  await settle();
  assert.deepEqual(kinds, ["audio", "video"]);
});

test("who joins before the camera is ready is with everybody, and seen when it is", async () => {
  const { client, pc, room, sent } = await withBob();
  assert.equal(room.members.size, 1);
  const offers = sent("description").length;
  const track = new FakeTrack("video");
  client.media.set("video", track);
  await settle();
  assert.equal(pc.getTransceivers()[1].sender.track, track);
  assert.equal(sent("description").length, offers, "without another offer");
  assert.equal(sent("state").at(-1).state.video, true);
});

test("tracks come as they are, by the event that every browser has", async () => {
  const { bob, pc, hear } = await withBob({ offers: true });
  const tracks = [];
  bob.on("track", ({ kind, track }) => tracks.push([kind, track]));
  hear(offer("b"));
  await settle();
  assert.deepEqual(tracks, pc.getTransceivers().map((t) => [t.kind, t.receiver.track]));
  assert.equal(typeof pc.ontrack, "function");
  assert.ok(!("onaddstream" in pc));
});

test("the state of the connection is told in four words, from the beginning to the end", async () => {
  const { bob, pc, room } = await withBob();
  const told = [bob.connection];
  bob.on("connection", (state) => told.push(state));
  for (const state of ["connecting", "connected", "disconnected", "connected", "failed"]) pc.become(state);
  room.leave();
  assert.deepEqual(told, ["connecting", "connected", "reconnecting", "connected", "reconnecting", "gone"]);
  assert.equal(pc.signalingState, "closed");
});

test("with three people there is a connection for each pair, and each gets its own offer", async () => {
  const { room, pcs, hear, sent } = await withBob();
  hear({ type: "member-joined", room: "r", member: { session: "s-cy", name: "cy", polite: false } });
  await settle();
  assert.equal(pcs.length, 2);
  assert.equal(room.members.size, 2);
  assert.deepEqual(sent("description").map(({ to }) => to), ["s-bob", "s-cy"]);
  assert.notEqual(parse(sent("description")[0].description.sdp).ufrag, parse(sent("description")[1].description.sdp).ufrag);
});

test("a page that gets no devices for want of https says so", async (t) => {
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true }); // as a browser has it for a page from plain http
  t.after(() => delete globalThis.navigator);
  const media = new Media();
  const devices = new Devices(media);
  const said = [];
  devices.on("trouble", (which) => said.push(which));
  await devices.start();
  await devices.use("video");
  assert.deepEqual(said, ["insecure", "insecure"]);
  assert.equal(media.track("video"), null);
  assert.match(text.trouble.insecure, /without encryption.*https:\/\//);
});

test("after the connection was built anew one stream has the new tracks, and not the old", async (t) => {
  globalThis.MediaStream = class {
    tracks = [];
    addTrack = (track) => void this.tracks.push(track);
    removeTrack = (track) => void this.tracks.splice(this.tracks.indexOf(track), 1);
  };
  t.after(() => delete globalThis.MediaStream);
  const { bob, hear, pcs } = await withBob({ offers: true });
  hear(offer("b"));
  await settle();
  const received = (pc) => pc.getTransceivers().map((transceiver) => transceiver.receiver.track);
  assert.deepEqual(bob.stream.tracks, received(pcs[0]));
  pcs[0].become("connected");
  const again = offer("c");
  again.description.connection = 1;
  hear(again);
  await settle();
  pcs[1].become("connected");
  assert.deepEqual(bob.stream.tracks, received(pcs[1]));
  assert.equal(bob.stream.tracks.length, 2);
});
