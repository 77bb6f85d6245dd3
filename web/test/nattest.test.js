import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { only } from "../static/test/attempt.js";
import { parse } from "../static/test/iceurl.js";
import { isShared, nat, reaches } from "../static/test/nat.js";
import { lanes } from "../static/test/lanes.js";
import { soundOther, told } from "../static/test/other.js";
import { read, report, short, shortened } from "../static/test/report.js";
import { plan, settle } from "../static/test/rows.js";
import { pack, unpack } from "../static/test/stream.js";
import { Tally } from "../static/test/tally.js";
import { sound } from "../static/test/two.js";
import { why } from "../static/test/why.js";
import { whyTwo } from "../static/test/whytwo.js";
import { DISCOVERY, ICE, UP, without, working } from "./natfacts.js";

describe("an ICE URL", () => {
  test("is taken apart", () => {
    const { url, ...parts } = parse(" turns:turn.example.org?transport=tcp ");
    assert.deepEqual(parts, { kind: "turn", transport: "tls", family: 0, host: "turn.example.org", port: 5349 });
    assert.deepEqual([parse("turn:[2001:db8::1]:99").host, parse("turn:[2001:db8::1]:99").family, parse("stun:192.0.2.1").port], ["2001:db8::1", 6, 3478]);
  });
  for (const wrong of ["", "http://x", "turn:", "turn:a b", "turn:x:0", "turn:x:70000", "turn:u@x", "turn:x?transport=sctp", "turns:x?transport=udp", "turn:x/y"]) {
    test(`is not ${JSON.stringify(wrong)}`, () => assert.equal(parse(wrong), null));
  }
});

describe("the rows", () => {
  const ids = (...args) => plan(...args).map(({ id }) => id);
  test("are one for each way", () => {
    assert.deepEqual(ids(ICE, DISCOVERY), ["stun-udp-ipv4", "turn-udp-ipv4", "turn-tcp-ipv4", "turn-tls", "ports", "websocket", "http"]);
  });
  test("are of both families where STUN has both", () => {
    const rows = plan(ICE, [...DISCOVERY, "stun:[2001:db8::10]:3478"]);
    assert.ok(["stun-udp-ipv6", "turn-udp-ipv6", "turn-tcp-ipv6"].every((id) => rows.some((row) => row.id === id)));
    assert.deepEqual(rows.find(({ id }) => id === "turn-tcp-ipv6").servers, [{ urls: "turn:[2001:db8::10]:3478?transport=tcp", username: "1767225600:test-x7", credential: "kW0=" }]);
  });
  test("have one URL each", () => assert.ok(plan(ICE, DISCOVERY).every(({ servers }) => servers.length <= 1 && [servers[0]?.urls].flat().length <= 1)));
  test("of STUN work if there was nothing to tell, and UDP goes to the relay", () => {
    const rows = without(working(), "stun-udp-ipv4");
    const [stun] = rows;
    settle(rows);
    assert.equal(stun.opened, null, "the browser is still waiting");
    stun.ended = 30;
    stun.errors = [{ code: 701, text: "" }];
    settle(rows);
    assert.equal(stun.opened, null, "it had an error");
    stun.errors = [];
    settle(without(rows, "turn-udp-ipv4"));
    assert.equal(stun.opened, null, "UDP does not go");
    rows[1].opened = 80;
    settle(rows);
    assert.equal(why(stun, rows, [], UP).cause, "good");
  });
  test("have names of their own, and are not too many", () => {
    const many = [{ urls: Array.from({ length: 40 }, (_, i) => `turn:host${i}.test`) }];
    const all = ids(many, []);
    assert.equal(new Set(all).size, all.length);
    assert.ok(all.length < 16, `${all.length}`);
  });
  test("of what is no URL are none", () => assert.deepEqual(ids([{ urls: ["rubbish", "turns:x?transport=udp"] }], ["http://x"], { web: false }), []));
});

