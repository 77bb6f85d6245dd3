import { parts } from "../lib/roomname.js";
import { the } from "../page/dom.js";
import { toast } from "../page/toast.js";
import { Bar } from "./bar.js";
import { Chat } from "./chat.js";
import { Door } from "./door.js";
import { Invitation } from "./invitation.js";
import { listen } from "./keys.js";
import { PathPanel } from "./panel.js";
import { Stage } from "./stage.js";
import { sayEnding, sayProblem, text } from "./strings.js";

/** @typedef {import("../turnpike.js").Room | import("../turnpike.js").Call} Gathering */
/** @typedef {import("../turnpike.js").Member} Member */

/** The call itself: the stage, our own picture, the controls, the chat, and the invitation while we are alone. */
export class Meeting {
  /** @type {Gathering | null} */
  gathering = null;
  #client;
  #devices;
  #ended;
  #main = the("call", HTMLElement);
  #self = the("self", HTMLElement);
  #selfVideo = the("self-video", HTMLVideoElement);
  #panel = new PathPanel();
  #stage = new Stage({ details: (member) => this.#panel.open(member), remove: (member) => this.#door.ask(member) });
  #invitation = new Invitation();
  #door;
  #chat;
  #bar;
  /** @type {(() => void)[]} */
  #offs = [];

  /**
   * @param {import("../turnpike.js").Client} client
   * @param {import("./devices.js").Devices} devices
   * @param {object} rest
   * @param {import("./choose.js").DeviceDialog} rest.chooser
   * @param {(problem: string) => void} rest.ended with what went wrong, or nothing
   */
  constructor(client, devices, { chooser, ended }) {
    this.#client = client;
    this.#devices = devices;
    this.#ended = ended;
    this.#door = new Door(client, (owned) => this.#stage.own(owned));
    this.#chat = new Chat(() => client.name || text.you, (open, unread) => this.#bar?.showChat(open, unread));
    this.#bar = new Bar(the("bar", HTMLElement), client.media, {
      mic: () => this.toggleMic(),
      camera: () => this.toggleCamera(),
      screen: () => this.toggleScreen(),
      devices: () => chooser.open(),
      chat: () => this.#chat.toggle(),
      hangup: () => this.leave(),
    });
    this.#bar.button("hangup").id = "hangup";
    this.#bar.button("screen").hidden = !devices.canShareScreen;
    this.#bar.showChat(false, 0);
    chooser.onSpeaker((id) => this.#stage.speakThrough(id));
    client.media.on("change", () => this.#showSelf());
    listen({
      m: () => this.toggleMic(),
      v: () => this.toggleCamera(),
      s: () => this.gathering && this.toggleScreen(),
      c: () => this.gathering && this.#chat.toggle(),
    });
  }

  /** @param {Gathering} gathering */
  enter(gathering) {
    if (this.gathering === gathering) return; // a call that crossed with ours is heard of twice
    this.leave();
    this.gathering = gathering;
    this.#stage.clear();
    this.#chat.start(gathering);
    const room = "hangup" in gathering ? null : gathering;
    this.#invitation.setRoom(room?.name ?? null);
    this.#door.enter(room);
    the("where-name", HTMLElement).textContent = room ? parts(room.name).spoken.replaceAll("-", " ") : gathering.name;
    this.#offs = [
      gathering.on("member", (member) => this.#arrive(member, true)),
      gathering.on("left", (member) => this.#depart(member)),
      gathering.on("closed", (err) => this.#over(err ? sayProblem(err) : "")),
      gathering.on("state", (state) => {
        if (state !== "ended" || !("reason" in gathering)) return;
        toast(sayEnding(gathering.reason, gathering.name));
        this.#over("");
      }),
    ];
    for (const member of gathering.members) this.#arrive(member, false);
    this.#showPeople();
  }

  leave() {
    const { gathering } = this;
    if (!gathering) return;
    this.#over("");
    gathering.leave();
  }

  /** @param {boolean} visible */
  show(visible) {
    this.#main.hidden = !visible;
    the("where", HTMLElement).hidden = !visible;
    if (visible) {
      this.#showSelf();
      this.#showPeople();
    }
  }

  toggleMic() {
    const { media } = this.#client;
    if (media.track("audio")) media.mute("audio", !media.muted("audio"));
    else this.#devices.use("audio");
  }

  toggleCamera() {
    const { video, screen } = this.#client.media.state();
    this.#devices.camera(!video || Boolean(screen));
  }

  toggleScreen() {
    this.#devices.screen(!this.#client.media.screen);
  }

  /** @param {string} problem for which it ended, if there was one */
  #over(problem) {
    this.#offs.forEach((off) => off());
    this.#offs = [];
    this.gathering = null;
    this.#stage.clear();
    this.#invitation.setRoom(null);
    this.#invitation.show(false);
    this.#door.leave();
    this.#chat.stop();
    this.#panel.close();
    if (this.#client.media.screen) this.#devices.screen(false);
    this.#ended(problem);
  }

  /**
   * @param {Member} member
   * @param {boolean} news
   */
  #arrive(member, news) {
    this.#stage.add(member);
    this.#chat.listen(member);
    if (news) toast(text.joined(member.name || text.guest));
    this.#showPeople();
  }

  /** @param {Member} member */
  #depart(member) {
    this.#stage.remove(member);
    this.#panel.close(member);
    this.#door.forget(member);
    toast(text.left(member.name || text.guest));
    this.#showPeople();
  }

  #showPeople() {
    const alone = this.#stage.size === 0;
    the("where-people", HTMLElement).textContent = text.here(this.#stage.size + 1);
    this.#invitation.show(alone);
    this.#main.dataset.alone = String(alone);
  }

  #showSelf() {
    if (this.#main.hidden) return;
    const { media } = this.#client;
    const picture = media.track("video");
    const shown = /** @type {MediaStream | null} */ (this.#selfVideo.srcObject)?.getVideoTracks()[0] ?? null;
    if (shown !== picture) this.#selfVideo.srcObject = picture ? new MediaStream([picture]) : null;
    this.#self.dataset.picture = picture ? (media.screen ? "screen" : "camera") : "none";
    this.#selfVideo.classList.toggle("mirrored", !media.screen);
  }
}
