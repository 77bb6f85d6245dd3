// A changed device reaches everybody by itself: client.media.set replaces the track in every connection, stops the one
// before, and keeps what was muted muted.
import { Client, roomName } from "http://localhost:8080/turnpike.js";

const the = (id) => document.getElementById(id);
const say = (text) => (the("status").textContent = text);

location.hash ||= roomName();
the("link").href = the("link").textContent = location.href;
say("");

const client = new Client();
client.on("down", () => say("The server is away; calls go on."));
client.on("up", () => say(""));
client.on("refused", (err) => say(err.message));
addEventListener("pagehide", () => client.close());

let room;

the("join").onclick = async () => {
  the("join").disabled = true;
  try {
    if (!navigator.mediaDevices) throw new Error("Browsers give cameras only to pages from https:// or from localhost.");
    take(await navigator.mediaDevices.getUserMedia({ audio: true, video: true }));
    room = await client.join(location.hash.slice(1));
    room.members.forEach(show);
    room.on("member", show);
    room.on("left", hide);
    room.on("closed", (err) => err && say(err.message));
    the("devices").hidden = false;
    await list();
  } catch (err) {
    say(err.message);
    the("join").disabled = false;
  }
};

the("leave").onclick = () => {
  room.leave();
  client.media.stop();
  the("devices").hidden = true;
  the("join").disabled = false;
};

// Devices

for (const kind of ["audio", "video"]) {
  the(kind).onchange = () => use({ [kind]: { deviceId: { exact: the(kind).value } } });
  the(`mute-${kind}`).onclick = () => client.media.mute(kind, !client.media.muted(kind));
}
navigator.mediaDevices?.addEventListener("devicechange", list); // one was plugged in or pulled out

the("screen").onclick = async () => {
  if (client.media.screen) return use({ video: { deviceId: the("video").value } });
  try {
    const [track] = (await navigator.mediaDevices.getDisplayMedia({ video: true })).getVideoTracks();
    // The browser's own button ended it.
    track.addEventListener("ended", () => client.media.track("video") === track && use({ video: { deviceId: the("video").value } }));
    client.media.set("video", track, { screen: true });
  } catch (err) {
    if (err.name !== "NotAllowedError") say(err.message); // nobody has to say why they changed their mind
  }
};

async function use(constraints) {
  try {
    take(await navigator.mediaDevices.getUserMedia(constraints));
    say("");
  } catch (err) {
    say(`This device cannot be used: ${err.message}`);
  }
  await list();
}

function take(stream) {
  for (const track of stream.getTracks()) client.media.set(track.kind, track);
}

async function list() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  for (const kind of ["audio", "video"]) {
    const inUse = client.media.track(kind)?.getSettings().deviceId;
    const options = devices
      .filter((device) => device.kind === `${kind}input` && device.deviceId)
      .map((device, i) => new Option(device.label || `Device ${i + 1}`, device.deviceId, false, device.deviceId === inUse));
    the(kind).replaceChildren(...options);
  }
}

client.media.on("track", ({ kind, track }) => {
  if (kind === "video") the("mine").srcObject = track && new MediaStream([track]);
});
client.media.on("change", () => {
  for (const kind of ["audio", "video"]) the(`mute-${kind}`).ariaPressed = String(client.media.muted(kind));
  the("screen").ariaPressed = String(client.media.screen);
});

// The others

const figures = new Map();

function show(member) {
  const figure = document.createElement("figure");
  const video = document.createElement("video");
  const caption = document.createElement("figcaption");
  video.autoplay = video.playsInline = true;
  video.srcObject = member.stream;
  figure.append(video, caption);
  the("videos").append(figure);
  figures.set(member, figure);

  const describe = () => {
    const { audio, video: picture, screen } = member.state;
    const parts = [member.connection, way(member.meter.path), !audio && "muted", !picture && "no picture", screen && "screen"];
    caption.textContent = parts.filter(Boolean).join(", ");
  };
  for (const type of ["connection", "state", "sample"]) member.on(type, describe);
  describe();
}

/** One who left may be back, under the same member, when a lost connection is found again. */
function hide(member) {
  figures.get(member).remove();
}

/** Which way the media goes, in words. */
function way(path) {
  if (!path) return "";
  return path.relayed ? `relayed over ${path.over.toUpperCase()}` : "direct";
}
