// The call page: puts the parts together. window.turnpike is the live client, for the curious.
import { picker } from "../language.js";
import { fillWords, memory, the } from "../page/dom.js";
import { toast } from "../page/toast.js";
import { Client, SignalError } from "../turnpike.js";
import { Bar } from "./bar.js";
import { DeviceDialog } from "./choose.js";
import { Devices } from "./devices.js";
import { Dialing } from "./dialing.js";
import { wishes } from "./link.js";
import { Lobby } from "./lobby.js";
import { Meeting } from "./meeting.js";
import { Ring } from "./ring.js";
import { ServerLine } from "./server.js";
import { sayProblem, text } from "./strings.js";

/** @typedef {import("../turnpike.js").Room | import("../turnpike.js").Call} Gathering */

fillWords(text);
the("foot", HTMLElement).prepend(picker());

const asked = wishes(location);
const client = new Client({ storage: memory, invite: asked.invite });
const devices = new Devices(client.media);
const lobby = new Lobby(client, devices, asked, { join, call });
const chooser = new DeviceDialog(client, devices);
const meeting = new Meeting(client, devices, { chooser, ended });
const dialing = new Dialing({ call, accepted: enter, back: () => show("lobby") });
const ring = new Ring({ busy: () => meeting.gathering !== null, taken: enter });
const server = new ServerLine(client);
new Bar(the("preview-bar", HTMLElement), client.media, {
  mic: () => meeting.toggleMic(),
  camera: () => meeting.toggleCamera(),
  devices: () => chooser.open(),
});

Object.assign(window, { turnpike: client });
if (asked.relay) client.setRelayOnly(true);
client.on("refused", (err) => {
  if (isAboutName(err)) lobby.showNameError(sayProblem(err));
  server.refused(isAboutName(err) ? null : err);
});
devices.on("trouble", (which) => which && meeting.gathering && toast(/** @type {Record<string, string>} */ (text.trouble)[which]));
client.on("up", () => lobby.showError(""));
client.on("ring", (incoming) => ring.show(incoming));
// A link of another room, opened in this window, changes only the fragment.
addEventListener("hashchange", () => {
  const { room, invite } = wishes(location);
  if (meeting.gathering || invite !== asked.invite) location.reload();
  else lobby.setRoom(room);
});
addEventListener("online", () => client.reconnect());
addEventListener("pagehide", () => client.close());
addEventListener("pageshow", (event) => event.persisted && location.reload());

show("lobby");
client.rename(lobby.name);
client.open();
devices.start();

/** @param {string} room */
async function join(room) {
  try {
    enter(await client.join(room));
    // So that a reload leads back here; the invitation is made elsewhere and has the room alone.
    /** @type {Record<string, string>} */
    const way = asked.invite ? { invite: asked.invite } : { room };
    const fragment = new URLSearchParams({ ...way, ...(client.relayOnly && { relay: "1" }) });
    history.replaceState(null, "", `${location.pathname}#${fragment}`);
  } catch (err) {
    if (isAboutName(err)) lobby.showNameError(sayProblem(err));
    else lobby.showError(sayProblem(err));
  }
}

/** @param {string} name */
async function call(name) {
  try {
    const placed = await client.call(name, { ...client.media.state() });
    show("dialing");
    dialing.follow(placed);
  } catch (err) {
    lobby.showError(sayProblem(err));
    show("lobby");
  }
}

/** @param {Gathering} gathering */
function enter(gathering) {
  dialing.abandon();
  meeting.enter(gathering);
  show("call");
}

/** @param {string} problem empty: there was none */
function ended(problem) {
  show("lobby");
  if (problem) lobby.showError(problem);
}

/** @param {"lobby" | "dialing" | "call"} screen */
function show(screen) {
  const before = document.body.dataset.screen;
  document.body.dataset.screen = screen;
  lobby.show(screen === "lobby");
  the("foot", HTMLElement).hidden = screen !== "lobby";
  dialing.show(screen === "dialing");
  meeting.show(screen === "call");
  // What had the focus is hidden now. Not at the start, where the browser begins where it likes.
  const title = screen === "call" ? "where-name" : "lobby-title";
  if (before && before !== screen && screen !== "dialing") the(title, HTMLElement).focus();
}

/** @param {unknown} err */
function isAboutName(err) {
  return err instanceof SignalError && (err.code === "name-taken" || err.code === "bad-name");
}
