// The drawing on top: the ways from this device through its network to the server, and how far each gets.
import { draw } from "../page/dom.js";
import { text } from "./strings.js";
import { milliseconds } from "./words.js";

/** @typedef {import("./lanes.js").Lane} Lane */

const LANE = 44;
const HEAD = 76;
const POST = 44; // width of the things between which the ways run

/** @param {Lane} lane */
function nameOf({ transport }) {
  return transport === "web" ? text.web : transport.toUpperCase();
}

/** @param {Lane} lane */
function wordsOf({ state, ms }) {
  if (ms === null) return text[state];
  return state === "slow" ? `${milliseconds(ms)} · ${text.slow}` : milliseconds(ms);
}

/**
 * @param {Lane[]} all
 * @param {number} width in pixels
 */
export function drawing(all, width) {
  const height = HEAD + all.length * LANE + 12;
  const xs = [POST / 2, width / 2, width - POST / 2];
  const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": described(all) });
  const names = [text.device, text.nat, text.server];
  const anchors = ["start", "middle", "end"];
  xs.forEach((x, i) => {
    const left = x - POST / 2;
    svg.append(
      draw("rect", { x: left + 0.5, y: HEAD - 4, width: POST - 1, height: height - HEAD + 3, rx: 10, class: "post" }),
      draw("g", { transform: `translate(${x - 14} 8) scale(1.1667)`, class: "thing" }, draw("path", { d: THINGS[i] })),
      draw("text", { x: [0, width / 2, width][i], y: 58, "text-anchor": anchors[i], class: "thing-name" }, names[i]),
    );
  });
  all.forEach((one, i) => svg.append(way(one, xs, HEAD + LANE * i + LANE - 14)));
  return svg;
}

const THINGS = [
  "M3.5 5.5h17v11h-17zM8.500 20h7M12 16.500v3.500", // a screen
  "M4 13.500h16v6H4zM8 16.500h.01M11.500 16.500h.01M12 13.500V9.500M8.500 7a5 5 0 0 1 7 0M6 4.500a8.500 8.500 0 0 1 12 0", // a router
  "M5 4h14v6.500H5zM5 13.500h14V20H5zM8.500 7.250h.01M8.500 16.750h.01", // a rack
];

/** @param {Lane} lane @param {number[]} xs @param {number} y */
function way(lane, xs, y) {
  const { mood, ends } = lane;
  const from = xs[0] + POST / 2;
  const to = xs[2] - POST / 2;
  const cut = ends === "network" ? xs[1] - POST / 2 - 8 : ends === "server" ? to - 8 : to;
  const group = draw("g", { class: `way ${mood}` });
  group.append(draw("line", { x1: from, x2: cut, y1: y, y2: y, class: "line" }));
  if (ends) {
    if (ends === "network") group.append(draw("line", { x1: cut + 8, x2: to, y1: y, y2: y, class: "rest" }));
    group.append(draw("path", { d: `M${cut - 6} ${y - 6}l12 12M${cut + 6} ${y - 6}l-12 12`, class: "cross" }));
  } else if (mood === "good") {
    group.append(draw("circle", { cx: to, cy: y, r: 5, class: "dot" }));
  } else if (mood === "care") {
    group.append(draw("path", { d: `M${to} ${y - 7}l7 12h-14z`, class: "dot" }));
  }
  group.append(
    draw("text", { x: from + 8, y: y - 7, class: "name" }, nameOf(lane)),
    draw("text", { x: to - 8, y: y - 7, "text-anchor": "end", class: "words" }, wordsOf(lane)),
  );
  return group;
}

/** @param {Lane[]} all */
function described(all) {
  return all.map((lane) => `${nameOf(lane)}: ${wordsOf(lane)}`).join(". ");
}
