import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter } from "../static/lib/meter.js";
import { candidates, path } from "../static/lib/path.js";
import { FakeTimers, settle } from "./fakes.js";

const local = (more) => ({ id: "L", type: "local-candidate", candidateType: "host", protocol: "udp", address: "192.0.2.1", port: 4000, ...more });
const remote = (more) => ({ id: "R", type: "remote-candidate", candidateType: "host", protocol: "udp", address: "192.0.2.2", port: 5000, ...more });
const pair = (more) => ({ id: "P", type: "candidate-pair", state: "succeeded", nominated: true, localCandidateId: "L", remoteCandidateId: "R", currentRoundTripTime: 0.012, ...more });
const report = (...stats) => new Map(stats.map((stat) => [stat.id, stat]));
const transport = { id: "T", type: "transport", selectedCandidatePairId: "P" };

test("a path says whether it is relayed, over what, and how long it takes", () => {
  const way = (...stats) => {
    const { relayed, over, rtt } = path(report(transport, ...stats));
    return [relayed, over, rtt];
  };
  const relay = (relayProtocol) => local({ candidateType: "relay", relayProtocol });
  assert.deepEqual(way(pair(), local(), remote()), [false, "", 12]);
  assert.deepEqual(way(pair({ currentRoundTripTime: 0.0384 }), relay("udp"), remote()), [true, "udp", 38.4]);
  assert.deepEqual(way(pair(), relay("tcp"), remote()), [true, "tcp", 12]);
  assert.deepEqual(way(pair(), relay("tls"), remote()), [true, "tls", 12]);
  assert.deepEqual(way(pair(), local({ candidateType: "prflx" }), remote({ candidateType: "relay" })), [true, "udp", 12]);
  assert.deepEqual(way(pair({ currentRoundTripTime: undefined }), local(), remote()), [false, "", null]);
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
