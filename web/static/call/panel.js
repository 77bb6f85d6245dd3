import { lineChart, table } from "../page/charts.js";
import { closes } from "../page/dialog.js";
import { make, the } from "../page/dom.js";
import { badge } from "./badge.js";
import { milliseconds, percent, rate, seconds } from "./figures.js";
import { text } from "./strings.js";

/** @typedef {import("../turnpike.js").Member} Member */
/** @typedef {import("../lib/path.js").End} End */

/** Everything that is known about the connection with one person, and its last minute. */
export class PathPanel {
  #dialog = the("path", HTMLDialogElement);
  #title = the("path-title", HTMLElement);
  #body = the("path-body", HTMLElement);
  /** @type {Member | null} */
  #member = null;
  #off = () => {};

  constructor() {
    closes(this.#dialog, the("path-close", HTMLButtonElement));
    this.#dialog.addEventListener("close", () => this.#forget());
  }

  /** @param {Member} member */
  open(member) {
    this.#forget();
    this.#member = member;
    const offs = /** @type {const} */ (["sample", "connection"]).map((type) => member.on(type, () => this.#draw(member)));
    this.#off = () => offs.forEach((off) => off());
    this.#title.textContent = text.connectionWith(member.name || text.guest);
    this.#body.replaceChildren();
    this.#draw(member);
    this.#dialog.showModal();
  }

  /** @param {Member} [member] only if it shows this one */
  close(member) {
    if (!member || member === this.#member) this.#dialog.close();
  }

  #forget() {
    this.#off();
    this.#off = () => {};
    this.#member = null;
  }

  /** @param {Member} member */
  async #draw(member) {
    const all = await member.meter.candidates().catch(() => []);
    if (member !== this.#member) return;
    const opened = [...this.#body.querySelectorAll("details")].map((details) => details.open);
    const { path } = member.meter;
    const { words } = badge(member);
    const series = minute(member.meter.samples);
    this.#body.replaceChildren(
      make("p", { class: "headline" }, words),
      section(text.selectedPair, path ? ends([{ ...path.local, side: "local" }, { ...path.remote, side: "remote" }]) : hint(text.noPair)),
      section(
        text.lastMinute,
        ...(series[0].points.length
          ? [make("div", { class: "charts" }, ...series.map((one) => lineChart(one, seconds))), folded(text.asTable, box(table(text.secondsAgo, series)))]
          : [hint(text.noSamples)]),
      ),
      folded(`${text.allCandidates} (${all.length})`, ends(all)),
    );
    this.#body.querySelectorAll("details").forEach((details, i) => (details.open = opened[i] ?? false));
  }
}

/** @param {import("../lib/meter.js").Sample[]} samples */
function minute(samples) {
  const now = samples[samples.length - 1]?.time ?? 0;
  /** @param {"rtt" | "loss" | "received" | "sent"} key */
  const points = (key) => samples.map((sample) => ({ age: (now - sample.time) / 1000, value: sample[key] }));
  return [
    { label: text.rtt, format: milliseconds, points: points("rtt"), least: 10 },
    { label: text.loss, format: percent, points: points("loss"), least: 0.05 },
    { label: text.received, format: rate, points: points("received"), least: 100_000 },
    { label: text.sent, format: rate, points: points("sent"), least: 100_000 },
  ];
}

/** @param {(End & {side: "local" | "remote", selected?: boolean})[]} all */
function ends(all) {
  const heads = [text.side, text.type, text.protocol, text.address, text.server];
  const rows = all.map((end) => {
    const protocol = end.relayProtocol ? text.protocolOver(end.protocol, end.relayProtocol) : end.protocol;
    const address = end.address ? `${bracketed(end.address)}:${end.port}` : text.hidden;
    const cells = [end.side === "local" ? text.local : text.remote, end.type, protocol, address, end.url];
    const row = make("tr", end.selected ? { class: "selected" } : {}, ...cells.map((cell) => make("td", {}, cell)));
    if (end.selected) row.cells[0].append(" ", make("strong", {}, text.inUse));
    return row;
  });
  return box(make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))), make("tbody", {}, ...rows)));
}

/** @param {string} address */
function bracketed(address) {
  return address.includes(":") ? `[${address}]` : address;
}

/** @param {string} title @param {Node[]} children */
function section(title, ...children) {
  return make("section", {}, make("h3", {}, title), ...children);
}

/** @param {string} title @param {Node} child */
function folded(title, child) {
  return make("details", {}, make("summary", {}, title), child);
}

/** @param {string} words */
function hint(words) {
  return make("p", { class: "hint" }, words);
}

/** Wide tables scroll in a box of their own. @param {Node} child */
function box(child) {
  return make("div", { class: "box", tabindex: "0" }, child);
}
