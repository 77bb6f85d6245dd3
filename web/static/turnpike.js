/**
 * turnpike.js: calls in rooms and by name, through a turnpike daemon. It knows nothing of the page it runs in: no
 * element is touched, so any interface can be built on it.
 *
 *     import { Client } from "https://calls.example.org/turnpike.js";
 *
 *     const client = new Client({ name: "ada", storage: localStorage });
 *     const devices = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
 *     client.media.set("audio", devices.getAudioTracks()[0]);
 *     client.media.set("video", devices.getVideoTracks()[0]);
 *
 *     const room = await client.join("quiet-amber-otter-3kq9x2m7v1");
 *     const videos = new Map();
 *     const show = (member) => {
 *       const video = document.createElement("video");
 *       video.autoplay = true;
 *       video.srcObject = member.stream;
 *       videos.set(member, video);
 *       document.body.append(video);
 *     };
 *     room.members.forEach(show);
 *     room.on("member", show);
 *     room.on("left", (member) => videos.get(member).remove());
 *
 * A Client has a Media (what we send), Rooms and Calls; each of these has Members; each Member has one connection,
 * negotiated, restarted after a change of network and measured by itself. Each class says which events it has.
 * Connections are always to be left by `client.close()`, best at `pagehide`.
 */
export { Call } from "./lib/call.js";
export { Client } from "./lib/client.js";
export { Emitter } from "./lib/emitter.js";
export { Media } from "./lib/media.js";
export { Member } from "./lib/member.js";
export { candidates, path } from "./lib/path.js";
export { Peer } from "./lib/peer.js";
export { roomName } from "./lib/roomname.js";
export { Room } from "./lib/room.js";
export { SignalError, Socket } from "./lib/socket.js";
