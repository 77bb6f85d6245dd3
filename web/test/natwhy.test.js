import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { causes, pageCauses } from "../static/test/causes.js";
import { text } from "../static/test/strings/en.js";
import { verdict } from "../static/test/verdict.js";
import { sightings, why } from "../static/test/why.js";
import { ICE, SERVER, UP, of, saw, silent, without, working } from "./natfacts.js";

/** The cause of one row. */
const cause = (id, rows, events = [], known = UP) => why(of(rows, id), rows, events, known);

/** What the whole test comes to. */
function whole(rows, events = [], known = UP, nat = null) {
  for (const row of [...rows].sort((a, b) => Number(b.kind === "ports") - Number(a.kind === "ports"))) row.why = why(row, rows, events, known);
  return verdict(rows, nat, known);
}

test("every cause has a sentence and what to do about it, and no other has", () => {
  const names = [...causes, ...pageCauses].sort();
  assert.deepEqual(Object.keys(text.cause).sort(), names);
  assert.deepEqual(Object.keys(text.todo).sort(), names);
});

describe("a row", () => {
  test("that works is good, with its delay", () => {
    assert.deepEqual(cause("turn-udp-ipv4", working()), { mood: "good", cause: "good", figures: { ms: 12, over: "UDP" } });
  });

  test("loses packets, from 2 %", () => {
    const rows = working();
    of(rows, "turn-udp-ipv4").stream.loss = 0.097;
    assert.deepEqual(cause("turn-udp-ipv4", rows), { mood: "care", cause: "loss", figures: { share: 0.097, over: "UDP" } });
    of(rows, "turn-udp-ipv4").stream.loss = 0.01;
    assert.equal(cause("turn-udp-ipv4", rows).cause, "good");
  });

  test("is slow, from 300 ms", () => {
    const rows = working();
    of(rows, "turn-tcp-ipv4").stream.p50 = 340;
    assert.deepEqual(cause("turn-tcp-ipv4", rows), { mood: "care", cause: "slow-relay-only", figures: { ms: 340, over: "TCP" } });
  });

  test("without an answer is blocked, with its port", () => {
    const rows = without(working(), "stun-udp-ipv4", "turn-udp-ipv4", "turn-tcp-ipv4");
    assert.deepEqual(cause("turn-udp-ipv4", rows), { mood: "bad", cause: "udp-blocked", figures: { port: 3478, over: undefined } });
    assert.deepEqual(cause("turn-tcp-ipv4", rows), { mood: "bad", cause: "tcp-blocked", figures: { port: 3478, over: undefined } });
  });

  for (const [reason, name, figures, more] of [
    ["wrong password", "wrong-secret", {}],
    ["unknown user", "wrong-secret", {}],
    ["revoked", "wrong-secret", {}],
    ["quota", "quota", { limit: 2 }, { limit: 2 }],
    ["ports used up", "ports-used-up", {}],
    ["insufficient capacity", "ports-used-up", {}],
    ["family", "no-common-family", { family: "IPv4" }],
    ["draining", "forbidden", { reason: "486 draining" }, { code: 486 }],
  ]) {
    test(`that the relay refused because of ${reason} is ${name}`, () => {
      const rows = without(working(), "turn-udp-ipv4");
      assert.deepEqual(cause("turn-udp-ipv4", rows, [saw("challenged"), saw("refused", { reason, ...more })]), { mood: "bad", cause: name, figures: { ...figures } });
    });
  }

  test("with a stale nonce was not refused by that", () => {
    const rows = without(working(), "turn-udp-ipv4");
    assert.equal(cause("turn-udp-ipv4", rows, [saw("refused", { reason: "stale nonce", code: 438 })]).cause, "udp-blocked");
  });

  test("with expired credentials: it is a clock if they are new", () => {
    const rows = without(working(), "turn-udp-ipv4");
    const events = [saw("refused", { reason: "expired", by: 3600 })];
    assert.deepEqual(cause("turn-udp-ipv4", rows, events, { ...UP, fresh: false }), { mood: "bad", cause: "credential-expired", figures: { seconds: 3600 } });
    assert.deepEqual(cause("turn-udp-ipv4", rows, events), { mood: "bad", cause: "clock-off", figures: { seconds: 3600, side: "issuer" } });
  });

  test("is refused for what the relay saw on its own transport and port, and for nothing else", () => {
    const rows = working([{ urls: [`turn:${SERVER}:3478?transport=tcp`, `turn:${SERVER}:80?transport=tcp`] }]);
    const count = (more) => sightings(of(rows, "turn-tcp-ipv4"), rows, [saw("refused", more)]).length;
    assert.equal(count({}), 0);
    assert.equal(count({ transport: "tcp", port: 80 }), 0);
    assert.equal(count({ transport: "tcp", client: "[2001:db8::7]:5" }), 0);
    assert.equal(count({ transport: "tcp" }), 1);
    assert.equal(count({ transport: "tcp", port: 13478 }), 1, "the server's ports are mapped");
  });

  for (const [more, name] of [
    [{ reason: "remote error: tls: unknown certificate authority" }, "tls-untrusted"],
    [{ reason: "remote error: tls: unknown certificate", by: 259_200 }, "tls-expired"],
    [{ reason: "remote error: tls: expired certificate" }, "tls-expired"],
    [{ reason: "remote error: tls: unrecognized name" }, "tls-name"],
  ]) {
    test(`whose TLS failed at the relay with "${more.reason}" is ${name}`, () => {
      const rows = without(working(), "turn-tls");
      const result = cause("turn-tls", rows, [saw("handshake-failed", { transport: "tls", port: 443, ...more })]);
      assert.deepEqual([result.cause, result.figures.host, result.figures.seconds], [name, "turn.test", more.by]);
    });
  }

  test("whose TLS never came to the relay, on the port of the page, was opened on the way", () => {
    const rows = without(working(), "turn-tls");
    assert.equal(cause("turn-tls", rows, [], { ...UP, page: "turn.test:443" }).cause, "tls-intercepted");
    assert.equal(cause("turn-tls", rows, [], { ...UP, page: "turn.test:8443" }).cause, "tcp-blocked");
  });

  test("whose name has no address says so, unless another row found it", () => {
    const ice = [{ urls: ["turn:nowhere.test", "turn:nowhere.test?transport=tcp"] }];
    const rows = without(working(ice), "turn-udp", "turn-tcp", "ports");
    of(rows, "turn-udp").errors = [{ code: 701, text: "STUN host lookup received error." }];
    assert.deepEqual(cause("turn-udp", rows), { mood: "bad", cause: "name-missing", figures: { host: "nowhere.test" } });
    of(rows, "turn-tcp").gathered = 20;
    assert.equal(cause("turn-udp", rows).cause, "udp-blocked");
  });

  test("whose name has no address is known in a browser that does not say so by how fast it failed", () => {
    const rows = without(working([{ urls: ["turn:nowhere.test"] }]), "turn-udp", "ports");
    Object.assign(of(rows, "turn-udp"), { errors: [{ code: 701, text: "" }], failed: 30 });
    assert.equal(cause("turn-udp", rows).cause, "name-missing");
    of(rows, "turn-udp").failed = 4800;
    assert.equal(cause("turn-udp", rows).cause, "udp-blocked");
  });

  for (const [code, name] of [[401, "wrong-secret"], [441, "wrong-secret"], [486, "quota"], [508, "ports-used-up"], [440, "no-common-family"], [400, "forbidden"]]) {
    test(`of a server that tells us nothing, with error ${code}, is ${name}`, () => {
      const rows = without(working(), "turn-udp-ipv4");
      of(rows, "turn-udp-ipv4").errors = [{ code, text: "" }];
      assert.equal(cause("turn-udp-ipv4", rows, [], { session: "down", elsewhere: true }).cause, name);
    });
  }

  test("of another server with error 401: the user name tells whether the credentials had expired, by our clock as the server has it", () => {
    const rows = without(working(), "turn-udp-ipv4");
    of(rows, "turn-udp-ipv4").errors = [{ code: 401, text: "Unauthorized" }];
    const known = { session: "down", elsewhere: true, expires: Math.floor(Date.now() / 1000) - 1800 };
    const { cause: name, figures } = cause("turn-udp-ipv4", rows, [], known);
    assert.equal(name, "credential-expired");
    assert.ok(Math.abs(figures.seconds - 1800) < 5);
    assert.equal(cause("turn-udp-ipv4", rows, [], { ...known, clock: 3600 }).cause, "wrong-secret");
  });

  test("that has a relay and no way from it to itself", () => {
    const rows = working();
    Object.assign(of(rows, "turn-udp-ipv4"), { ice: false, opened: null, stream: null, address: "203.0.113.10:50011" });
    assert.deepEqual(cause("turn-udp-ipv4", rows), { mood: "bad", cause: "relay-silent", figures: { port: 50011 } });
    of(rows, "turn-udp-ipv4").ice = true;
    assert.equal(cause("turn-udp-ipv4", rows).cause, "payload-dropped");
    of(rows, "turn-udp-ipv4").ice = false;
    assert.deepEqual(cause("turn-udp-ipv4", rows, [saw("peer-refused", { peer: "203.0.113.10:50012" })]), { mood: "bad", cause: "peer-refused", figures: { address: SERVER } });
  });

  test("of the other family says nothing where that is not there", () => {
    const rows = without(working(ICE, ["stun:203.0.113.10:3478", "stun:[2001:db8::10]:3478"]), "stun-udp-ipv6", "turn-udp-ipv6", "turn-tcp-ipv6");
    assert.deepEqual(cause("turn-udp-ipv6", rows), { mood: "none", cause: "no-common-family", figures: { family: "IPv4", other: "IPv6" } });
    assert.equal(cause("turn-udp-ipv6", rows, [], { ...UP, address: "2001:db8::7" }).cause, "udp-blocked", "the web came by IPv6");
  });
});

