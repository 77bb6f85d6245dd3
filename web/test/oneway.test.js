import assert from "node:assert/strict";
import { test } from "node:test";
import { Media } from "../static/lib/media.js";
import { Peer } from "../static/lib/peer.js";
import { FakeTimers, FakeTrack, fakePeerConnection, settle } from "./fakes.js";

/** A connection between two sides whose media go these ways. */
async function between(direction, other) {
  const timers = new FakeTimers();
  const RTCPeerConnection = fakePeerConnection();
  const sides = [direction, other].map((direction, i) => {
    const side = { posts: [], tracks: [], media: new Media() };
    side.media.direction = direction;
    side.media.set("video", new FakeTrack("video"));
    const configuration = () => ({ iceServers: [] });
    const send = (frame) => side.posts.push(frame) > 0;
    side.peer = new Peer({ polite: i === 1, offers: i === 0, number: 0, media: side.media, timers, RTCPeerConnection, configuration, send });
    side.peer.on("track", ({ kind }) => side.tracks.push(kind));
    return side;
  });
  for (const [from, to] of [sides, [...sides].reverse()]) {
    await settle();
    for (const frame of from.posts.splice(0)) to.peer.receive(structuredClone(frame));
    await settle();
  }
  return sides;
}

const directions = ({ peer }) => peer.pc.getTransceivers().map((t) => t.direction);

for (const offers of [true, false]) {
  test(`one who only shows gets no track, whether it ${offers ? "makes" : "gets"} the offer`, async () => {
    const sides = await between(...(offers ? ["sendonly", "recvonly"] : ["recvonly", "sendonly"]));
    const [shows, watches] = offers ? sides : [...sides].reverse();
    assert.deepEqual(directions(shows), ["sendonly", "sendonly"]);
    assert.deepEqual(directions(watches), ["recvonly", "recvonly"]);
    assert.deepEqual(shows.tracks, []);
    assert.deepEqual(watches.tracks, ["audio", "video"]);
  });
}

test("one who only shows hears nothing of one who does both", async () => {
  const [both, shows] = await between("sendrecv", "sendonly");
  assert.deepEqual(directions(shows), ["sendonly", "sendonly"]);
  assert.deepEqual(shows.tracks, []);
  assert.deepEqual(both.tracks, ["audio", "video"]);
});

test("nobody has to say anything: both ways are open", async () => {
  const [a, b] = await between("sendrecv", "sendrecv");
  assert.deepEqual([directions(a), directions(b)], [["sendrecv", "sendrecv"], ["sendrecv", "sendrecv"]]);
});
