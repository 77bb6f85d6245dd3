import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnose } from "../static/lib/diagnose.js";

const URL = "wss://calls.example.org/v1/signal";

/** A fetch that finds these answers in turn; null: the page may not read it, or nobody is there. */
function fetches(answers) {
  const asked = [];
  const fetch = async (url) => {
    asked.push(url);
    const [status, body] = answers.shift() ?? [0];
    if (!status) throw new TypeError("Failed to fetch");
    return new Response(body, { status });
  };
  return { fetch, asked };
}

test("the reason of the server is told in its own words", async () => {
  const { fetch, asked } = fetches([[403, '{"code":"forbidden","message":"set http.auth.mode"}\n']]);
  assert.equal(await diagnose(fetch, URL), "set http.auth.mode");
  assert.deepEqual(asked, ["https://calls.example.org/v1/ice"]);
});

test("a refusal by something in between is told too, and cut", async () => {
  assert.equal(await diagnose(fetches([[403, "blocked"]]).fetch, URL), "blocked");
  assert.equal(await diagnose(fetches([[403, ""]]).fetch, URL), "the server does not allow this");
  assert.equal((await diagnose(fetches([[403, "x".repeat(9999)]]).fetch, URL)).length, 300);
});

test("a server that answers otherwise does not refuse us", async () => {
  for (const status of [200, 401, 429, 502]) assert.equal(await diagnose(fetches([[status, "{}"]]).fetch, URL), "");
});

test("a page of an origin that is not listed learns that from the library being there", async () => {
  const { fetch, asked } = fetches([null, [200, "export {}"], null]);
  assert.match(await diagnose(fetch, URL), /http\.origins/);
  assert.deepEqual(asked.map((url) => url.slice(25)), ["/v1/ice", "/turnpike.js", "/v1/ice"]);
});

test("a server that is away, or was only for a moment, is no refusal", async () => {
  await assert.rejects(diagnose(fetches([]).fetch, URL));
  assert.equal(await diagnose(fetches([null, [502, ""]]).fetch, URL), "");
  assert.equal(await diagnose(fetches([null, [200, ""], [200, "{}"]]).fetch, URL), "");
});
