import { draw } from "./dom.js";
import { qr } from "./qr.js";

const QUIET = 4; // modules of white around the code, which readers need

/**
 * A QR code as a drawing. What it stands in must have a label.
 * @param {string} text
 */
export function qrCode(text) {
  const modules = qr(text);
  const size = modules.length + 2 * QUIET;
  const dark = modules.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : [])));
  return draw("svg", { viewBox: `0 0 ${size} ${size}`, "shape-rendering": "crispEdges" }, draw("path", { d: dark.join("") }));
}
