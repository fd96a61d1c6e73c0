/**
 * Where somebody reads stays where it is while the page changes around it: messages come and go above and below,
 * pictures load, fonts change. At the end of the conversation the end stays in sight.
 */

/** So near to the end counts as being there. */
const NEAR_END_PX = 80;

export class Place {
  /** What stands at the top of the view, and how far below its edge. @type {{ element: Element, offset: number } | null} */
  #held = null;
  /** What comes at the end is followed: the end of this page is the end of the conversation. */
  follows = true;

  /**
   * @param {HTMLElement} scroller turned around (chat.css): its scrollTop is 0 at the end, and negative above
   * @param {HTMLElement} items
   */
  constructor(scroller, items) {
    this.scroller = scroller;
    this.items = items;
    scroller.addEventListener("scroll", () => this.#hold(), { passive: true });
    new ResizeObserver((entries) => {
      // When the view itself changes, as by a keyboard on a phone, what was at its foot stays there.
      if (entries.every(({ target }) => target === items)) this.#restore();
      this.#hold();
    }).observe(items);
  }

  get isAtEnd() {
    return Math.abs(this.scroller.scrollTop) < NEAR_END_PX;
  }

  /** What lies out of sight. @returns {import("./stretch.js").Room} */
  get room() {
    const below = Math.abs(this.scroller.scrollTop);
    return { above: Math.max(0, this.scroller.scrollHeight - this.scroller.clientHeight - below), below };
  }

  toEnd() {
    this.scroller.scrollTop = 0;
    this.#held = null;
  }

  toTop() {
    this.scroller.scrollTop = -this.scroller.scrollHeight;
    this.#hold();
  }

  /** Bring it to the middle of the view. @param {Element} element */
  toMiddle(element) {
    element.scrollIntoView({ block: "center" });
    this.#hold();
  }

  /** @param {() => void} change */
  keep(change) {
    if (this.isAtEnd && this.follows) {
      change();
      this.toEnd();
      return;
    }
    this.#hold();
    change();
    this.#restore();
  }

  #hold() {
    const element = this.isAtEnd && this.follows ? null : this.#first();
    this.#held = element && { element, offset: this.#offset(element) };
  }

  #restore() {
    if (!this.#held?.element.isConnected) return;
    const moved = this.#offset(this.#held.element) - this.#held.offset;
    if (Math.abs(moved) >= 1) this.scroller.scrollTop += moved;
  }

  /** @param {Element} element */
  #offset(element) {
    return element.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
  }

  /** The first message that is in sight at all: they stand in order, so halving finds it. */
  #first() {
    const articles = this.items.querySelectorAll("article");
    const edge = this.scroller.getBoundingClientRect().top;
    let from = 0;
    let to = articles.length - 1;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((articles[middle]?.getBoundingClientRect().bottom ?? 0) > edge) to = middle;
      else from = middle + 1;
    }
    return articles[from] ?? null;
  }
}
