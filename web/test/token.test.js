import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../static/turnpike.js";
import { FakeTimers, fakePeerConnection, fakeWebSocket, settle } from "./fakes.js";

function start(options) {
  const WebSocket = fakeWebSocket();
  const client = new Client({ url: "ws://test/v1/signal", WebSocket, RTCPeerConnection: fakePeerConnection(), timers: new FakeTimers(), random: () => 1, ...options });
  client.open();
  WebSocket.last.welcome();
  return { client, WebSocket };
}

test("a token goes with the hello, and never into a URL", () => {
  const { WebSocket } = start({ token: "a.b.c", invite: "x.y" });
  const [hello] = WebSocket.last.take("hello");
  assert.equal(hello.token, "a.b.c");
  assert.equal(hello.invite, undefined);
  assert.ok(!WebSocket.last.url.includes("a.b.c"));
});

test("an invitation goes with the hello of who has no token", () => {
  const { WebSocket } = start({ invite: "x.y" });
  assert.equal(WebSocket.last.take("hello")[0].invite, "x.y");
});

test("a fresh token renews the session, and goes with the next hello", async () => {
  const { client, WebSocket } = start({ token: "old" });
  const renewing = client.renew("new");
  const frame = WebSocket.last.take("token")[0];
  assert.equal(frame.token, "new");
  WebSocket.last.frame({ type: "renewed", re: frame.id, expires_at: 9, ice: { iceServers: [{ urls: "turn:two" }], ttl: 60, expires_at: 60 } });
  await renewing;
  assert.deepEqual(client.ice.iceServers, [{ urls: "turn:two" }]);
  client.reconnect();
  await settle();
  WebSocket.last.welcome("s-again");
  assert.equal(WebSocket.last.take("hello")[0].token, "new");
});

test("a token that is refused is said to be", async () => {
  const { client, WebSocket } = start({ token: "old" });
  const renewing = client.renew("bad");
  const { id } = WebSocket.last.take("token")[0];
  WebSocket.last.frame({ type: "error", re: id, code: "bad-token", message: "the token has expired" });
  await assert.rejects(renewing, { code: "bad-token" });
});
