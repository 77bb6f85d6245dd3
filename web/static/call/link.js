import { invited } from "./invited.js";

/**
 * The address that leads into a room. The room stands in the fragment, which browsers send to no server.
 * @param {string} page
 * @param {string} room
 */
export function invitation(page, room) {
  const url = new URL(page);
  url.search = "";
  url.hash = new URLSearchParams({ room }).toString();
  return url.href;
}

/**
 * @typedef {object} Wishes what the address of a page asks for
 * @property {string} room
 * @property {string} name
 * @property {boolean} relay
 * @property {string} invite an invitation that the server has to be shown
 */

/**
 * What is in the fragment counts before what is in the query; an invitation is read nowhere else.
 * @param {Pick<Location, "search" | "hash">} location
 * @returns {Wishes}
 */
export function wishes({ search, hash }) {
  const query = new URLSearchParams(search);
  const fragment = new URLSearchParams(hash.slice(1));
  const wish = (/** @type {string} */ key) => fragment.get(key) ?? query.get(key) ?? "";
  const invite = fragment.get("invite") ?? "";
  const { room, name } = invited(invite);
  return { room: room || wish("room").slice(0, 128), name: wish("name").slice(0, 64) || name, relay: wish("relay") === "1", invite };
}
