import assert from "node:assert/strict";
import { test } from "node:test";
import { invited } from "../static/call/invited.js";
import { invitation, wishes } from "../static/call/link.js";

test("an invitation fills in its room and name", () => {
  const payload = Buffer.from(JSON.stringify({ r: "Frühstück ☕", x: 1, n: "Zoë" })).toString("base64url");
  assert.deepEqual(invited(`${payload}.c2VhbA`), { room: "Frühstück ☕", name: "Zoë" });
});

test("what is no invitation fills in nothing", () => {
  for (const text of ["", ".", "x", "????", "bnVsbA.x", "W10.x", "eyJyIjoxfQ.x"]) assert.deepEqual(invited(text), { room: "", name: "" });
});

test("an invitation keeps the room in the fragment and nothing else", () => {
  assert.equal(invitation("https://calls.example.org/?room=x&name=ada&relay=1#old", "quiet-amber-otter-3kq9"), "https://calls.example.org/#room=quiet-amber-otter-3kq9");
  const { hash } = new URL(invitation("https://calls.example.org/sub/", "a b&c=d#ü"));
  assert.equal(new URLSearchParams(hash.slice(1)).get("room"), "a b&c=d#ü");
});

test("a link fills in what it asks for, and its fragment counts before its query", () => {
  const asks = (url) => wishes(new URL(url, "https://calls.example.org/"));
  assert.deepEqual(asks("/"), { room: "", name: "", relay: false, invite: "" });
  assert.deepEqual(asks("/?room=r&name=ada&relay=1"), { room: "r", name: "ada", relay: true, invite: "" });
  assert.deepEqual(asks("/?room=query#room=a+b%20c&relay=0"), { room: "a b c", name: "", relay: false, invite: "" });
  assert.equal(asks(`/?room=${"x".repeat(200)}`).room.length, 128);
});

test("an invitation counts only where no server is told of it, and its room before any other", () => {
  const invite = `${Buffer.from(JSON.stringify({ r: "monday", n: "bob" })).toString("base64url")}.c2VhbA`;
  const asks = (url) => wishes(new URL(url, "https://calls.example.org/"));
  assert.deepEqual(asks(`/#invite=${invite}`), { room: "monday", name: "bob", relay: false, invite });
  assert.deepEqual(asks(`/?room=other&name=ada#invite=${invite}`), { room: "monday", name: "ada", relay: false, invite });
  assert.equal(asks(`/?invite=${invite}`).invite, "");
});