describe("numbered messages", () => {
  const tally = (numbers, delay = () => 10) => {
    const all = new Tally(100);
    for (const number of numbers) all.take(number, number * 10, number * 10 + delay(number));
    return all;
  };
  const upTo = (n) => Array.from({ length: n }, (_, i) => i);

  test("show what is missing, wherever it is", () => {
    assert.equal(tally(upTo(90)).result(100).loss.toFixed(2), "0.10");
    assert.equal(tally(upTo(100).filter((n) => n % 10)).result(100).loss.toFixed(2), "0.10");
    assert.equal(tally([]).result(100).loss, 1);
    assert.equal(tally([]).result(0).loss, 0);
  });
  test("count once, and no others", () => {
    assert.equal(tally([1, 1, 1, -1, 100, 1e9, 0.5, NaN]).received, 1);
    const all = new Tally(10);
    all.take(1, NaN, 5);
    assert.equal(all.received, 0);
  });
  test("have percentiles and jitter", () => {
    const { p50, p95, jitter } = tally(upTo(100), (n) => (n % 2 ? 20 : 10)).result(100);
    assert.deepEqual([p50, p95, jitter], [10, 20, 10]);
  });
  test("in another order have the jitter of their own order", () => assert.equal(tally(upTo(100).reverse()).result(100).jitter, 0));
  test("have points with gaps where nothing came", () => {
    const { points } = tally(upTo(100).filter((n) => n < 50 || n >= 60)).result(100);
    assert.ok(points.length <= 60);
    assert.ok(points.some(({ rtt }) => rtt === null) && points.at(-1).rtt === 10);
    assert.ok(points.every(({ at }, i) => i === 0 || at > points[i - 1].at), JSON.stringify(points));
  });
  test("cross as bytes, and rubbish does not", () => {
    assert.deepEqual(unpack(pack(7, 12.5)), { number: 7, at: 12.5 });
    assert.deepEqual([unpack("text"), unpack(new ArrayBuffer(4)), unpack(null)], [null, null, null]);
  });
});

describe("a NAT", () => {
  const at = (type, address, port) => ({ type, protocol: "udp", address, port, url: "" });
  const gathered = (...candidates) => ({ candidates, errors: [], complete: true, first: 20 });
  const known = { http: "203.0.113.101", servers: 2 };

  test("gives one port to one local port for all places, or for each another", () => {
    assert.equal(nat(gathered(at("host", "x.local", 5), at("srflx", "203.0.113.101", 600)), known).mapping, "independent");
    assert.equal(nat(gathered(at("host", "x.local", 5), at("srflx", "203.0.113.101", 600), at("srflx", "203.0.113.101", 601)), known).mapping, "dependent");
  });
  test("is unknown if a server was silent, or only one was asked", () => {
    const one = gathered(at("host", "x.local", 5), at("srflx", "203.0.113.101", 600));
    assert.equal(nat({ ...one, complete: false }, known).mapping, "unknown");
    assert.equal(nat({ ...one, errors: [{ code: 701, text: "" }] }, known).mapping, "unknown");
    assert.equal(nat(one, { ...known, servers: 1 }).mapping, "unknown");
  });
  test("is not there if the device has its public address itself", () => {
    assert.equal(nat(gathered(at("host", "203.0.113.101", 5), at("srflx", "203.0.113.101", 5)), known).mapping, "none");
    assert.deepEqual([nat(gathered(at("host", "203.0.113.101", 5)), known).mapping, nat(gathered(at("host", "203.0.113.101", 5)), known).udp], ["none", true]);
  });
  test("is not there if UDP goes and the browser had nothing to tell, also where it hides the address", () => {
    const quiet = nat(gathered(at("host", "x.local", 5)), { ...known, answered: true });
    assert.deepEqual([quiet.mapping, quiet.udp, reaches(quiet).home], ["none", true, "direct"]);
    assert.equal(nat({ ...gathered(at("host", "x.local", 5)), complete: false }, { ...known, answered: true }).mapping, "unknown");
  });
  test("between this device and a server beside it says little", () => {
    assert.deepEqual(["::1", "127.0.0.1", "192.168.1.7", "203.0.113.101"].map((http) => nat(gathered(), { http }).local), [true, true, true, false]);
  });
  test("without UDP is none to know of", () => {
    const blocked = nat(gathered(at("host", "x.local", 5)), known);
    assert.deepEqual([blocked.mapping, blocked.udp, reaches(blocked)], ["unknown", false, { home: "relay", office: "relay", mobile: "relay" }]);
  });
  test("beside which a VPN takes part of the traffic", () => {
    assert.equal(nat(gathered(at("srflx", "203.0.113.7", 600)), known).vpn, true);
    assert.equal(nat(gathered(at("srflx", "203.0.113.101", 600), at("srflx", "203.0.113.7", 600)), known).vpn, true);
    assert.equal(nat(gathered(at("srflx", "203.0.113.101", 600)), known).vpn, false);
    assert.equal(nat(gathered(at("srflx", "203.0.113.101", 600), at("srflx", "2001:db8::7", 600)), known).vpn, false);
    assert.equal(nat(gathered(at("srflx", "203.0.113.101", 600)), { ...known, http: "2001:db8::7" }).vpn, false);
  });
  test("of a provider is known by its addresses", () => {
    assert.deepEqual(["100.64.0.1", "100.127.255.254", "100.63.0.1", "100.128.0.1", "10.64.0.1"].map(isShared), [true, true, false, false, false]);
  });
});

