/**
 * What is known of one conversation, without a page: each message once, the newest version of each, and how
 * far the knowledge is without gaps.
 *
 * @typedef {import("./types.js").Message} Message
 */

export class Timeline {
  /** @type {Map<string, Message>} */
  #byId = new Map();
  /** Changes beyond `change` that have arrived ahead of their turn. @type {Set<number>} */
  #ahead = new Set();

  /** @param {number} change everything up to this change is known */
  constructor(change) {
    this.change = change;
  }

  /**
   * Take in a message. Returns what it means for the page.
   * @param {Message} message
   * @returns {"new" | "changed" | "known"}
   */
  take(message) {
    this.#note(message.change);
    const known = this.#byId.get(message.id);
    if (known && known.change > message.change) return "known";
    this.#byId.set(message.id, message);
    if (!known) return "new";
    const same =
      known.change === message.change && known.body === message.body && known.blurred === message.blurred;
    return same ? "known" : "changed";
  }

  /** A page of history, which says nothing about how far the changes are known. @param {Message} message */
  takeOld(message) {
    const isNew = !this.#byId.has(message.id);
    if (isNew) this.#byId.set(message.id, message);
    return isNew;
  }

  /** @param {number} change */
  #note(change) {
    if (change <= this.change) return;
    this.#ahead.add(change);
    while (this.#ahead.delete(this.change + 1)) this.change += 1;
  }

  /** True when something between is missing. */
  get hasGap() {
    return this.#ahead.size > 0;
  }

  /** @param {string} id */
  get(id) {
    return this.#byId.get(id);
  }

  get oldestSeq() {
    let oldest = Infinity;
    for (const message of this.#byId.values()) oldest = Math.min(oldest, message.seq);
    return oldest;
  }
}
