import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { qr } from "../static/page/qr.js";

const LINK = "https://calls.example.org/#room=quiet-amber-otter-3kq9x2m7v1c4b8n5z0w6";

// Made by an encoder that is not ours (the npm package qrcode), mode byte, level M: text, mask, size, start of the
// SHA-256 of the rows of 0 and 1.
const vectors = [
  ["hello", 0, 21, "52a7aa67e7296ede"],
  ["hello", 5, 21, "aab8a0a72b21c8c6"],
  [LINK, 0, 37, "4d57d535665944a9"],
  [LINK, 5, 37, "e2fdd38d5dd07eed"],
  ["grüße", 0, 21, "8eb15b43bf35892e"],
  ["x".repeat(150), 0, 49, "d04ffb513988abbe"],
  ["y".repeat(300), 0, 69, "03b399de36fdd852"],
  ["z".repeat(700), 5, 101, "f2052eb025b34122"],
  ["w".repeat(1500), 5, 145, "4397493beef1f164"],
  ["v".repeat(2331), 0, 177, "6aa79ffe20ebee25"],
];

for (const [text, mask, size, hash] of vectors) {
  test(`a QR code of ${Buffer.byteLength(text)} bytes with mask ${mask} is that of another encoder`, () => {
    const modules = qr(text, mask);
    assert.equal(modules.length, size);
    const rows = modules.map((row) => row.map(Number).join("")).join("\n");
    assert.equal(createHash("sha256").update(rows).digest("hex").slice(0, 16), hash);
  });
}

test("a small QR code is drawn module by module", () => {
  const drawn = qr("hello", 3).map((row) => row.map((dark) => (dark ? "#" : ".")).join(""));
  assert.deepEqual(drawn, [
    "#######.#.....#######",
    "#.....#.#.....#.....#",
    "#.###.#..#.#..#.###.#",
    "#.###.#.#.#.#.#.###.#",
    "#.###.#..###..#.###.#",
    "#.....#..####.#.....#",
    "#######.#.#.#.#######",
    "........#####........",
    "#.##.###.#.##.#..#.##",
    "###.#..#..#####..##.#",
    "##.####.##.#.......##",
    "##.#.#...###..####.#.",
    ".#.#..####..#..#....#",
    "........#.##..#...#..",
    "#######.#.###..#.....",
    "#.....#.#.#....#####.",
    "#.###.#.....#########",
    "#.###.#.#.##..#.####.",
    "#.###.#.#...#.##..#..",
    "#.....#......#.##...#",
    "#######.###..#.#..#..",
  ]);
});

test("the mask is chosen when none is asked for", () => {
  const chosen = JSON.stringify(qr(LINK));
  const all = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => JSON.stringify(qr(LINK, mask)));
  assert.equal(all.filter((one) => one === chosen).length, 1);
});

test("what does not fit is refused", () => {
  assert.throws(() => qr("x".repeat(2332)), RangeError);
});
