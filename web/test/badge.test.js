import assert from "node:assert/strict";
import { describe, test } from "node:test";

// The words of a page are chosen when they are first asked for.
Object.defineProperty(globalThis, "navigator", { value: { languages: ["ru"] }, configurable: true });
globalThis.document = { documentElement: {} };
const { badge } = await import("../static/call/badge.js");
const { milliseconds, percent, rate } = await import("../static/call/figures.js");

const member = (more) => ({ connection: "connected", away: false, meter: { path: null }, ...more });
const way = (path) => member({ meter: { path: { relayed: false, over: "", rtt: null, ...path } } });

describe("the badge of a connection", () => {
  test("says which way it goes, and how long that takes", () => {
    assert.deepEqual(badge(way({ rtt: 11.6 })), { words: "напрямую · 12 мс", mood: "good", shape: "direct" });
    assert.deepEqual(badge(way({ relayed: true, over: "udp", rtt: 0.2 })), { words: "через сервер, UDP · 1 мс", mood: "good", shape: "relayed" });
    assert.deepEqual(badge(way({ relayed: true, over: "tls", rtt: 61 })), { words: "через сервер, TLS · 61 мс", mood: "care", shape: "relayed" });
    assert.equal(badge(way({ relayed: true })).words, "через сервер");
    assert.equal(badge(member()).words, "есть связь");
  });

  test("says that it is being made, or mended", () => {
    assert.equal(badge(member({ connection: "connecting" })).words, "соединяем…");
    assert.equal(badge(member({ connection: "reconnecting" })).words, "восстанавливаем…");
  });

  test("says that somebody's own connection is lost, whatever its media does", () => {
    for (const connection of ["connected", "reconnecting"]) assert.equal(badge(member({ connection, away: true })).words, "связь потеряна, ждём…");
  });
});

test("figures are written as in the language of the page", () => {
  assert.equal(milliseconds(1234.4).replace(/\s/g, " "), "1 234 мс");
  assert.equal(rate(1_250_000), "1,3 Мбит/с");
  assert.equal(rate(64_400), "64 кбит/с");
  assert.equal(percent(0.0123), "1,2 %");
  assert.equal(percent(0.5), "50 %");
});
