const KEY = "turnpike.key";

/**
 * Random text of so many bytes, in base64url.
 * @param {number} bytes
 */
export function randomText(bytes) {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...random)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/**
 * The key that proves our name, made at the first use. Where storage is forbidden it lasts as long as the page.
 * @param {import("./types.js").Store | null} storage
 */
export function guestKey(storage) {
  try {
    const kept = storage?.getItem(KEY);
    if (kept && kept.length >= 16) return kept;
  } catch {
    storage = null;
  }
  const key = randomText(24);
  try {
    storage?.setItem(KEY, key);
  } catch {
    // A private window: the name is free again when it closes.
  }
  return key;
}
