import { draw } from "./dom.js";

/** @type {Record<string, string>} */
const SHAPES = {
  good: "M3.500 8.500l3 3 6-7",
  care: "M8 2.500l6 11H2zM8 6.500v3M8 11.500v.01",
  bad: "M4 4l8 8M12 4l-8 8",
  none: "M4 8h8",
  running: "M8 2.500a5.500 5.500 0 1 1-5.500 5.500",
};

/** A small shape for a state, beside its word. @param {string} mood */
export function mark(mood) {
  return draw("svg", { viewBox: "0 0 16 16", class: `mark ${mood}`, "aria-hidden": "true" }, draw("path", { d: SHAPES[mood] }));
}