describe("a report", () => {
  for (const [whole, part] of [
    ["198.51.100.7:50412", "198.51.x.x:50412"],
    ["relay 203.0.113.10:5 for [2001:db8:6::2]:9", "relay 203.0.x.x:5 for [2001:db8::x]:9"],
    ["2001:DB8:0:1:2:3:4:5", "2001:db8::x"],
    ["fe80::1 and ::1", "fe80:0::x and ::1"],
    ["12:30:45, turn.test:3478, 0.0.0.0, test-x7:ab", "12:30:45, turn.test:3478, 0.0.0.0, test-x7:ab"],
    ["candidate:1 1 udp 2122260223 192.0.2.33 61764 typ host", "candidate:1 1 udp 2122260223 192.0.x.x 61764 typ host"],
  ]) {
    test(`says ${part} of ${whole}`, () => assert.equal(shortened(whole), part));
  }
  test("of an IPv6 address that holds one of IPv4 shows neither", () => assert.doesNotMatch(shortened("::ffff:198.51.100.7"), /100\.7/));
  test("is short in all depths, and keeps numbers", () => {
    assert.deepEqual(short({ a: ["192.0.2.1", { b: "2001:db8:1::1" }], n: 3, no: null, yes: true }), { a: ["192.0.x.x", { b: "2001:db8::x" }], n: 3, no: null, yes: true });
  });
  test("holds no credentials, and is read again", () => {
    const verdict = { mood: "good", cause: "good", figures: {}, also: [], sentence: "Calls work from here.", todo: "" };
    const made = report({ at: "2026-01-01T00:00:00Z", seconds: 12, browser: "x", verdict, nat: null, clock: 0, session: "up", rows: working(), saw: [], candidates: ["192.0.2.1"] });
    const written = JSON.stringify(made);
    assert.doesNotMatch(written, /kW0=|test-x7|203\.0\.113|192\.0\.2\.1/);
    assert.deepEqual(read(written), JSON.parse(written));
  });
  for (const wrong of ["", "null", "[]", "{}", '{"kind":"turnpike test","version":2,"rows":[],"verdict":{"sentence":""}}', '{"kind":"turnpike test","version":1}']) {
    test(`is not ${wrong}`, () => assert.equal(read(wrong), null));
  }
});

test("a lane of the drawing ends where it is cut", () => {
  const rows = without(working(), "stun-udp-ipv4", "turn-udp-ipv4", "turn-tls");
  for (const row of rows) row.why = why(row, rows, [{ kind: "handshake-failed", transport: "tls", port: 443, client: "198.51.100.7:1" }], UP);
  assert.deepEqual(lanes(rows).map(({ transport, mood, ends }) => [transport, mood, ends]), [["udp", "bad", "network"], ["tcp", "good", null], ["tls", "bad", "server"], ["web", "good", null]]);
  rows[1].done = false;
  assert.equal(lanes(rows)[0].mood, "running");
});

