import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "../static/lib/emitter.js";
import { Report } from "../static/lib/report.js";
import { Client } from "../static/turnpike.js";
import { FakeTimers, fakePeerConnection, fakeWebSocket, settle } from "./fakes.js";

function watched() {
  const timers = new FakeTimers();
  const told = [];
  const member = Object.assign(new Emitter(), {
    connection: "connecting",
    away: false,
    adrift: false,
    pc: { iceConnectionState: "checking", remoteDescription: {} },
    meter: { path: null, candidates: async () => member.candidates },
    candidates: [],
    become: (state) => {
      member.connection = state;
      member.connected = state === "connected";
      member.emit("connection", state);
    },
    measure: (path) => {
      member.meter.path = path;
      member.emit("sample");
    },
  });
  new Report(member, timers, (report) => told.push(report) > 0);
  return { member, timers, told };
}

test("how a connection ended up is told once, and again when it is another way", async () => {
  const { member, told } = watched();
  member.become("connected");
  member.measure(null);
  for (let i = 0; i < 3; i++) member.measure({ relayed: false, over: "" });
  member.measure({ relayed: true, over: "tls" });
  assert.deepEqual(told, [{ outcome: "direct" }, { outcome: "relayed", transport: "tls" }]);
});

for (const [why, change] of Object.entries({
  "no-answer": { pc: { iceConnectionState: "new", remoteDescription: null } },
  "no-candidates": {},
  "no-relay": { candidates: [{ side: "local", type: "host" }, { side: "remote", type: "relay" }] },
  unreachable: { candidates: [{ side: "local", type: "relay" }] },
  dtls: { pc: { iceConnectionState: "connected", remoteDescription: {} } },
})) {
  test(`a connection that never comes up has failed after half a minute: ${why}`, async () => {
    const { member, timers, told } = watched();
    Object.assign(member, change);
    await timers.pass(29_000);
    assert.deepEqual(told, []);
    await timers.pass(2_000);
    await settle();
    assert.deepEqual(told, [{ outcome: "failed", why }]);
  });
}

test("a connection that does not come back was lost", async () => {
  const { member, timers, told } = watched();
  member.become("connected");
  await timers.pass(60_000);
  member.become("reconnecting");
  await timers.pass(31_000);
  await settle();
  assert.deepEqual(told, [{ outcome: "failed", why: "lost" }]);
});

test("one who is away, or has left, is no failure, and leaves no timer", async () => {
  const away = watched();
  away.member.away = true;
  await away.timers.pass(31_000);
  const left = watched();
  left.member.become("gone");
  assert.equal(left.timers.count, 0);
  await settle();
  assert.deepEqual([away.told, left.told], [[], []]);
});

test("a client tells it of a member by that one's session", async () => {
  const WebSocket = fakeWebSocket();
  const RTCPeerConnection = fakePeerConnection();
  const client = new Client({ url: "ws://test/v1/signal", WebSocket, RTCPeerConnection, timers: new FakeTimers() });
  const joining = client.join("r");
  WebSocket.last.welcome();
  await settle();
  WebSocket.last.frame({ type: "joined", re: WebSocket.last.take("join")[0].id, room: "r", members: [{ session: "s-bob", polite: false }] });
  await joining;
  const [pc] = RTCPeerConnection.all;
  pc.getStats = async () =>
    new Map([
      ["p", { type: "candidate-pair", state: "succeeded", nominated: true, localCandidateId: "l", remoteCandidateId: "r" }],
      ["l", { type: "local-candidate", candidateType: "relay", relayProtocol: "tcp", protocol: "udp" }],
      ["r", { type: "remote-candidate", candidateType: "host", protocol: "udp" }],
    ]);
  pc.become("connected");
  await settle();
  const reports = WebSocket.last.take("report").map(({ type, to, outcome, transport }) => ({ type, to, outcome, transport }));
  assert.deepEqual(reports, [{ type: "report", to: "s-bob", outcome: "relayed", transport: "tcp" }]);
});
