// The test page: puts the parts together.
import { picker } from "../language.js";
import { roomName } from "../lib/roomname.js";
import { fillWords, the } from "../page/dom.js";
import { setIcon } from "../page/icons.js";
import { toast } from "../page/toast.js";
import { parse } from "./iceurl.js";
import { Invitation, wishes } from "./invitation.js";
import { told } from "./other.js";
import { Run } from "./run.js";
import { Session } from "./session.js";
import { text } from "./strings.js";
import { read } from "./report.js";
import { View } from "./view.js";
import { Pair } from "./two.js";

fillWords(text);
document.title = `${text.title} · turnpike`;
the("top", HTMLElement).append(picker());
the("home", HTMLAnchorElement).title = text.toCall;

const url = new URL("../v1/signal", import.meta.url).href.replace(/^http/, "ws");
const asked = wishes();
const hello = asked.invite ? { invite: asked.invite } : {};
const view = new View();
const start = the("start", HTMLButtonElement);
const cancel = the("cancel", HTMLButtonElement);
const together = the("pair", HTMLButtonElement);

/** @type {Run | null} */
let run = null;
/** @type {Pair | null} */
let pair = null;
/** @type {Session | null} that of the room */
let session = null;
let abort = new AbortController();

for (const [button, icon, words] of /** @type {const} */ ([
  [start, "test", text.start],
  [together, "devices", text.pair],
  [the("copy", HTMLButtonElement), "copy", text.copy],
  [the("save", HTMLButtonElement), "save", text.save],
])) {
  button.textContent = words;
  setIcon(button, icon);
}

start.addEventListener("click", () => test());
cancel.addEventListener("click", () => {
  run?.cancel();
  abort.abort();
});
together.addEventListener("click", () => enter(roomName()));
the("copy", HTMLButtonElement).addEventListener("click", copy);
the("save", HTMLButtonElement).addEventListener("click", save);
the("elsewhere-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  elsewhere();
});
the("open", HTMLButtonElement).addEventListener("click", () => the("open-file", HTMLInputElement).click());
the("open-file", HTMLInputElement).addEventListener("change", opened);
addEventListener("pagehide", () => {
  run?.cancel();
  session?.close();
});

if (asked.room) enter(asked.room);

/** @param {import("./run.js").Elsewhere | null} [other] a server that is not ours */
async function test(other = null) {
  if (run?.running || !("RTCPeerConnection" in globalThis)) {
    if (!run) view.showTrouble({ mood: "bad", cause: "no-webrtc", figures: {} });
    return;
  }
  abort = new AbortController();
  const mine = (run = new Run({ url, hello, elsewhere: other, session: other ? null : session, changed: () => view.show(mine) }));
  busy(true);
  view.begin();
  if (!other) pair?.started();
  try {
    await mine.start();
    view.finish(mine, pair);
    if (pair?.state === "here" && !other && !abort.signal.aborted) await tryWays(mine);
    if (mine.session !== session) mine.session?.close();
    view.publish();
  } finally {
    busy(false);
  }
}

/** @param {Run} mine */
async function tryWays(mine) {
  if (!pair || !session || !mine.verdict) return;
  // Fresh credentials, and what the relay sees from now on belongs to the two.
  await session.test();
  const { iceServers, discovery } = session.means;
  await pair.test(told(mine.verdict, mine.nat, mine.rows), iceServers, discovery, abort.signal);
  session.endTest();
  view.finishTwo(mine, pair);
}

/** @param {boolean} is */
function busy(is) {
  // Whoever pressed a button that goes stays where they are with the keyboard.
  const held = document.activeElement === start || document.activeElement === cancel;
  start.hidden = is;
  cancel.hidden = !is;
  together.hidden = is || pair !== null;
  start.replaceChildren(text.again);
  start.removeAttribute("data-shows");
  setIcon(start, "renew");
  if (held) (is ? cancel : start).focus({ preventScroll: true });
}

/** @param {string} room */
async function enter(room) {
  together.hidden = true;
  const invitation = new Invitation(room, asked.invite);
  history.replaceState(null, "", invitation.link);
  session = new Session(url, hello);
  const mine = (pair = new Pair({ session, room, changed: () => view.showPair(mine), begin: () => test() }));
  view.showPair(mine);
  if (await session.open(new AbortController().signal)) await mine.join();
}

function elsewhere() {
  const value = (/** @type {string} */ id) => the(id, HTMLInputElement).value.trim();
  const parsed = parse(value("elsewhere-url"));
  const field = the("elsewhere-url", HTMLInputElement);
  field.setAttribute("aria-invalid", String(!parsed));
  the("elsewhere-error", HTMLElement).textContent = parsed ? "" : text.badUrl;
  the("elsewhere-error", HTMLElement).hidden = parsed !== null;
  if (!parsed) return field.focus();
  test({ iceServers: [{ urls: parsed.url, username: value("elsewhere-user"), credential: value("elsewhere-password") }] });
  scrollTo({ top: 0 });
}

async function copy() {
  try {
    await navigator.clipboard.writeText(view.json);
    toast(text.copied);
  } catch {
    toast(text.copyByHand);
    the("details", HTMLDetailsElement).open = true;
  }
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([view.json], { type: "application/json" }));
  link.download = `network-test-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function opened() {
  const field = the("open-file", HTMLInputElement);
  const file = field.files?.[0];
  field.value = "";
  if (!file || run?.running) return;
  const report = file.size < 2_000_000 ? read(await file.text()) : null;
  if (!report || !view.open(report)) toast(text.noReport);
}
