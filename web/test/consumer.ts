// What somebody writes who installed the library: it has to compile, and where it says so it must not.
import { Client, roomName, SignalError, type Member, type MemberState, type Path } from "turnpike";

const client = new Client({ url: "wss://calls.example.org/v1/signal", name: "ada", storage: localStorage });
client.on("refused", (err: SignalError) => console.log(err.code, err.message));
client.on("down", ({ wait }) => console.log(wait.toFixed()));
client.on("ring", (call) => call.accept());
// @ts-expect-error there is no such event
client.on("rung", () => {});
client.media.direction = "recvonly";
// @ts-expect-error nor such a direction
client.media.direction = "backwards";

function show(member: Member): HTMLVideoElement {
  const video = document.createElement("video");
  video.srcObject = member.stream;
  member.on("track", ({ kind, track }) => client.media.set(track.kind, kind === "audio" ? track : null));
  member.on("datachannel", ({ channel }) => channel.send(channel.label));
  member.on("state", (state: MemberState) => video.classList.toggle("muted", state.audio === false));
  member.on("gone", () => video.remove());
  // @ts-expect-error a label is needed
  member.createDataChannel();
  return video;
}

export async function main(): Promise<string> {
  const room = await client.join(roomName());
  room.members.forEach(show);
  room.on("member", show);
  const [first] = room.members;
  const path: Path | null = first.meter.path;
  const call = await client.call("bob", { video: true });
  call.on("state", (state) => console.log(state === "ended" ? call.reason : state));
  // @ts-expect-error the state of a call has no such value
  if (call.state === "over") return "";
  return path?.relayed ? path.over : "direct";
}