describe("the relay's ports", () => {
  const closed = () => {
    const rows = working();
    Object.assign(of(rows, "ports"), { opened: null, ice: false, address: "203.0.113.10:50011" });
    return rows;
  };

  test("are closed if the address is right", () => {
    assert.deepEqual(cause("ports", closed(), [saw("permitted", { relay: "203.0.113.10:50011" })]), { mood: "bad", cause: "relay-silent", figures: { port: 50011 } });
  });

  test("are at a wrong address if nothing there has ever answered", () => {
    const rows = closed();
    of(rows, "ports").address = "203.0.113.99:50011";
    assert.deepEqual(cause("ports", rows), { mood: "bad", cause: "wrong-public-address", figures: { address: "203.0.113.99" } });
  });

  test("are not judged without UDP, nor by who has an address that the relay refuses", () => {
    assert.equal(cause("ports", without(closed(), "stun-udp-ipv4")).mood, "none");
    assert.deepEqual(cause("ports", closed(), [saw("peer-refused", { peer: "192.168.1.5" })]), { mood: "none", cause: "peer-refused", figures: { address: "192.168.1.5" } });
  });

  test("are not judged by who is on the relay's own machine: its address is allowed, and its ports are not", () => {
    const relay = "203.0.113.10:50011";
    const beside = [saw("permitted", { relay, peer: `${SERVER}:4000` }), saw("peer-refused", { relay, peer: `${SERVER}:4000`, reason: "port" })];
    assert.equal(cause("ports", closed(), beside).mood, "none");
    const home = [saw("peer-refused", { peer: "192.168.1.5:4000" }), saw("permitted", { relay, peer: "198.51.100.7:4000" })];
    assert.equal(cause("ports", closed(), home).cause, "relay-silent", "one of its addresses may be sent to");
  });
});

