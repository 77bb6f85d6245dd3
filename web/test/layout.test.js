import assert from "node:assert/strict";
import { test } from "node:test";
import { columns } from "../static/call/columns.js";
import { line } from "../static/page/charts.js";

test("a wide window is filled by 1, 2, 4 and 9", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 9, 12, 16].map((n) => columns(n, 1280, 670)), [1, 2, 2, 2, 3, 3, 3, 4, 4]);
});

test("on a phone pictures stand below each other first", () => {
  assert.deepEqual([1, 2, 3].map((n) => columns(n, 360, 600)), [1, 1, 1]);
  assert.equal(columns(9, 360, 600), 2);
  assert.equal(columns(4, 360, 600), 1);
});

test("a chart has a gap where nothing was measured, and ends at the newest value", () => {
  const d = line([{ age: 60, value: 0 }, { age: 45, value: 10 }, { age: 30, value: null }, { age: 15, value: 5 }, { age: 0, value: 20 }], 10);
  assert.equal(d, "M0.0 63.0L60.0 1.0M180.0 32.0L240.0 1.0");
});
