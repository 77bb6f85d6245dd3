/** @typedef {import("./types.js").Frame} Frame */

const MOST = 64;
const SIZE = 200_000;
const SIGN = 20_000;
const SILENCE = 40_000;

/**
 * The connection for networks that eat WebSockets: what the server says comes as an event stream, what we say goes by
 * POST. It has the face of a WebSocket as far as Socket knows one.
 */
export class EventSocket {
  /** @type {((event: any) => void) | null} */
  onopen = null;
  /** @type {((event: {data: string}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number, reason: string}) => void) | null} */
  onclose = null;
  /** @type {((event: any) => void) | null} */
  onerror = null;

  #base;
  #fetch;
  #timers;
  #abort = new AbortController();
  #token = "";
  #seq = 0;
  /** @type {string[]} */
  #waiting = [];
  #posting = false;
  #closed = false;
  /** @type {any} */
  #sign = null;
  /** @type {any} */
  #watch = null;

  /**
   * @param {string} url of the WebSocket that it stands for
   * @param {typeof globalThis.fetch} fetch
   * @param {import("./types.js").Timers} timers
   */
  constructor(url, fetch, timers) {
    this.#base = url.replace(/^ws/, "http");
    this.#fetch = fetch;
    this.#timers = timers;
    queueMicrotask(() => this.onopen?.({}));
  }

  /** @param {string} text */
  send(text) {
    if (this.#closed) return;
    this.#waiting.push(text);
    this.#post();
  }

  /** @param {number} [_code] what waits is still sent, even if the page goes */
  close(_code) {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#token && this.#waiting.length > 0) {
      this.#request("send", { method: "POST", body: `[${this.#waiting}]`, keepalive: true }).catch(() => {});
    }
    this.#stop();
  }

  async #post() {
    if (this.#posting) return;
    this.#posting = true;
    try {
      while (this.#waiting.length > 0 && !this.#closed) {
        const batch = this.#batch();
        const greeting = !this.#token;
        const answer = await this.#request("send", { method: "POST", body: `[${batch}]`, keepalive: !greeting && batch.join().length < 60_000 });
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        const said = await answer.json();
        for (const frame of Array.isArray(said) ? said : [said]) this.#hear(frame);
        if (greeting && this.#token) this.#listen();
        this.#rest();
      }
    } catch (err) {
      this.#fail(1006, String(err));
    } finally {
      this.#posting = false;
    }
  }

  /** Takes as many frames as go into one request; hello goes alone. */
  #batch() {
    const most = this.#token ? MOST : 1;
    let size = 0;
    let count = 0;
    for (const text of this.#waiting.slice(0, most)) {
      size += text.length;
      if (count > 0 && size > SIZE) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #listen() {
    try {
      const answer = await this.#request(`events?ack=${this.#seq}`, { signal: this.#abort.signal });
      if (!answer.ok || !answer.body) throw new Error(`the server answered ${answer.status}`);
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      let text = "";
      for (;;) {
        this.#expect();
        const { done, value } = await reader.read();
        if (done) break;
        const events = (text + decoder.decode(value, { stream: true })).split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) this.#event(event);
      }
      this.#fail(1006, "the event stream ended");
    } catch (err) {
      this.#fail(1006, String(err));
    }
  }

  /** @param {string} event */
  #event(event) {
    const data = /^data: (.*)$/m.exec(event)?.[1];
    if (data === undefined) return; // a heartbeat
    const said = JSON.parse(data);
    if (/^event: close$/m.test(event)) this.#fail(said.code, said.reason);
    // The stream begins with a welcome of its own, of which only the token is news.
    else if (said.type === "welcome") this.#hear({ type: "resume", resume: said.resume });
    else this.#hear(said);
  }

  /** @param {Frame} frame */
  #hear(frame) {
    if (this.#closed) return;
    if (typeof frame.resume?.token === "string") this.#token = frame.resume.token;
    if (Number.isInteger(frame.seq)) this.#seq = frame.seq;
    else if (frame.type === "welcome" && frame.resumed !== true) this.#seq = 0;
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** The server has to hear from us now and then. */
  #rest() {
    this.#timers.clearTimeout(this.#sign);
    if (!this.#closed) this.#sign = this.#timers.setTimeout(() => this.send('{"type":"ping"}'), SIGN);
  }

  /** And we from it. */
  #expect() {
    this.#timers.clearTimeout(this.#watch);
    if (!this.#closed) this.#watch = this.#timers.setTimeout(() => this.#fail(1006, "the event stream is silent"), SILENCE);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #fail(code, reason) {
    if (this.#closed) return;
    this.#closed = true;
    this.#stop();
    this.onclose?.({ code, reason });
  }

  #stop() {
    this.#timers.clearTimeout(this.#sign);
    this.#timers.clearTimeout(this.#watch);
    this.#abort.abort();
  }

  /**
   * @param {string} path
   * @param {RequestInit} init
   */
  #request(path, init) {
    const headers = { ...(this.#token && { Authorization: `Bearer ${this.#token}` }), ...(init.body !== undefined && { "Content-Type": "application/json" }) };
    const fetch = this.#fetch;
    return fetch(new URL(path, this.#base).href, { ...init, headers, cache: "no-store" });
  }
}
