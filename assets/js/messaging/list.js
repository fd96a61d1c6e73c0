/** The list of conversations: the server draws it, and this asks again when something has changed. */

import { UNATTENDED } from "../ui/unattended.js";
import { redraw } from "./redraw.js";
import { titled } from "./title.js";

const GATHER_MS = 500;
const AT_LATEST_MS = 2_000;

export class ConversationList {
  #timer = 0;
  #due = 0;
  #asked = 0;
  /** Who is looked for; nobody when empty. */
  name = "";

  /**
   * @param {HTMLElement} nav
   * @param {string} address
   * @param {string} opened the id of the open conversation, or nothing
   * @param {string} show which of them: "inbox" or "archived"
   */
  constructor(nav, address, opened, show) {
    this.nav = nav;
    this.path = address;
    this.opened = opened;
    this.show = show;
    const query = new URLSearchParams(location.search);
    this.name = query.get("q") ?? "";
    this.cursor = query.get("cursor");
    this.drawn = () => {};
  }

  get address() {
    const query = new URLSearchParams({ open: this.opened, show: this.show });
    if (this.name) query.set("q", this.name);
    if (this.cursor) query.set("cursor", this.cursor);
    return `${this.path}?${query}`;
  }

  /** Draw anew, once for all that happens within a moment. */
  refresh() {
    const now = Date.now();
    this.#due ||= now + AT_LATEST_MS;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#fetch(), Math.min(GATHER_MS, this.#due - now));
  }

  /** Show the conversations with somebody of this name, from their beginning. @param {string} name */
  find(name) {
    if (name === this.name) return;
    this.name = name;
    this.cursor = null;
    void this.#fetch({});
  }

  /** @param {Record<string, string>} [headers] */
  async #fetch(headers) {
    this.#due = 0;
    const asked = ++this.#asked;
    const html = await partial(this.address, headers);
    // An answer that comes after a newer question is about something else.
    if (html === null || asked !== this.#asked) return;
    redraw(this.nav, html);
    this.drawn();
    const total = this.nav.querySelector("[data-unread-total]");
    const unread = total instanceof HTMLElement ? Number(total.dataset.unreadTotal) : 0;
    document.title = titled(document.title, unread);
    for (const badge of document.querySelectorAll("[data-unread]")) {
      if (!(badge instanceof HTMLElement)) continue;
      badge.hidden = unread === 0;
      const count = badge.querySelector("[data-unread-count]");
      if (count) count.textContent = String(unread);
    }
  }
}

/**
 * A part of a page, or nothing when it can't be had now. Most are asked for because of what others do.
 * @param {string} address @param {Record<string, string>} [headers]
 */
export async function partial(address, headers = UNATTENDED) {
  try {
    const response = await fetch(address, { headers, credentials: "same-origin", redirect: "error" });
    if (!response.ok) return null;
    return document.createRange().createContextualFragment(await response.text());
  } catch {
    return null;
  }
}
