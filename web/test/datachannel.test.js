import assert from "node:assert/strict";
import { test } from "node:test";
import { Media } from "../static/lib/media.js";
import { Member } from "../static/lib/member.js";
import { Peer } from "../static/lib/peer.js";
import { FakeTimers, fakePeerConnection, settle } from "./fakes.js";

function member() {
  const timers = new FakeTimers();
  const RTCPeerConnection = fakePeerConnection();
  const make = ({ polite, offers, number }) =>
    new Peer({ polite, offers, number, media: new Media(), timers, RTCPeerConnection, configuration: () => ({}), send: () => true });
  const info = { session: "s-bob", name: "bob", polite: false };
  return { member: new Member({ info, make, hello: () => ({}), timers }), pcs: RTCPeerConnection.all };
}

test("a data channel of one's own is made on the connection that carries media now", async () => {
  const { member: bob, pcs } = member();
  pcs[0].become("connected");
  let renewed = 0;
  bob.on("renewed", () => renewed++);
  const channel = bob.createDataChannel("files", { ordered: false });
  assert.equal(pcs[0].channel, channel);
  assert.deepEqual([channel.label, channel.options], ["files", { ordered: false }]);
  bob.rebind({ session: "s-bob-2", name: "bob", polite: false });
  assert.equal(pcs.length, 2);
  assert.equal(bob.createDataChannel("more"), pcs[0].channel, "the new connection is not up yet");
  assert.equal(renewed, 0);
  pcs[1].become("connected");
  assert.equal(bob.createDataChannel("again"), pcs[1].channel);
  assert.equal(renewed, 1);
});

test("a connection that never came up is replaced at once, and that is told", async () => {
  const { member: bob, pcs } = member();
  const renewed = [];
  bob.on("renewed", () => renewed.push(bob.createDataChannel("files")));
  bob.rebind({ session: "s-bob-2", name: "bob", polite: false });
  assert.deepEqual(renewed, [pcs[1].channel]);
});

test("a data channel that the other side made is told, on whichever connection", async () => {
  const { member: bob, pcs } = member();
  const labels = [];
  bob.on("datachannel", ({ channel }) => labels.push(channel.label));
  pcs[0].ondatachannel({ channel: { label: "one" } });
  pcs[0].become("connected");
  bob.rebind({ session: "s-bob-2", name: "bob", polite: false });
  pcs[1].ondatachannel({ channel: { label: "two" } });
  await settle();
  assert.deepEqual(labels, ["one", "two"]);
  bob.close();
  assert.equal(pcs[1].ondatachannel, null);
});
