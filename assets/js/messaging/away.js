/** When what one writes here is read: asked again after a send, and when the page has been out of sight. */
import { announce } from "../ui/toast.js";
import { partial } from "./list.js";

const STALE_MS = 5 * 60_000;

export class Away {
  #asked = Date.now();

  /** @param {HTMLElement} root where it stands; its `data-away` is where to ask */
  constructor(root) {
    this.root = root;
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && Date.now() - this.#asked > STALE_MS) void this.refresh();
    });
  }

  /** What it says now. */
  async refresh() {
    this.#asked = Date.now();
    const html = await partial(this.root.dataset.away ?? "");
    if (html) this.root.replaceChildren(html);
  }

  /** Something was sent: whoever wrote outside the hours is told when it is read, also who cannot see it. */
  async sent() {
    await this.refresh();
    const words = this.root.querySelector("[data-away-sent]")?.textContent;
    if (words) announce(words);
  }
}
