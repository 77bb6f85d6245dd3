/**
 * Asks the server by plain HTTP why it would not let us in.
 * @param {typeof globalThis.fetch} fetch
 * @param {string} url of the signaling endpoint
 * @returns {Promise<string>} empty if the server does not refuse us
 */
export async function diagnose(fetch, url) {
  const base = url.replace(/^ws/, "http");
  const ask = (/** @type {string} */ path) => fetch(new URL(path, base).href, { cache: "no-store" });
  try {
    return await refusal(await ask("ice"));
  } catch (err) {
    // A page of an origin that is not listed may not read its refusal, but it may read the library: if that is there,
    // and the other is not to be had again, the server is not away.
    if (!(await ask("../turnpike.js")).ok) return "";
    return await ask("ice").then(refusal, () => "pages of this origin are not allowed here; http.origins lists those that are");
  }
}

/** @param {Response} answer */
async function refusal(answer) {
  if (answer.status !== 403) return "";
  const said = (await answer.text()).trim();
  try {
    return String(JSON.parse(said).message).slice(0, 300);
  } catch {
    return said.slice(0, 300) || "the server does not allow this"; // not ours: something between us
  }
}