describe("the verdict", () => {
  test("is good", () => {
    const { mood, cause: name, figures, also } = whole(working());
    assert.deepEqual([mood, name, figures.over, also], ["good", "good", "UDP", []]);
  });

  test("is UDP, if TCP goes", () => {
    const { mood, cause: name, figures } = whole(without(working(), "stun-udp-ipv4", "turn-udp-ipv4", "ports"));
    assert.deepEqual([mood, name, figures.port, figures.over], ["care", "udp-blocked", 3478, "TCP"]);
  });

  test("is the web alone, if nothing but TLS on port 443 goes, or nothing at all", () => {
    const rows = without(working(), "stun-udp-ipv4", "turn-udp-ipv4", "turn-tcp-ipv4", "ports");
    assert.deepEqual([whole(rows).cause, whole(rows).mood], ["only-web", "care"]);
    assert.deepEqual([whole(without(rows, "turn-tls")).cause, whole(rows).mood], ["only-web", "bad"]);
  });

  test("is what explains the rest, if nothing goes", () => {
    const rows = without(working(), "turn-udp-ipv4", "turn-tcp-ipv4", "turn-tls", "ports");
    assert.equal(whole(rows, [saw("refused", { reason: "wrong password" })]).cause, "wrong-secret");
  });

  test("is the relay's ports before all that works in spite of them", () => {
    const rows = working();
    Object.assign(of(rows, "ports"), { opened: null, address: "203.0.113.10:50011" });
    assert.deepEqual([whole(rows).cause, whole(rows).mood], ["relay-silent", "bad"]);
  });

  test("names a certificate although UDP works", () => {
    const result = whole(without(working(), "turn-tls"), [saw("handshake-failed", { transport: "tls", port: 443, by: 60 })]);
    assert.deepEqual([result.cause, result.mood], ["tls-expired", "care"]);
  });

  test("names a clock, and a VPN beside it", () => {
    const nat = { mapping: "independent", reflexive: ["203.0.113.77"], ipv4: true, ipv6: false, udp: true, shared: false, vpn: true, http: "198.51.100.7" };
    const { cause: name, figures, also } = whole(working(), [], { ...UP, clock: -3600 }, nat);
    assert.deepEqual([name, figures.seconds, figures.side], ["clock-off", 3600, "behind"]);
    assert.deepEqual(also.map(({ cause: other, figures: { address, other: second } }) => [other, address, second]), [["vpn", "198.51.100.7", "203.0.113.77"]]);
  });

  for (const [session, name] of [["down", "server-down"], ["refused", "forbidden"]]) {
    test(`is ${name} if the signaling is ${session}`, () => assert.equal(whole(silent([], []), [], { session }).cause, name));
  }

  test("is that the server stopped, if the signaling was lost and nothing goes", () => {
    assert.equal(whole(silent(), [], { ...UP, session: "lost" }).cause, "stopped");
    assert.equal(whole(silent([], []), [], { ...UP, session: "lost" }).cause, "stopped");
  });

  test("is that the server stopped, also where it had given out its relays before, and some had connected", () => {
    const rows = working();
    for (const row of rows.filter(({ kind }) => kind === "turn" || kind === "ports")) Object.assign(row, { opened: null, stream: null, ice: row.kind === "turn" });
    assert.equal(whole(rows).cause, "payload-dropped");
    assert.equal(whole(rows, [], { ...UP, session: "lost" }).cause, "stopped");
  });

  test("is that another server is down, if it never answers", () => {
    const rows = silent([{ urls: "turn:192.0.2.9" }], []).filter(({ transport }) => transport !== "web");
    const { cause: name, figures } = whole(rows, [], { session: "down", elsewhere: true });
    assert.deepEqual([name, figures.host, figures.port], ["server-down", "192.0.2.9", 3478]);
  });

  test("of another server that is asked for STUN alone is whether it answers", () => {
    const rows = working([{ urls: "stun:192.0.2.9" }], []).filter(({ transport }) => transport !== "web");
    const { mood, cause: name, figures } = whole(rows, [], { session: "down", elsewhere: true });
    assert.deepEqual([mood, name, figures.ms, figures.over], ["good", "good", 40, undefined]);
    assert.equal(text.cause.good({ ms: "40" }), "The server answers in 40 ms.");
  });

  test("of a server without a relay", () => assert.equal(whole(working([], []), [], UP).cause, "no-relay"));

  test("of a cancelled test is none", () => assert.deepEqual([whole(silent(), [], { ...UP, cancelled: true }).mood], ["none"]));

  test("is forbidden by neither hostile sightings nor odd ones", () => {
    const odd = [{ kind: "refused" }, { kind: "handshake-failed", transport: "tls" }, { kind: "permitted", relay: 7 }, {}, { kind: "too-many" }];
    assert.equal(whole(working(), odd).cause, "good");
    assert.ok(causes.includes(whole(silent(), odd).cause));
  });
});
