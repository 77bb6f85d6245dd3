// Calls by name: nothing of the media goes anywhere before the one who is called has accepted.
import { Client } from "http://localhost:8080/turnpike.js";

const the = (id) => document.getElementById(id);
const say = (text) => (the("status").textContent = text);

const endings = {
  declined: "They declined.",
  busy: "They are in another call.",
  cancelled: "The caller gave up.",
  timeout: "Nobody answered.",
  unavailable: "Nobody of that name is here.",
  "answered-elsewhere": "Answered on another device.",
  hangup: "The call is over.",
  gone: "The other side is gone.",
};

/** @type {any} the call that rings or is under way */
let call = null;
/** @type {Client} */
let client;
say("");

the("hello").onsubmit = (event) => {
  event.preventDefault();
  client = new Client({ name: the("name").value.trim(), storage: localStorage }); // keeps the key that proves the name
  client.on("up", () => reachable(true));
  client.on("refused", (err) => {
    say(err.message);
    reachable(false);
  });
  client.on("ring", (incoming) => {
    if (call) return incoming.decline("busy");
    the("caller").textContent = `${incoming.name || "Somebody"} is calling.`;
    the("incoming").hidden = false;
    follow(incoming);
  });
  client.open();
};
addEventListener("pagehide", () => client?.close());

function reachable(yes) {
  the("hello").hidden = yes;
  the("dial").hidden = !yes || call !== null;
  if (yes && !call) say(`Others can call you as ${client.name}.`);
}

the("dial").onsubmit = async (event) => {
  event.preventDefault();
  try {
    await openDevices();
    follow(await client.call(the("callee").value.trim(), { audio: true, video: true }));
  } catch (err) {
    say(err.message);
  }
};
the("accept").onclick = async () => {
  the("incoming").hidden = true;
  const accepted = call;
  try {
    await openDevices();
    accepted?.accept();
  } catch (err) {
    accepted?.decline();
    say(err.message);
  }
};
the("decline").onclick = () => call?.decline();
the("hangup").onclick = () => call?.hangup();

function follow(next) {
  call = next;
  the("dial").hidden = true;
  the("hangup").hidden = call.incoming;
  if (!call.incoming) say(`Calling ${call.name} …`);
  call.on("state", (state) => {
    if (state === "ringing") say(`It rings at ${next.name}.`);
    if (state === "accepted") {
      the("hangup").hidden = false;
      say(`In a call with ${next.name || "somebody"}.`);
    }
    if (state === "ended") over(next);
  });
  call.on("member", (member) => {
    the("theirs").srcObject = member.stream;
    the("videos").hidden = false;
  });
  if (call.state === "ended") over(call); // it may be over before we look
}

function over({ reason, incoming }) {
  call = null;
  the("incoming").hidden = the("hangup").hidden = true;
  the("dial").hidden = false;
  the("videos").hidden = true;
  the("theirs").srcObject = the("mine").srcObject = null;
  client.media.stop(); // the camera's light goes out
  say(incoming && reason === "declined" ? "Declined." : (endings[reason] ?? reason));
}

async function openDevices() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  for (const track of stream.getTracks()) client.media.set(track.kind, track);
  the("mine").srcObject = stream;
}
