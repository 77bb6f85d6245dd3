import assert from "node:assert/strict";
import { test } from "node:test";
import { QUALITIES, THINGS, parts, roomName } from "../static/lib/roomname.js";

test("the words are as many as the name counts on, short, and each there once", () => {
  assert.equal(new Set(QUALITIES).size, 64);
  assert.equal(new Set(THINGS).size, 128);
  for (const word of [...QUALITIES, ...THINGS]) assert.match(word, /^[a-z]{2,6}$/);
});

test("a room name has 128 random bits and more", () => {
  const name = roomName();
  assert.match(name, /^[a-z]+-[a-z]+-[a-z]+-[0-9a-z]{22}$/);
  const bits = 2 * Math.log2(QUALITIES.length) + Math.log2(THINGS.length) + 22 * Math.log2(32);
  assert.ok(bits >= 128, `${bits} bits`);
  assert.ok(name.length <= 128);
});

test("every random byte counts, and no letter is likelier than another", () => {
  const fixed = (/** @type {Uint8Array} */ bytes) => bytes.fill(0);
  const zero = roomName(fixed);
  const seen = new Set([zero]);
  for (let i = 0; i < 25; i++) {
    seen.add(roomName((bytes) => { bytes.fill(0); bytes[i] = 1; return bytes; }));
  }
  assert.equal(seen.size, 26);
  const counts = new Map();
  for (let value = 0; value < 256; value++) {
    const letter = roomName((bytes) => bytes.fill(value)).at(-1);
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  assert.equal(counts.size, 32);
  assert.deepEqual([...new Set(counts.values())], [8]);
});

test("two names differ", () => {
  assert.equal(new Set(Array.from({ length: 1000 }, () => roomName())).size, 1000);
});

test("what people say is told from what keeps strangers out", () => {
  assert.deepEqual(parts("quiet-amber-otter-3kq9x2m7v1"), { spoken: "quiet-amber-otter", rest: "3kq9x2m7v1" });
  assert.deepEqual(parts("standup"), { spoken: "standup", rest: "" });
  assert.deepEqual(parts("our weekly-one"), { spoken: "our weekly-one", rest: "" });
});
