import { the } from "../page/dom.js";
import { setIcon } from "../page/icons.js";
import { qrCode } from "../page/qrcode.js";
import { toast } from "../page/toast.js";
import { text } from "./strings.js";

/** What the address of the page asks for. */
export function wishes() {
  const query = new URLSearchParams(location.search);
  const fragment = new URLSearchParams(location.hash.slice(1));
  const room = fragment.get("room") ?? query.get("room") ?? "";
  return { room: room.slice(0, 128), invite: fragment.get("invite") ?? "" };
}

/** The link by which another device comes into the test, to copy and to photograph. */
export class Invitation {
  /** @param {string} room @param {string} invite */
  constructor(room, invite) {
    const url = new URL(location.href);
    url.search = "";
    // The fragment is sent to no server.
    url.hash = new URLSearchParams({ room, ...(invite && { invite }) }).toString();
    this.link = url.href;
    const field = the("link", HTMLInputElement);
    field.value = this.link;
    field.addEventListener("focus", () => field.select());
    the("qr", HTMLElement).replaceChildren(qrCode(this.link));
    const button = the("link-copy", HTMLButtonElement);
    button.textContent = text.copyLink;
    setIcon(button, "copy");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(this.link);
        toast(text.linkCopied);
      } catch {
        field.focus();
        toast(text.copyByHand);
      }
    });
  }
}
