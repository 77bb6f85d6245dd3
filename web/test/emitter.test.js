import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "../static/lib/emitter.js";

test("a listener hears its type until it is taken off", () => {
  const emitter = new Emitter();
  const heard = [];
  const off = emitter.on("a", (detail) => heard.push(detail));
  emitter.emit("a", 1);
  emitter.emit("b", 2);
  off();
  emitter.emit("a", 3);
  assert.deepEqual(heard, [1]);
});

test("a listener that is taken off by one before it is not called any more", () => {
  const emitter = new Emitter();
  const heard = [];
  let off = () => {};
  emitter.on("a", () => off());
  off = emitter.on("a", () => heard.push("late"));
  emitter.emit("a");
  assert.deepEqual(heard, []);
});

test("a listener that throws disturbs nobody", (t) => {
  const error = t.mock.method(console, "error", () => {});
  const emitter = new Emitter();
  const heard = [];
  emitter.on("a", () => { throw new Error("no"); });
  emitter.on("a", () => heard.push("yes"));
  emitter.emit("a");
  assert.deepEqual(heard, ["yes"]);
  assert.equal(error.mock.callCount(), 1);
});

test("once is once", () => {
  const emitter = new Emitter();
  let times = 0;
  emitter.once("a", () => times++);
  emitter.emit("a");
  emitter.emit("a");
  assert.equal(times, 1);
});
