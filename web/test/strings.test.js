import assert from "node:assert/strict";
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { describe, test } from "node:test";
import { languages } from "../static/language.js";

const web = new URL("../static/", import.meta.url);
const scripts = { ru: /\p{Script=Cyrillic}/u, ko: /\p{Script=Hangul}/u, zh: /\p{Script=Han}/u };
const SAME_EVERYWHERE = new Set(["turnpike", "kbit", "Mbit"]);

/** Every sentence of a language: its place, and what is there. @returns {[string, unknown][]} */
function leaves(text, place = "") {
  return Object.entries(text).flatMap(([key, value]) =>
    value !== null && typeof value === "object" ? leaves(value, `${place}${key}.`) : [[place + key, value]]);
}

const kind = (value) => (typeof value === "function" ? `function of ${value.length}` : typeof value);
const spoken = (value) => (typeof value === "function" ? String(value(...Array(value.length).fill(7))) : value);
const words = (sentence) => (sentence.match(/[A-Za-z]*[a-z]{3,}/g) ?? []).filter((word) => !SAME_EVERYWHERE.has(word));

const pages = readdirSync(web, { withFileTypes: true }).filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/strings/en.js`, web)));

test("the call page has words", () => assert.ok(pages.some(({ name }) => name === "call")));

for (const { name: page } of pages) {
  describe(`the words of static/${page}`, async () => {
    const load = async (language) => leaves((await import(new URL(`${page}/strings/${language}.js`, web))).text);
    const english = await load("en");

    test("are there in every language, and no other", () => {
      assert.deepEqual(readdirSync(new URL(`${page}/strings/`, web)).sort(), Object.keys(languages).map((language) => `${language}.js`).sort());
    });

    for (const [language, script] of Object.entries(scripts)) {
      test(`have the same shape in ${languages[language]}`, async () => {
        const shape = (all) => all.map(([place, value]) => `${place}: ${kind(value)}`);
        assert.deepEqual(shape(await load(language)), shape(english));
      });

      test(`are all in ${languages[language]}`, async () => {
        const theirs = new Map(await load(language));
        for (const [place, value] of english) {
          if (words(spoken(value)).length === 0) continue;
          assert.match(spoken(theirs.get(place)), script, place);
        }
      });
    }
  });
}

describe("the words of the call page", async () => {
  const { text } = await import("../static/call/strings/en.js");

  test("are all used", () => {
    const sources = readdirSync(new URL("call/", web)).filter((file) => file.endsWith(".js")).map((file) => readFileSync(new URL(`call/${file}`, web), "utf8"));
    const all = [...sources, readFileSync(new URL("index.html", web), "utf8")].join("\n");
    const controls = new Set(["mic", "camera", "screen", "devices", "chat", "hangup"]); // by the names of the buttons
    const unused = Object.keys(text).filter((key) => !controls.has(key) && !new RegExp(`text\\.${key}\\b|data-(text|label|hint)="${key}"`).test(all));
    assert.deepEqual(unused, []);
  });

  test("explain every error of the protocol that a person can do something about", () => {
    const protocol = readFileSync(new URL("../../signal/PROTOCOL.md", web), "utf8").split("\n## Errors\n")[1].split("\n## ")[0];
    const codes = [...protocol.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
    assert.ok(codes.length > 10, `${codes.length} codes`);
    // A fault of the page itself, what the library deals with, and what only the server's own words explain.
    const others = ["bad-frame", "unknown-type", "hello-first", "not-in-room", "no-session", "no-such-peer", "no-such-call", "forbidden", "unavailable"];
    assert.deepEqual(codes.filter((code) => !Object.hasOwn(text.problem, code) && !others.includes(code)), []);
  });

  test("count people as Russians do", async () => {
    const { text: russian } = await import("../static/call/strings/ru.js");
    assert.deepEqual([1, 2, 4, 5, 11, 12, 21, 22].map(russian.here),
      ["Кроме вас никого", "2 человека", "4 человека", "5 человек", "11 человек", "12 человек", "21 человек", "22 человека"]);
  });
});
