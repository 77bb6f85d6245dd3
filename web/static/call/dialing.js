import { the } from "../page/dom.js";
import { sayEnding, text } from "./strings.js";

/** What stands there between placing a call and its being accepted, and afterwards if it was not. */
export class Dialing {
  #main = the("dialing", HTMLElement);
  #words = the("dialing-words", HTMLElement);
  #cancel = the("dialing-cancel", HTMLButtonElement);
  #again = the("dialing-again", HTMLButtonElement);
  #back = the("dialing-back", HTMLButtonElement);
  #accepted;
  /** @type {import("../turnpike.js").Call | null} */
  #call = null;

  /**
   * @param {object} actions
   * @param {(name: string) => Promise<void>} actions.call
   * @param {(call: import("../turnpike.js").Call) => void} actions.accepted
   * @param {() => void} actions.back
   */
  constructor({ call, accepted, back }) {
    this.#accepted = accepted;
    this.#cancel.addEventListener("click", () => {
      const placed = this.#call;
      this.#call = null;
      placed?.hangup();
      back();
    });
    this.#again.addEventListener("click", () => this.#call && call(this.#call.name));
    this.#back.addEventListener("click", () => back());
  }

  /** @param {boolean} visible */
  show(visible) {
    this.#main.hidden = !visible;
  }

  /** @param {import("../turnpike.js").Call} call */
  follow(call) {
    this.#call = call;
    call.on("state", () => this.#show(call));
    this.#show(call);
  }

  /** Gives up a call that is still ringing somewhere. */
  abandon() {
    const placed = this.#call;
    this.#call = null;
    if (placed && placed.state !== "accepted") placed.hangup();
  }

  /** @param {import("../turnpike.js").Call} call */
  #show(call) {
    if (call !== this.#call) return;
    if (call.state === "accepted") {
      this.#call = null;
      return this.#accepted(call);
    }
    const over = call.state === "ended";
    this.#words.textContent = over
      ? sayEnding(call.reason, call.name)
      : call.state === "ringing"
        ? text.ringing(call.name)
        : text.calling(call.name);
    this.#cancel.hidden = over;
    this.#again.hidden = this.#back.hidden = !over;
    if (!this.#main.hidden) (over ? this.#again : this.#cancel).focus();
  }
}
