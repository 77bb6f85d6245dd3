import assert from "node:assert/strict";
import { test } from "node:test";
import { Media } from "../static/lib/media.js";
import { Slots } from "../static/lib/slots.js";
import { FakeTrack, fakePeerConnection, settle } from "./fakes.js";

test("a new device is as muted as the one before", () => {
  const media = new Media();
  const first = new FakeTrack("audio");
  media.set("audio", first);
  media.mute("audio", true);
  const second = new FakeTrack("audio");
  media.set("audio", second);
  assert.equal(second.enabled, false);
  assert.equal(first.stopped, true);
  assert.equal(media.state().audio, false);
  media.mute("audio", false);
  assert.equal(second.enabled, true);
  assert.equal(media.state().audio, true);
});

test("a changed device reaches the other side without negotiation", async () => {
  const RTCPeerConnection = fakePeerConnection();
  const media = new Media();
  const pc = new RTCPeerConnection({});
  const slots = new Slots(pc, media, () => {});
  slots.open();
  await settle();
  let negotiations = 0;
  pc.onnegotiationneeded = () => negotiations++;
  const track = new FakeTrack("video");
  media.set("video", track);
  await settle();
  const [, video] = pc.getTransceivers();
  assert.equal(video.sender.track, track);
  media.set("video", null);
  await settle();
  assert.equal(video.sender.track, null);
  assert.equal(negotiations, 0);
  assert.equal(track.stopped, true);
});

test("a track chosen before the connection is sent from its start", async () => {
  const RTCPeerConnection = fakePeerConnection();
  const media = new Media();
  const track = new FakeTrack("audio");
  media.set("audio", track);
  const pc = new RTCPeerConnection({});
  new Slots(pc, media, () => {}).open();
  await settle();
  assert.equal(pc.getTransceivers()[0].sender.track, track);
});

test("the screen is told from the camera", () => {
  const media = new Media();
  const states = [];
  media.on("change", () => states.push(media.state()));
  media.set("video", new FakeTrack("video"), { screen: true });
  media.set("video", new FakeTrack("video"));
  media.set("video", null);
  assert.deepEqual(states, [
    { audio: false, video: true, screen: true },
    { audio: false, video: true, screen: false },
    { audio: false, video: false, screen: false },
  ]);
});

test("a closed connection takes no more tracks", async () => {
  const RTCPeerConnection = fakePeerConnection();
  const media = new Media();
  const pc = new RTCPeerConnection({});
  const slots = new Slots(pc, media, () => {});
  slots.open();
  slots.close();
  media.set("audio", new FakeTrack("audio"));
  await settle();
  assert.equal(pc.getTransceivers()[0].sender.track, null);
});
