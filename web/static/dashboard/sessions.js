// The sessions of the relay: a table that can be sorted and filtered, and whose rows stay what they are while they change.
import { make, the } from "../page/dom.js";
import { setIcon } from "../page/icons.js";
import { text } from "./strings.js";
import { duration, number, rate, size } from "./words.js";

/** @typedef {import("./api.js").Session} Session @typedef {import("./api.js").Sessions} Sessions */
/** @typedef {Session & {key: string, age: number, up: number | null, down: number | null, total: number}} Row */

const MOST = 200; // rows that are drawn

/** @type {{name: keyof typeof text.column, value: (row: Row) => string | number, words: (row: Row) => string}[]} */
const columns = [
  { name: "user", value: (row) => row.user.toLowerCase(), words: (row) => row.user },
  { name: "client", value: (row) => row.client, words: (row) => row.client },
  { name: "transport", value: (row) => row.transport, words: (row) => row.transport.toUpperCase() },
  { name: "relay", value: (row) => row.relay, words: (row) => row.relay },
  { name: "age", value: (row) => row.age, words: (row) => duration(row.age) },
  { name: "peers", value: (row) => row.peers, words: (row) => number(row.peers) },
  { name: "sent", value: (row) => row.up ?? 0, words: (row) => (row.up === null ? "–" : rate(row.up)) },
  { name: "received", value: (row) => row.down ?? 0, words: (row) => (row.down === null ? "–" : rate(row.down)) },
  { name: "total", value: (row) => row.total, words: (row) => size(row.total) },
];
const words = new Set(["user", "client", "transport", "relay"]);

export class SessionTable {
  #filter = the("filter", HTMLInputElement);
  #hint = the("sessions-hint", HTMLElement);
  #box = the("sessions-box", HTMLElement);
  #body = make("tbody");
  /** @type {Map<string, HTMLTableRowElement>} */
  #drawn = new Map();
  /** @type {Sessions | null} */
  #last = null;
  /** @type {Row[]} */
  #rows = [];
  /** @type {Map<string, HTMLTableCellElement>} */
  #heads = new Map();
  #by = columns[4];
  #down = false;
  #narrowed = "";
  #ask;

  /** @param {(user: string) => void} ask wants a user disconnected */
  constructor(ask) {
    this.#ask = ask;
    const head = make("tr");
    for (const column of columns) {
      const button = make("button", { type: "button", class: "quiet" }, text.column[column.name]);
      button.addEventListener("click", () => this.#sort(column));
      const cell = make("th", { scope: "col", class: words.has(column.name) ? "" : "number" }, button);
      this.#heads.set(column.name, cell);
      head.append(cell);
    }
    head.append(make("td"));
    the("sessions", HTMLTableElement).append(make("thead", {}, head), this.#body);
    this.#filter.addEventListener("input", () => this.#draw());
    this.#mark();
  }

  /** What to ask the daemon for: where it has more than it lists, those that are looked for. */
  get query() {
    const more = this.#last !== null && this.#last.total > this.#last.sessions.length;
    if (more || this.#narrowed) this.#narrowed = this.#filter.value.trim();
    return this.#narrowed ? `v1/sessions?user=${encodeURIComponent(this.#narrowed)}` : "v1/sessions";
  }

  focus() {
    this.#filter.focus();
    this.#filter.select();
  }

  /** @param {Sessions} list */
  show(list) {
    const before = new Map(this.#last?.sessions.map((s) => [key(s), s]));
    const seconds = (list.now - (this.#last?.now ?? list.now)) / 1000;
    this.#rows = list.sessions.map((s) => {
      const old = before.get(key(s));
      const since = (/** @type {"sent" | "received"} */ way) => (old && seconds > 0 ? Math.max(0, s[way].bytes - old[way].bytes) / seconds : null);
      return { ...s, key: key(s), age: Math.max(0, (list.now - s.began) / 1000), up: since("sent"), down: since("received"), total: s.sent.bytes + s.received.bytes };
    });
    this.#last = list;
    this.#draw();
  }

  /** @param {typeof columns[number]} column */
  #sort(column) {
    this.#down = this.#by === column ? !this.#down : !words.has(column.name);
    this.#by = column;
    this.#mark();
    this.#draw(true);
  }

  #mark() {
    for (const [name, cell] of this.#heads) {
      if (name === this.#by.name) cell.setAttribute("aria-sort", this.#down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }

  /** @param {boolean} [anew] also rows that somebody is about to use change their places */
  #draw(anew = false) {
    if (!this.#last) return;
    const wanted = this.#filter.value.trim().toLowerCase();
    const found = this.#rows.filter((row) => [row.user, row.client, row.transport, row.relay].some((value) => value.toLowerCase().includes(wanted)));
    const { value } = this.#by;
    const order = this.#down ? -1 : 1;
    found.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      const by = typeof x === "string" && typeof y === "string" ? x.localeCompare(y, "en", { numeric: true }) : Number(x) - Number(y);
      return order * by || a.began - b.began || (a.key < b.key ? -1 : 1);
    });
    const rows = found.slice(0, MOST);
    const all = Math.max(this.#last.total, found.length);
    this.#say(rows.length, wanted === "" || this.#last.total > this.#last.sessions.length ? all : found.length);
    this.#box.hidden = rows.length === 0;

    const keys = new Set(rows.map((row) => row.key));
    for (const [key, row] of this.#drawn) {
      if (!keys.has(key)) {
        row.remove();
        this.#drawn.delete(key);
      }
    }
    const still = !anew && (this.#body.matches(":hover") || this.#body.contains(document.activeElement));
    rows.forEach((row, i) => {
      const drawn = this.#drawn.get(row.key);
      const element = drawn ?? this.#row(row);
      columns.forEach(({ words }, n) => {
        const cell = element.cells[n];
        const now = words(row);
        if (cell.textContent !== now) cell.textContent = now;
      });
      if (!drawn || !still) {
        const there = this.#body.rows[i];
        if (there !== element) this.#body.insertBefore(element, there ?? null);
      }
    });
  }

  /** @param {number} some @param {number} all */
  #say(some, all) {
    let now = "";
    if (this.#last?.total === 0 && this.#narrowed === "") now = text.noSessions;
    else if (some === 0) now = text.noneFound;
    else if (some < all) now = text.shown(number(some), number(all));
    if (this.#hint.textContent !== now) this.#hint.textContent = now;
    this.#hint.hidden = now === "";
  }

  /** @param {Row} row */
  #row({ key, user }) {
    const element = make("tr");
    for (const { name } of columns) element.append(name === "user" ? make("th", { scope: "row" }) : make("td", { class: words.has(name) ? "" : "number" }));
    const button = make("button", { type: "button", class: "quiet", "aria-label": text.disconnectUser(user) }, text.disconnect);
    setIcon(button, "remove");
    button.addEventListener("click", () => this.#ask(user));
    element.append(make("td", { class: "act" }, button));
    this.#drawn.set(key, element);
    return element;
  }
}

/** @param {Session} s */
const key = (s) => `${s.transport} ${s.client} ${s.relay} ${s.began}`;
