import { make, the } from "../page/dom.js";
import { setIcon } from "../page/icons.js";
import { text } from "./strings.js";

const KEPT = 500;

/** The text chat. Lines go straight to the others over data channels and are kept only here, the last 500. */
export class Chat {
  #element = the("chat", HTMLElement);
  #log = the("chat-log", HTMLElement);
  #field = the("chat-text", HTMLInputElement);
  #empty = make("p", { class: "hint" }, text.chatEmpty);
  #me;
  #changed;
  #unread = 0;
  /** @type {import("./meeting.js").Gathering | null} */
  #gathering = null;

  /**
   * @param {() => string} me how our own lines are signed
   * @param {(open: boolean, unread: number) => void} changed
   */
  constructor(me, changed) {
    this.#me = me;
    this.#changed = changed;
    const close = the("chat-close", HTMLButtonElement);
    setIcon(close, "close");
    close.addEventListener("click", () => this.toggle());
    this.#element.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle());
    the("chat-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  /** @param {import("./meeting.js").Gathering} gathering */
  start(gathering) {
    this.#gathering = gathering;
    this.#log.replaceChildren(this.#empty);
    this.#element.hidden = true;
    this.#count(0);
  }

  stop() {
    this.#gathering = null;
  }

  /** @param {import("../turnpike.js").Member} member */
  listen(member) {
    member.on("text", ({ text: line }) => {
      if (!this.#gathering?.members.has(member)) return;
      this.#add(member.name || text.guest, line);
      if (this.#element.hidden) this.#count(this.#unread + 1);
    });
  }

  toggle() {
    this.#element.hidden = !this.#element.hidden;
    this.#count(0);
    if (!this.#element.hidden) this.#field.focus();
    else /** @type {HTMLElement | null} */ (document.querySelector('#bar [data-control="chat"]'))?.focus();
  }

  #send() {
    const line = this.#field.value.trim();
    if (!line || !this.#gathering) return;
    const reached = this.#gathering.say(line);
    this.#add(this.#me(), line, reached ? "" : text.chatAlone);
    this.#field.value = "";
  }

  /**
   * @param {string} who
   * @param {string} line
   * @param {string} [note]
   */
  #add(who, line, note = "") {
    this.#empty.remove();
    const time = new Date();
    const clock = time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const entry = make(
      "article",
      {},
      make("p", { class: "by" }, make("strong", {}, who), " ", make("time", { datetime: time.toISOString() }, clock)),
      make("p", {}, line),
    );
    if (note) entry.append(make("p", { class: "hint" }, note));
    this.#log.append(entry);
    while (this.#log.childElementCount > KEPT) this.#log.firstElementChild?.remove();
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** @param {number} unread */
  #count(unread) {
    this.#unread = unread;
    this.#changed(!this.#element.hidden, unread);
  }
}
