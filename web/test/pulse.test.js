import assert from "node:assert/strict";
import { test } from "node:test";
import { Pulse } from "../static/lib/pulse.js";
import { FakeTimers } from "./fakes.js";

function start({ patience = 2 } = {}) {
  const timers = new FakeTimers();
  const path = { bytes: 0, packets: 0, beats: 0, looks: 0, changes: [], error: null };
  const pulse = new Pulse({
    beat: () => path.beats++,
    getStats: async () => {
      path.looks++;
      if (path.error) throw path.error;
      return new Map([
        ["pair", { type: "candidate-pair", bytesReceived: path.bytes, responsesReceived: path.looks }],
        ["video", { type: "inbound-rtp", packetsReceived: path.packets }],
      ]);
    },
    patience,
    changed: () => path.changes.push([timers.time, pulse.silent]),
    timers,
  });
  pulse.start();
  /** Lets time pass, with something happening every so many milliseconds. */
  const every = async (ms, total, act) => {
    for (let passed = 0; passed < total; passed += ms) {
      await timers.pass(ms);
      act();
    }
  };
  return { timers, path, pulse, every };
}

test("it beats once a second", async () => {
  const { timers, path } = start();
  await timers.pass(10_500);
  assert.equal(path.beats, 11);
});

test("while beats come nothing is asked of the connection", async () => {
  const { path, pulse, every } = start();
  await every(1_000, 60_000, () => pulse.heard(true));
  assert.equal(path.looks, 0);
  assert.deepEqual(path.changes, []);
});

test("when neither beat nor byte comes it is silent within two and a half seconds", async () => {
  const { timers, path, pulse } = start();
  pulse.heard(true);
  await timers.pass(10_000);
  assert.equal(path.changes.length, 1);
  const [at, silent] = path.changes[0];
  assert.ok(silent && at >= 2_000 && at <= 2_500, `after ${at} ms`);
});

test("more patience is another half second", async () => {
  const { timers, path, pulse } = start({ patience: 3 });
  pulse.heard(true);
  await timers.pass(10_000);
  assert.equal(path.changes[0][0], 2_700);
});

test("looks that come late count half: the machine is busy", async () => {
  const { timers, path, pulse } = start();
  const punctual = timers.setTimeout;
  timers.setTimeout = (fn, ms) => punctual(fn, ms + 500);
  pulse.heard(true);
  await timers.pass(5_600);
  assert.deepEqual(path.changes, []);
  await timers.pass(200);
  assert.equal(pulse.silent, true);
});

test("one that never beats is not taken for dead, however silent", async () => {
  const { timers, path, pulse, every } = start();
  await every(100, 5_000, () => pulse.heard(false));
  await timers.pass(60_000);
  assert.deepEqual(path.changes, []);
  assert.equal(path.looks, 0);
});

test("one whose beats stop while anything else arrives is not taken for dead", async () => {
  for (const what of ["bytes", "packets"]) {
    const { path, pulse, every } = start();
    pulse.heard(true);
    await every(900, 60_000, () => path[what]++);
    assert.deepEqual(path.changes, [], what);
    assert.ok(path.looks > 50);
  }
});

test("each look is a question as well: what only acknowledges is not taken for dead", async () => {
  const { timers, path, pulse } = start();
  pulse.heard(true);
  let answered = path.beats;
  for (let i = 0; i < 600; i++) {
    await timers.pass(100);
    path.bytes += path.beats - answered;
    answered = path.beats;
  }
  assert.deepEqual(path.changes, []);
});

test("answers to checks are no sign of life: they also come on pairs that carry nothing", async () => {
  const { timers, path, pulse } = start();
  pulse.heard(true);
  await timers.pass(5_000);
  assert.ok(path.looks > 5, "each look sees another answer");
  assert.equal(pulse.silent, true);
});

test("it says when a silent path lives again, by a byte or by a beat", async () => {
  for (const live of [(path) => path.bytes++, (path, pulse) => pulse.heard(true), (path, pulse) => pulse.heard(false)]) {
    const { timers, path, pulse } = start();
    pulse.heard(true);
    await timers.pass(4_000);
    live(path, pulse);
    await timers.pass(600);
    assert.deepEqual(path.changes.map(([, silent]) => silent), [true, false]);
  }
});

test("counters that fall, because pairs are given up, are not taken for life for ever", async () => {
  const { timers, path, pulse } = start();
  path.bytes = 1_000;
  pulse.heard(true);
  await timers.pass(1_500);
  path.bytes = 10;
  await timers.pass(1_000);
  assert.equal(pulse.silent, true);
});

test("a restart by the other side gets three seconds before the next verdict", async () => {
  const { timers, pulse } = start();
  pulse.heard(true);
  await timers.pass(2_000);
  pulse.wait();
  await timers.pass(3_900);
  assert.equal(pulse.silent, false);
  await timers.pass(600);
  assert.equal(pulse.silent, true);
});

test("statistics that cannot be had are no verdict", async () => {
  const { timers, path, pulse } = start();
  path.error = new Error("closed");
  pulse.heard(true);
  await timers.pass(10_000);
  assert.deepEqual(path.changes, []);
});

test("a stopped pulse leaves no timer and says nothing", async () => {
  const { timers, path, pulse } = start();
  pulse.heard(true);
  await timers.pass(1_300);
  pulse.stop();
  pulse.heard(true);
  assert.equal(timers.count, 0);
  await timers.pass(10_000);
  assert.deepEqual(path.changes, []);
});
