import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

describe("as a package", () => {
  let dir;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "turnpike-package-"));
    writeFileSync(join(dir, "package.json"), '{"type": "module"}');
    // What is packed is what a registry would have, not what happens to lie around here.
    const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", dir], { cwd: web, stdio: ["ignore", "pipe", "ignore"] }));
    execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", join(dir, filename)], { cwd: dir, stdio: "ignore" });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  test("it is imported by its name, and needs nothing else", () => {
    writeFileSync(join(dir, "use.js"), 'import * as all from "turnpike"; console.log(JSON.stringify(Object.keys(all)))');
    const names = JSON.parse(execFileSync(process.execPath, ["use.js"], { cwd: dir, encoding: "utf8" }));
    const source = readFileSync(join(web, "static/turnpike.js"), "utf8");
    const exported = [...source.matchAll(/^export \{ ([^}]+) \}/gm)].flatMap(([, list]) => list.split(", "));
    assert.deepEqual(names, exported.sort());
    assert.ok(names.includes("Client"));
    assert.ok(!existsSync(join(dir, "node_modules/turnpike/static/call")), "the page is not part of it");
  });

  test("a client under node goes to the address it is given", () => {
    writeFileSync(join(dir, "connect.js"), `
      import { Client } from "turnpike";
      class WebSocket { constructor(url) { console.log(url); } close() {} }
      const client = new Client({ url: "wss://calls.example.org/v1/signal", WebSocket });
      client.open();
      client.close();`);
    assert.equal(execFileSync(process.execPath, ["connect.js"], { cwd: dir, encoding: "utf8" }), "wss://calls.example.org/v1/signal\n");
  });

  test("a TypeScript program compiles against its types, and what is wrong does not", () => {
    cpSync(join(web, "test/consumer.ts"), join(dir, "consumer.ts"));
    const options = ["--strict", "--noEmit", "--target", "ES2022", "--lib", "ES2022,DOM,DOM.Iterable"];
    for (const [module, resolution] of [["ES2022", "bundler"], ["NodeNext", "nodenext"]]) {
      execFileSync(process.execPath, [tsc, ...options, "--module", module, "--moduleResolution", resolution, "consumer.ts"], { cwd: dir, stdio: "pipe", encoding: "utf8" });
    }
  });

  test("the code in docs/client.md compiles against the types", () => {
    const doc = readFileSync(join(web, "../docs/client.md"), "utf8");
    const blocks = [...doc.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code);
    assert.ok(blocks.length >= 10, `${blocks.length} blocks`);
    const ambient = {
      Client: 'import { Client } from "turnpike";',
      SignalError: 'import { SignalError } from "turnpike";',
      roomName: 'import { roomName } from "turnpike";',
      client: 'declare const client: import("turnpike").Client;',
      room: 'declare const room: import("turnpike").Room;',
      member: 'declare const member: import("turnpike").Member;',
      arrive: 'declare const arrive: (member: import("turnpike").Member) => void;',
      select: "declare const select: HTMLSelectElement;",
    };
    const files = blocks.map((code, i) => {
      const given = Object.entries(ambient).filter(([name]) => !new RegExp(`(?:const|import \\{) ${name}\\b`).test(code));
      const typed = code.replace("const words =", "const words: Record<string, string> =").replace("const arrive = (member)", 'const arrive = (member: import("turnpike").Member)');
      writeFileSync(join(dir, `doc${i}.ts`), [...given.map(([, line]) => line), typed, "export {};"].join("\n"));
      return `doc${i}.ts`;
    });
    const options = ["--strict", "--noEmit", "--target", "ES2022", "--module", "ES2022", "--moduleResolution", "bundler", "--lib", "ES2022,DOM,DOM.Iterable"];
    try {
      execFileSync(process.execPath, [tsc, ...options, ...files], { cwd: dir, stdio: "pipe", encoding: "utf8" });
    } catch (err) {
      assert.fail(err.stdout);
    }
  });
});
