// What the results mean for calls, in plain words.
import { make } from "../page/dom.js";
import { mark } from "../page/mark.js";
import { reaches } from "./nat.js";
import { text } from "./strings.js";

/** @typedef {import("./types.js").Nat} Nat */

/** Calls to where other people usually are. @param {Nat} nat @param {boolean} relay whether some way to the relay works */
export function meaning(nat, relay) {
  if (nat.local) return [make("li", {}, mark("none"), text.natLocal)];
  const how = reaches(nat);
  return /** @type {const} */ (["home", "office", "mobile"]).map((place) => {
    const direct = how[place] === "direct";
    const never = !relay && how[place] === "relay";
    const mood = never ? "bad" : direct || relay ? "good" : "care";
    return make("li", { "data-place": place }, mark(mood), make("span", {}, make("strong", {}, text.place[place]), " ", never ? text.broken : text.reach[how[place]]));
  });
}

/** What is known of the network. @param {Nat} nat */
export function facts(nat) {
  const list = [];
  if (!nat.udp) list.push(text.natNoUdp);
  else if (!nat.local) list.push(text.mapping[nat.mapping]);
  if (nat.shared) list.push(text.natShared);
  list.push(nat.ipv6 ? text.natIpv6 : text.natNoIpv6);
  const seen = [...new Set([...nat.reflexive, nat.http].filter(Boolean))];
  if (seen.length && !nat.local) list.push(text.natSeen(seen.join(", ")));
  return list.map((words) => make("li", {}, words));
}
