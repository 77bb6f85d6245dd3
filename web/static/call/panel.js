import { lineChart, table } from "../page/charts.js";
import { closes } from "../page/dialog.js";
import { make, the } from "../page/dom.js";
import { badge } from "./badge.js";
import { milliseconds, percent, rate, seconds } from "./figures.js";
import { text } from "./strings.js";

/** @typedef {import("../turnpike.js").Member} Member */
/** @typedef {import("../lib/path.js").End & {side: "local" | "remote", selected?: boolean}} Candidate */

/**
 * Everything that is known about the connection with one person, and its last minute. What stands in its boxes changes
 * every second; the boxes stay, and with them the focus and how far they are scrolled.
 */
export class PathPanel {
  #dialog = the("path", HTMLDialogElement);
  #title = the("path-title", HTMLElement);
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
    const offs = /** @type {const} */ (["sample", "connection", "away"]).map((type) => member.on(type, () => this.#draw(member)));
    this.#off = () => offs.forEach((off) => off());
    this.#title.textContent = text.connectionWith(member.name || text.guest);
    for (const details of this.#dialog.querySelectorAll("details")) details.open = false;
    this.#show(member, []);
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
    if (member === this.#member) this.#show(member, all);
  }

  /**
   * @param {Member} member
   * @param {Candidate[]} all
   */
  #show(member, all) {
    const { path, samples } = member.meter;
    const series = minute(samples);
    const measured = samples.length > 0;
    fill("path-words", badge(member).words);
    fill("path-pair", ...(path ? [ends([{ ...path.local, side: "local" }, { ...path.remote, side: "remote" }])] : []));
    fill("path-charts", ...(measured ? series.map((one) => lineChart(one, seconds)) : []));
    fill("path-table", ...(measured ? [table(text.secondsAgo, series)] : []));
    fill("path-count", `${text.allCandidates} (${all.length})`);
    fill("path-all", ends(all));
    the("path-none", HTMLElement).hidden = path !== null;
    the("path-unmeasured", HTMLElement).hidden = measured;
    the("path-measured", HTMLElement).hidden = !measured;
  }
}

/**
 * @param {string} id
 * @param {(Node | string)[]} content
 */
function fill(id, ...content) {
  the(id, HTMLElement).replaceChildren(...content);
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

/** @param {Candidate[]} all */
function ends(all) {
  const heads = [text.side, text.type, text.protocol, text.address, text.server];
  const rows = all.map((end) => {
    const protocol = end.relayProtocol ? text.protocolOver(end.protocol, end.relayProtocol) : end.protocol;
    const address = end.address ? `${bracketed(end.address)}:${end.port}` : text.hidden;
    const cells = [end.side === "local" ? text.local : text.remote, end.type, protocol, address, end.url];
    const row = make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
    if (end.selected) row.cells[0].append(" ", make("strong", {}, text.inUse));
    return row;
  });
  const head = make("tr", {}, ...heads.map((one) => make("th", { scope: "col" }, one)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

/** @param {string} address */
function bracketed(address) {
  return address.includes(":") ? `[${address}]` : address;
}
