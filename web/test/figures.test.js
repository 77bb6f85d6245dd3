import assert from "node:assert/strict";
import { test } from "node:test";

// The words of a page are chosen when they are first asked for.
Object.defineProperty(globalThis, "navigator", { value: { languages: ["ru"] }, configurable: true });
globalThis.document = { documentElement: {} };
const { milliseconds, percent, rate, seconds } = await import("../static/call/figures.js");

test("figures are said with their units, as numbers are written in the language of the page", () => {
  assert.equal(milliseconds(1234.4).replace(/\s/g, " "), "1 234 мс");
  assert.equal(milliseconds(0.2), "1 мс");
  assert.equal(seconds(60), "60 с");
  assert.equal(rate(64_400), "64 кбит/с");
  assert.equal(rate(1_540_000), "1,5 Мбит/с");
  assert.equal(rate(999_700), "1,0 Мбит/с");
  assert.equal(percent(0), "0 %");
  assert.equal(percent(0.013), "1,3 %");
  assert.equal(percent(0.5), "50 %");
});
