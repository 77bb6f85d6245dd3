// What one device tells another of its own test: what is needed to explain what goes between the two.
import { causes, pageCauses } from "./causes.js";
import { short } from "./report.js";
import { works } from "./why.js";

/**
 * @typedef {import("./types.js").Nat} Nat
 * @typedef {object} Other
 * @property {import("./types.js").Why} verdict
 * @property {Nat | null} nat
 * @property {{transport: string, works: boolean}[]} relays the ways to the relay
 */

/**
 * @param {import("./types.js").Why} verdict
 * @param {Nat | null} nat
 * @param {import("./types.js").Row[]} rows
 * @returns {Other}
 */
export function told({ mood, cause, figures }, nat, rows) {
  const relays = rows.filter(({ kind }) => kind === "turn").map((row) => ({ transport: row.transport, works: works(row) }));
  return short({ verdict: { mood, cause, figures }, nat, relays });
}

const MOODS = ["good", "care", "bad", "none"];
const MAPPINGS = ["independent", "dependent", "none", "unknown"];

/** What the other side says of itself, with nothing in it that we do not know. @param {any} said @returns {Other | null} */
export function soundOther(said) {
  const { verdict, nat, relays } = said ?? {};
  if (!MOODS.includes(verdict?.mood) || ![...causes, ...pageCauses].includes(verdict.cause) || !Array.isArray(relays)) return null;
  return {
    verdict: { mood: verdict.mood, cause: verdict.cause, figures: soundFigures(verdict.figures) },
    nat: nat ? soundNat(nat) : null,
    relays: relays.slice(0, 20).map((relay) => ({ transport: String(relay?.transport).slice(0, 8), works: relay?.works === true })),
  };
}

/** @param {any} figures */
function soundFigures(figures) {
  const sound = (/** @type {unknown} */ value) => (typeof value === "number" && Number.isFinite(value)) || (typeof value === "string" && value.length <= 200);
  const numbers = ["port", "seconds", "ms", "share", "limit"];
  return Object.fromEntries(
    Object.entries(figures ?? {})
      .filter(([key, value]) => sound(value) && numbers.includes(key) === (typeof value === "number"))
      .slice(0, 12),
  );
}

/** @param {any} nat @returns {Nat} */
function soundNat(nat) {
  const flag = (/** @type {string} */ key) => nat[key] === true;
  return {
    mapping: MAPPINGS.includes(nat.mapping) ? nat.mapping : "unknown",
    reflexive: [],
    ipv4: flag("ipv4"),
    ipv6: flag("ipv6"),
    udp: flag("udp"),
    shared: flag("shared"),
    vpn: flag("vpn"),
    local: flag("local"),
    http: "",
  };
}
