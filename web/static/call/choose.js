import { closes } from "../page/dialog.js";
import { make, the } from "../page/dom.js";
import { text } from "./strings.js";

/** @typedef {import("../lib/types.js").Kind} Kind */

/** The dialog in which camera, microphone and speaker are chosen, and whether everything goes through the relay. */
export class DeviceDialog {
  #client;
  #devices;
  #dialog = the("devices", HTMLDialogElement);
  #relay = the("relay-only", HTMLInputElement);
  /** @type {(id: string) => void} */
  #speaker = () => {};

  /**
   * @param {import("../turnpike.js").Client} client
   * @param {import("./devices.js").Devices} devices
   */
  constructor(client, devices) {
    this.#client = client;
    this.#devices = devices;
    closes(this.#dialog, the("devices-close", HTMLButtonElement));
    for (const kind of /** @type {Kind[]} */ (["audio", "video"])) {
      const select = the(`device-${kind}`, HTMLSelectElement);
      select.addEventListener("change", () => devices.use(kind, select.value));
    }
    const speaker = the("device-speaker", HTMLSelectElement);
    speaker.addEventListener("change", () => this.#speaker(speaker.value));
    the("device-speaker-field", HTMLElement).hidden = !("setSinkId" in HTMLMediaElement.prototype);
    this.#relay.addEventListener("change", () => client.setRelayOnly(this.#relay.checked));
    devices.on("devices", () => this.#dialog.open && this.#fill());
  }

  /** @param {(id: string) => void} speaker */
  onSpeaker(speaker) {
    this.#speaker = speaker;
  }

  async open() {
    this.#relay.checked = this.#client.relayOnly;
    await this.#fill();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  async #fill() {
    const { media } = this.#client;
    await this.#options("device-audio", "audioinput", media.track("audio")?.getSettings().deviceId);
    await this.#options("device-video", "videoinput", media.screen ? "" : media.track("video")?.getSettings().deviceId);
    await this.#options("device-speaker", "audiooutput", the("device-speaker", HTMLSelectElement).value);
  }

  /**
   * @param {string} id
   * @param {MediaDeviceKind} kind
   * @param {string} [current]
   */
  async #options(id, kind, current) {
    const select = the(id, HTMLSelectElement);
    const found = await this.#devices.list(kind);
    select.replaceChildren(...found.map(({ deviceId, label }, i) => make("option", { value: deviceId }, label || `${i + 1}`)));
    select.disabled = found.length === 0;
    if (found.length === 0) select.append(make("option", {}, text.none));
    else if (current) select.value = current;
  }
}
