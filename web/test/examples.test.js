import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../examples/", import.meta.url);
const read = (name) => readFileSync(new URL(name, folder), "utf8");
const pages = readdirSync(folder).filter((name) => name.endsWith(".html") && name !== "index.html");

test("the smallest call is under 60 lines", () => {
  const lines = read("call.html").trim().split("\n");
  assert.ok(lines.length < 60, `${lines.length} lines`);
  assert.ok(lines.every((line) => line.length <= 120));
});

test("every example is in the list, in the README and in a browser test", () => {
  const browsers = readFileSync(new URL("../../e2e/examples.test.mjs", import.meta.url), "utf8");
  assert.ok(pages.length >= 6, `${pages}`);
  for (const page of pages) {
    assert.ok(read("index.html").includes(`href="${page}"`), `index.html lacks ${page}`);
    assert.ok(read("README.md").includes(`(${page})`), `README.md lacks ${page}`);
    assert.ok(browsers.includes(page), `nobody runs ${page}`);
  }
});

test("the examples need nobody but the daemon", () => {
  for (const name of readdirSync(folder).filter((name) => /\.(html|css|js)$/.test(name))) {
    for (const [address] of read(name).matchAll(/(?:https?|wss?):\/\/[^\s"'`;<]+/g)) {
      assert.ok(address.startsWith("http://localhost:8080"), `${name}: ${address}`);
    }
  }
});

test("every field and every button of the examples has a name", () => {
  for (const page of pages) {
    const html = read(page);
    assert.match(html, /<html lang="en">/);
    assert.match(html, /<title>[^<]+<\/title>/);
    for (const [, attributes, text] of html.matchAll(/<button([^>]*)>([^<]*)/g)) assert.ok(text.trim() || attributes.includes("aria-label"), page);
    for (const [, id] of html.matchAll(/<(?:input|select)[^>]*\bid="([^"]+)"/g)) assert.ok(html.includes(`for="${id}"`), `${page}: ${id}`);
    assert.ok(!/innerHTML|insertAdjacentHTML/.test(html));
  }
});
