/** The list of conversations: the server draws it, and this asks again when something has changed. */

const GATHER_MS = 500;
const AT_LATEST_MS = 2_000;

export class ConversationList {
  #timer = 0;
  #due = 0;

  /**
   * @param {HTMLElement} nav
   * @param {string} address
   * @param {string} opened the id of the open conversation, or nothing
   */
  constructor(nav, address, opened) {
    this.nav = nav;
    const query = new URLSearchParams({ open: opened });
    const cursor = new URLSearchParams(location.search).get("cursor");
    if (cursor) query.set("cursor", cursor);
    this.address = `${address}?${query}`;
    this.drawn = () => {};
  }

  /** Draw anew, once for all that happens within a moment. */
  refresh() {
    const now = Date.now();
    this.#due ||= now + AT_LATEST_MS;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#fetch(), Math.min(GATHER_MS, this.#due - now));
  }

  async #fetch() {
    this.#due = 0;
    const html = await partial(this.address);
    if (html === null) return;
    const focused = this.nav.contains(document.activeElement) ? document.activeElement?.id : "";
    this.nav.replaceChildren(html);
    if (focused) document.getElementById(focused)?.focus();
    this.drawn();
    const total = this.nav.querySelector("[data-unread-total]");
    const unread = total instanceof HTMLElement ? Number(total.dataset.unreadTotal) : 0;
    for (const badge of document.querySelectorAll("[data-unread]")) {
      if (!(badge instanceof HTMLElement)) continue;
      badge.hidden = unread === 0;
      const count = badge.querySelector("[data-unread-count]");
      if (count) count.textContent = String(unread);
    }
  }
}

/** A part of a page, or nothing when it can't be had now. @param {string} address */
export async function partial(address) {
  try {
    const response = await fetch(address, { credentials: "same-origin", redirect: "error" });
    if (!response.ok) return null;
    return document.createRange().createContextualFragment(await response.text());
  } catch {
    return null;
  }
}
