import assert from "node:assert/strict";
import { test } from "node:test";

// The words of a page are chosen when they are first asked for.
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] }, configurable: true });
globalThis.document = { documentElement: {} };
const { badge } = await import("../static/call/badge.js");
const { sayEnding, sayProblem } = await import("../static/call/strings.js");

const member = (connection, path = null, away = false) => ({ connection, away, meter: { path } });
const words = (path) => badge(member("connected", { relayed: false, over: "", rtt: 12, ...path })).words;

test("a badge says how the connection goes", () => {
  assert.equal(words({}), "direct · 12 ms");
  assert.equal(words({ relayed: true, over: "udp", rtt: 38.4 }), "relayed, UDP · 38 ms");
  assert.equal(words({ relayed: true, over: "tcp", rtt: 61 }), "relayed, TCP · 61 ms");
  assert.equal(words({ relayed: true, over: "tls" }), "relayed, TLS · 12 ms");
  assert.equal(words({ relayed: true }), "relayed · 12 ms");
  assert.equal(words({ rtt: null }), "direct");
  assert.equal(words({ rtt: 0.1 }), "direct · 1 ms");
  assert.equal(badge(member("reconnecting")).words, "reconnecting…");
  assert.equal(badge(member("connecting")).words, "connecting…");
  assert.equal(badge(member("connected")).words, "connected");
});

test("a badge says that somebody is waited for, whatever the media does", () => {
  for (const connection of ["connecting", "connected", "reconnecting"]) {
    assert.deepEqual(badge(member(connection, null, true)), { words: "connection lost, waiting…", mood: "care", shape: "broken" });
  }
});

test("state is never mood alone: each has its shape", () => {
  assert.deepEqual(badge(member("reconnecting")), { words: "reconnecting…", mood: "bad", shape: "broken" });
  assert.deepEqual(badge(member("connected")), { words: "connected", mood: "good", shape: "direct" });
  const { mood, shape } = badge(member("connected", { relayed: true, over: "tls", rtt: 12 }));
  assert.deepEqual([mood, shape], ["care", "relayed"]);
});

test("every end of a call and every known error has a sentence of its own", () => {
  const reasons = ["declined", "busy", "cancelled", "timeout", "unavailable", "answered-elsewhere", "hangup", "gone"];
  assert.equal(new Set(reasons.map((reason) => sayEnding(reason, "bob"))).size, reasons.length);
  assert.equal(sayEnding("a reason of later", ""), sayEnding("gone", "Guest"));
  assert.match(sayProblem({ code: "name-taken" }), /another/);
  assert.match(sayProblem({ code: "what", message: "so it is" }), /so it is/);
  assert.match(sayProblem(null), /no reason/);
});
