// Each file has a data channel of its own. First comes what it is, as JSON; then the bytes; the receiver says "whole"
// when it has them all, so that the sender does not take "in my buffer" for "there".
import { Client, roomName } from "http://localhost:8080/turnpike.js";

const CHUNK = 64 * 1024; // every browser takes messages of that size
const FULL = 4 * 1024 * 1024; // the most that may wait in a channel: memory stays small, and the line is never idle
const ENDED = "the connection ended";
const LARGEST = 1024 * 1024 * 1024; // a received file is kept in memory

const the = (id) => document.getElementById(id);
const say = (text) => (the("status").textContent = text);

location.hash ||= roomName();
the("link").href = the("link").textContent = location.href;

const client = new Client();
client.on("refused", (err) => say(err.message));
addEventListener("pagehide", () => client.close());

let room;
const known = new WeakSet();
try {
  room = await client.join(location.hash.slice(1));
  room.members.forEach(meet);
  room.on("member", meet);
  room.on("left", count);
  count();
} catch (err) {
  say(err.message);
}

function meet(member) {
  if (known.has(member)) return count(); // it was away, and is back
  known.add(member);
  member.on("datachannel", ({ channel }) => receive(channel));
  member.on("connection", count);
}

function count() {
  const connected = [...room.members].filter((member) => member.connected).length;
  say(connected ? `Connected to ${connected}.` : "Nobody is there yet.");
}

the("choose").onchange = ({ target }) => sendAll(target.files);
const drop = the("drop");
drop.ondragover = (event) => {
  event.preventDefault();
  drop.classList.add("over");
};
drop.ondragleave = () => drop.classList.remove("over");
drop.ondrop = (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  sendAll(event.dataTransfer.files);
};

function sendAll(files) {
  const members = [...(room?.members ?? [])].filter((member) => member.connected);
  if (members.length === 0) return say("Nobody is there yet.");
  for (const file of files) for (const member of members) send(file, member);
}

/** @param {File} file */
async function send(file, member) {
  const line = new Line(`To ${member.name || "the other"}: ${file.name}`, file.size);
  const channel = member.createDataChannel("file");
  channel.bufferedAmountLowThreshold = FULL / 2;
  try {
    await happens(channel, "open");
    const whole = happens(channel, "message");
    whole.catch(() => {}); // whatever else fails then says so
    channel.send(JSON.stringify({ name: file.name, size: file.size }));
    for (let at = 0; at < file.size; at += CHUNK) {
      const bytes = await file.slice(at, at + CHUNK).arrayBuffer();
      if (channel.bufferedAmount > FULL) await happens(channel, "bufferedamountlow");
      if (channel.readyState !== "open") throw new Error(ENDED);
      channel.send(bytes);
      line.progress(at + bytes.byteLength - channel.bufferedAmount);
    }
    await whole;
    line.done("sent");
  } catch (err) {
    line.fail(err.message);
  } finally {
    channel.close();
  }
}

/** The next such event, unless the channel closes first. */
function happens(channel, type) {
  return new Promise((resolve, reject) => {
    if (type === "open" && channel.readyState === "open") return resolve();
    channel.addEventListener(type, resolve, { once: true });
    channel.addEventListener("close", () => reject(new Error(ENDED)), { once: true });
  });
}

/** @param {RTCDataChannel} channel of somebody whom we need not trust */
function receive(channel) {
  channel.binaryType = "arraybuffer";
  let file, line;
  let got = 0;
  const parts = [];
  const refuse = (why) => {
    line?.fail(why);
    channel.onmessage = channel.onclose = null;
    parts.length = 0;
    channel.close();
  };
  channel.onclose = () => refuse(ENDED);
  channel.onmessage = ({ data }) => {
    if (!file) {
      file = announced(data);
      if (!file) return refuse("");
      line = new Line(`From the other: ${file.name}`, file.size);
    } else {
      if (!(data instanceof ArrayBuffer) || got + data.byteLength > file.size) return refuse("more came than was announced");
      parts.push(data);
      got += data.byteLength;
      line.progress(got);
    }
    if (got < file.size) return;
    channel.onclose = null;
    channel.send("whole"); // the sender closes the channel
    line.done("received", new Blob(parts), file.name);
  };
}

/** @returns {{name: string, size: number} | null} */
function announced(data) {
  try {
    const { name, size } = JSON.parse(data);
    const sane = typeof name === "string" && name.length <= 255 && Number.isInteger(size) && size >= 0 && size <= LARGEST;
    return sane ? { name, size } : null;
  } catch {
    return null;
  }
}

/** A file in the list. */
class Line {
  #item = document.createElement("li");
  #title = document.createElement("span");
  #bar = document.createElement("progress");

  constructor(title, size) {
    this.#title.textContent = title;
    this.#bar.max = size || 1;
    this.#bar.value = 0;
    this.#bar.ariaLabel = title;
    this.#item.append(this.#title, this.#bar);
    the("files").append(this.#item);
  }

  progress(bytes) {
    this.#bar.value = Math.max(0, bytes);
  }

  done(word, blob, name) {
    this.#bar.remove();
    this.#item.append(`, ${word}. `);
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob); // without a type: whatever it is, it is not run
    link.download = name;
    link.textContent = "Save";
    link.ariaLabel = `Save ${name}`;
    this.#item.append(link);
  }

  fail(why) {
    this.#bar.remove();
    this.#item.append(`: ${why}.`);
  }
}
