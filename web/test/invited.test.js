import assert from "node:assert/strict";
import { test } from "node:test";
import { invited } from "../static/call/invited.js";

test("an invitation fills in its room and name", () => {
  const payload = Buffer.from(JSON.stringify({ r: "Frühstück ☕", x: 1, n: "Zoë" })).toString("base64url");
  assert.deepEqual(invited(`${payload}.c2VhbA`), { room: "Frühstück ☕", name: "Zoë" });
});

test("what is no invitation fills in nothing", () => {
  for (const text of ["", ".", "x", "????", "bnVsbA.x", "W10.x", "eyJyIjoxfQ.x"]) assert.deepEqual(invited(text), { room: "", name: "" });
});
