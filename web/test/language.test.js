import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { chosen, languages, picker, speak } from "../static/language.js";

/** The page's surroundings, for one test. */
let kept, page;

function surround(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

class FakeElement {
  attributes = {};
  children = [];
  listeners = {};
  constructor(tag) {
    this.tag = tag;
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  append(...children) {
    this.children.push(...children);
  }
  addEventListener(type, listener) {
    this.listeners[type] = listener;
  }
}

beforeEach(() => {
  kept = new Map();
  page = { reloads: 0, documentElement: {} };
  surround("localStorage", { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) });
  surround("navigator", { languages: [] });
  surround("location", { reload: () => page.reloads++ });
  surround("document", {
    documentElement: page.documentElement,
    createElement: (tag) => new FakeElement(tag),
    createElementNS: (_, tag) => new FakeElement(tag),
  });
});

afterEach(() => {
  for (const name of ["localStorage", "navigator", "location", "document"]) delete globalThis[name];
});

describe("the language of a page", () => {
  const speaks = (...wishes) => {
    surround("navigator", { languages: wishes });
    return chosen();
  };

  test("is the first of the browser's that we have", () => {
    assert.equal(speaks("zh-Hans-CN", "en"), "zh");
    assert.equal(speaks("ko-KR"), "ko");
    assert.equal(speaks("RU-ru"), "ru");
    assert.equal(speaks("de-DE", "fr", "ko", "ru"), "ko");
    assert.equal(speaks("en-GB", "ru"), "en");
  });

  test("is English where we have none of them", () => {
    assert.equal(speaks("de", "fr"), "en");
    assert.equal(speaks(), "en");
    assert.equal(speaks("", "-", "constructor", "__proto__"), "en");
    surround("navigator", undefined);
    assert.equal(chosen(), "en");
  });

  test("is the one that was chosen before, whatever the browser speaks", () => {
    kept.set("turnpike.language", "ko");
    assert.equal(speaks("ru"), "ko");
    kept.set("turnpike.language", "klingon");
    assert.equal(speaks("ru"), "ru");
  });

  test("is the browser's where nothing may be kept", () => {
    surround("localStorage", { getItem: () => { throw new Error("forbidden"); } });
    assert.equal(speaks("ru"), "ru");
  });

  test("is said by the document, and only its words are loaded", async () => {
    surround("navigator", { languages: ["ru-RU"] });
    const never = () => assert.fail("not this one");
    assert.deepEqual(await speak({ en: never, ru: async () => ({ text: { yes: "да" } }), ko: never, zh: never }), { yes: "да" });
    assert.equal(page.documentElement.lang, "ru");
  });
});

describe("the picker", () => {
  const shown = () => picker().children.find(({ tag }) => tag === "select");

  test("has a name for a screen reader, and every language by its own", () => {
    kept.set("turnpike.language", "ko");
    const select = shown();
    assert.equal(select.attributes["aria-label"], "언어");
    assert.deepEqual(select.children.map(({ attributes: { value, lang }, children: [name] }) => [value, lang, name]),
      Object.entries(languages).map(([code, name]) => [code, code, name]));
    assert.deepEqual(select.children.filter(({ attributes }) => "selected" in attributes).map(({ attributes }) => attributes.value), ["ko"]);
  });

  test("keeps what is chosen, and the page comes again", () => {
    const select = shown();
    select.value = "zh";
    select.listeners.change();
    assert.equal(kept.get("turnpike.language"), "zh");
    assert.equal(page.reloads, 1);
    assert.equal(chosen(), "zh");
  });
});