describe("two devices", () => {
  const nothing = { connected: false, offered: true, rtt: null, loss: null, jitter: null, rate: null, path: "", over: "", pair: "" };
  const network = (more = {}) => ({ mapping: "dependent", reflexive: [], ipv4: true, ipv6: false, udp: true, shared: false, vpn: false, http: "", ...more });
  const good = { mood: "good", cause: "good", figures: { ms: 12 } };
  const side = (nat, rows = working()) => told(good, nat, rows);
  const way = (kind, more = {}) => ({ kind, mine: nothing, theirs: nothing, ...more });
  const cause = (...args) => whyTwo(...args).cause;

  test("with two symmetric NATs do not meet directly", () => assert.equal(cause(way("reflexive"), side(network()), side(network())), "symmetric"));
  test("with one that is not are kept apart by a filter", () => {
    assert.equal(cause(way("reflexive"), side(network()), side(network({ mapping: "independent" }))), "filtered");
  });
  test("without a family in common need the relay", () => {
    assert.equal(cause(way("reflexive"), side(network()), side(network({ ipv4: false, ipv6: true }))), "family");
  });
  test("in two networks do not meet in one", () => assert.equal(cause(way("host"), side(network()), side(network())), "apart"));
  test("know on which side the relay cannot be reached", () => {
    const blocked = without(working(), "turn-udp-ipv4");
    assert.equal(cause(way("relay-udp"), side(network(), blocked), side(network())), "here");
    assert.equal(cause(way("relay-udp"), side(network()), side(network(), blocked)), "there");
    assert.equal(cause(way("relay-udp"), side(network()), side(network())), "unknown");
  });
  test("are not offered what the server does not have", () => {
    const rows = working().filter(({ id }) => id !== "turn-tls");
    assert.deepEqual(whyTwo(way("relay-tls"), side(network(), rows), side(network(), rows)), { mood: "none", cause: "skipped" });
  });
  test("say nothing of a way until both have", () => assert.equal(whyTwo(way("relay-udp", { theirs: null }), side(network()), side(network())).mood, "none"));

  test("believe each other nothing but figures and known words", () => {
    assert.equal(sound(null), null);
    assert.equal(sound("x"), null);
    assert.deepEqual(sound({ connected: 1, rtt: -1, loss: "0", rate: 1 / 0, path: "<b>", over: "udp", pair: "relay/relay", more: {} }),
      { ...nothing, offered: false, over: "udp", pair: "relay/relay" });
  });

  test("tell each other no whole address, and take no more of each other than that", () => {
    const vpn = { mood: "care", cause: "vpn", figures: { address: "198.51.100.7", other: "203.0.113.9" } };
    const mine = told(vpn, network({ reflexive: ["198.51.100.7"], http: "198.51.100.7" }), working());
    assert.doesNotMatch(JSON.stringify(mine), /100\.7|203\.0\.113/);
    const { nat, ...rest } = soundOther(JSON.parse(JSON.stringify({ ...mine, more: {} })));
    assert.deepEqual([rest, nat.mapping, nat.udp, nat.reflexive], [{ verdict: mine.verdict, relays: mine.relays }, "dependent", true, []]);
    assert.deepEqual(soundOther({ ...mine, nat: { mapping: 7, udp: "yes" } }).nat.mapping, "unknown");
    assert.deepEqual(soundOther({ ...mine, verdict: { ...vpn, figures: { port: "x", ms: 1, host: {}, share: NaN, address: "y".repeat(999) } } }).verdict.figures, { ms: 1 });
    for (const wrong of [null, 7, {}, { verdict: {} }, { ...mine, relays: "x" }, { ...mine, verdict: { mood: "good", cause: "constructor" } }, { ...mine, verdict: { ...vpn, mood: "x" } }]) {
      assert.equal(soundOther(wrong), null, JSON.stringify(wrong));
    }
  });

  test("describe only candidates of the kind that is tried", () => {
    const sdp = ["v=0", "a=candidate:1 1 udp 1 192.0.2.1 5 typ host", "a=candidate:2 1 udp 1 203.0.113.1 5 typ srflx raddr 0.0.0.0 rport 0", "a=end-of-candidates", ""].join("\r\n");
    const kept = (kind) => only(sdp, kind).match(/typ \w+/g);
    assert.deepEqual([kept("host"), kept("reflexive"), kept("relay-udp"), kept("all")], [["typ host"], ["typ srflx"], null, ["typ host", "typ srflx"]]);
    assert.match(only(sdp, "relay-udp"), /a=end-of-candidates/);
  });
});
