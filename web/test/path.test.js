import assert from "node:assert/strict";
import { test } from "node:test";
import { badge, percent, rate, sayEnding, sayProblem } from "../static/call/strings.js";
import { Meter } from "../static/lib/meter.js";
import { candidates, path } from "../static/lib/path.js";
import { FakeTimers, settle } from "./fakes.js";

const local = (more) => ({ id: "L", type: "local-candidate", candidateType: "host", protocol: "udp", address: "192.0.2.1", port: 4000, ...more });
const remote = (more) => ({ id: "R", type: "remote-candidate", candidateType: "host", protocol: "udp", address: "192.0.2.2", port: 5000, ...more });
const pair = (more) => ({ id: "P", type: "candidate-pair", state: "succeeded", nominated: true, localCandidateId: "L", remoteCandidateId: "R", currentRoundTripTime: 0.012, ...more });
const report = (...stats) => new Map(stats.map((stat) => [stat.id, stat]));
const transport = { id: "T", type: "transport", selectedCandidatePairId: "P" };

const words = (...stats) => badge("connected", path(report(...stats))).words;

test("a badge says how the connection goes", () => {
  assert.equal(words(transport, pair(), local(), remote()), "direct · 12 ms");
  const relay = (relayProtocol) => local({ candidateType: "relay", relayProtocol });
  assert.equal(words(transport, pair({ currentRoundTripTime: 0.0384 }), relay("udp"), remote()), "relayed, UDP · 38 ms");
  assert.equal(words(transport, pair({ currentRoundTripTime: 0.061 }), relay("tcp"), remote()), "relayed, TCP · 61 ms");
  assert.equal(words(transport, pair(), relay("tls"), remote()), "relayed, TLS · 12 ms");
  assert.equal(words(transport, pair(), local({ candidateType: "prflx" }), remote({ candidateType: "relay" })), "relayed, UDP · 12 ms");
  assert.equal(words(transport, pair({ currentRoundTripTime: undefined }), local(), remote()), "direct");
  assert.equal(words(transport, pair({ currentRoundTripTime: 0.0001 }), local(), remote()), "direct · 1 ms");
  assert.equal(badge("reconnecting", null).words, "reconnecting…");
  assert.equal(badge("connecting", null).words, "connecting…");
  assert.equal(badge("connected", null).words, "connected");
});

test("state is never mood alone: each has its shape", () => {
  assert.deepEqual(badge("reconnecting", null), { words: "reconnecting…", mood: "bad", shape: "broken" });
  assert.equal(badge("connected", path(report(transport, pair(), local(), remote()))).shape, "direct");
  assert.equal(badge("connected", path(report(transport, pair(), local({ candidateType: "relay", relayProtocol: "tls" }), remote()))).mood, "care");
});

test("the selected pair is found where the browser has no transport statistics", () => {
  const other = pair({ id: "P2", nominated: false, localCandidateId: "X", remoteCandidateId: "R" });
  assert.equal(path(report(other, pair({ selected: true }), local(), remote())).local.address, "192.0.2.1");
  assert.equal(path(report(pair(), local(), remote())).local.type, "host");
  assert.equal(path(report(pair({ state: "in-progress" }), local(), remote())), null);
  assert.equal(path(report()), null);
});

test("a pair whose candidates are withheld is still a pair", () => {
  const found = path(report(transport, pair()));
  assert.equal(found.relayed, false);
  assert.equal(found.local.address, "");
});

test("all candidates are listed and those in use are marked", () => {
  const all = candidates(report(transport, pair(), local(), remote(), local({ id: "L2", candidateType: "relay", relayProtocol: "tcp", url: "turn:x" })));
  assert.deepEqual(all.map(({ side, type, selected }) => [side, type, selected]), [
    ["local", "host", true],
    ["remote", "host", true],
    ["local", "relay", false],
  ]);
  assert.equal(all[2].url, "turn:x");
});

test("a meter counts bits and losses by the second, and keeps a minute", async () => {
  const timers = new FakeTimers();
  let seconds = 0;
  const pc = {
    getStats: async () => {
      seconds++;
      return report(
        transport, pair(), local(), remote(),
        { id: "I", type: "inbound-rtp", bytesReceived: seconds * 125_000, packetsReceived: seconds * 90, packetsLost: seconds * 10 },
        { id: "O", type: "outbound-rtp", bytesSent: seconds * 12_500 },
      );
    },
  };
  let measured = 0;
  const meter = new Meter(() => pc, timers, () => measured++);
  meter.start();
  meter.start();
  await settle();
  await timers.pass(100_000);
  assert.equal(measured, 101, "once a second, however often it is started");
  assert.equal(meter.samples.length, 60);
  assert.deepEqual({ ...meter.samples[59], time: 0 }, { time: 0, rtt: 12, loss: 0.1, received: 1_000_000, sent: 100_000 });
  meter.stop();
  await timers.pass(10_000);
  assert.equal(measured, 101);
  assert.equal(timers.count, 0);
});

test("a meter lives through a connection that is closed under it, and through counters that begin anew", async () => {
  const timers = new FakeTimers();
  let closed = false;
  let bytes = 1000;
  const meter = new Meter(
    () => ({ getStats: async () => { if (closed) throw new Error("closed"); return report({ id: "I", type: "inbound-rtp", bytesReceived: bytes, packetsReceived: 1, packetsLost: 0 }); } }),
    timers,
    () => {},
  );
  meter.start();
  await settle();
  closed = true;
  await timers.pass(3_000);
  closed = false;
  bytes = 10;
  await timers.pass(1_000);
  assert.deepEqual(meter.samples, [], "less than before is another connection, not negative traffic");
  bytes = 135;
  await timers.pass(1_000);
  assert.equal(meter.samples[0].received, 1000);
  meter.stop();
});

test("figures are said with their units", () => {
  assert.equal(rate(64_400), "64 kbit/s");
  assert.equal(rate(1_540_000), "1.5 Mbit/s");
  assert.equal(rate(999_700), "1.0 Mbit/s");
  assert.equal(percent(0), "0 %");
  assert.equal(percent(0.013), "1.3 %");
  assert.equal(percent(0.5), "50 %");
});

test("every end of a call and every known error has a sentence of its own", () => {
  const reasons = ["declined", "busy", "cancelled", "timeout", "unavailable", "answered-elsewhere", "hangup", "gone"];
  assert.equal(new Set(reasons.map((reason) => sayEnding(reason, "bob"))).size, reasons.length);
  assert.match(sayProblem({ code: "name-taken" }), /another/);
  assert.match(sayProblem({ code: "what", message: "so it is" }), /so it is/);
});
