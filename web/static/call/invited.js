/**
 * What an invitation is for. The server alone can tell whether it is genuine; here it only fills in fields.
 * @param {string} text
 * @returns {{room: string, name: string}} empty if it cannot be read
 */
export function invited(text) {
  try {
    const base64 = text.split(".")[0].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const { r, n } = JSON.parse(new TextDecoder().decode(bytes));
    return { room: typeof r === "string" ? r : "", name: typeof n === "string" ? n : "" };
  } catch {
    return { room: "", name: "" };
  }
}
