// Small drawings of our own, 24 by 24, drawn with a line in the colour of the text.
import { draw } from "./dom.js";

/** @type {Record<string, string>} */
const drawings = {
  mic: "M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
  "mic-off": "M15 10V6.5a3 3 0 0 0-5.8-1M9 9v2.5a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5a6.5 6.5 0 0 1-.6 2.700M12 18v3M4 3.500l16.5 17",
  camera: "M3.5 7.500a1.5 1.5 0 0 1 1.5-1.500h9a1.5 1.5 0 0 1 1.5 1.500v9a1.5 1.5 0 0 1-1.5 1.500H5a1.5 1.5 0 0 1-1.5-1.500zM15.5 10.500l5-3v9l-5-3",
  "camera-off": "M9 6h5a1.5 1.5 0 0 1 1.5 1.500V11l5-3.500v9l-3-1.800M15.5 16.500A1.5 1.5 0 0 1 14 18H5a1.5 1.5 0 0 1-1.5-1.500v-9c0-.6.3-1.1.800-1.300M4 3.500l16.5 17",
  screen: "M3.5 5.500h17v11h-17zM8.5 20h7M12 13.500v-5M9.5 10.500L12 8l2.5 2.5",
  devices: "M4 7h8M16 7h4M14 5v4M4 12h3M11 12h9M9 10v4M4 17h10M18 17h2M16 15v4",
  chat: "M4 5.500h16v11h-9l-4.5 3.500v-3.500H4z",
  hangup: "M3.5 14.500c5-5 12-5 17 0l-2.2 2.5-3.3-1.500v-2.700a10 10 0 0 0-6 0v2.700L5.7 17z",
  call: "M6.5 4h3l1.5 4-2 1.500a11 11 0 0 0 5.5 5.500l1.5-2 4 1.500v3c0 1-.8 1.7-1.8 1.600C11 18.4 5.6 13 4.9 5.8 4.8 4.8 5.5 4 6.5 4z",
  copy: "M8.5 8.500h11v11h-11zM15.5 8.500v-4h-11v11h4",
  save: "M12 4v11M8 11l4 4 4-4M5 19.500h14",
  test: "M3.500 12h4l2.500-6.500 4 13 2.500-6.500h4",
  share: "M12 15V4M8 8l4-4 4 4M5 12v7.500h14V12",
  locked: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3M12 14.500v2",
  unlocked: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 6.800-1.200M12 14.500v2",
  remove: "M13.500 4.500h6v15h-6M4.500 12h10M8.500 8l-4 4 4 4",
  language: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM3.500 12h17M12 3.500c5 5 5 12 0 17M12 3.500c-5 5-5 12 0 17",
  close: "M6 6l12 12M18 6L6 18",
  pause: "M9 5.500v13M15 5.500v13",
  play: "M8 5.500l10 6.500-10 6.500z",
  renew: "M19 6v4h-4M19 10a7 7 0 1 0 .5 5",
  direct: "M6 12h12M5 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM19 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  relayed: "M6 15.500l4.5-6M13.5 9.500l4.5 6M5 18.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM19 18.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM12 9.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  broken: "M7 12h2M15 12h2M5 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM19 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM11 9l2 6",
};

/**
 * A drawing. It says nothing to a screen reader: what it stands in must have a label.
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  return draw("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }, draw("path", { d: drawings[name] }));
}

/**
 * Shows another drawing in an element that has one already, or puts it in front.
 * @param {Element} element
 * @param {string} name
 */
export function setIcon(element, name) {
  if (element.getAttribute("data-shows") === name) return;
  element.setAttribute("data-shows", name);
  const before = element.querySelector(":scope > svg.icon");
  if (before) before.replaceWith(icon(name));
  else element.prepend(icon(name));
}
