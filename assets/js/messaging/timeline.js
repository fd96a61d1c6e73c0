/**
 * What is known of one conversation, without a page: each message once, the newest version of each, and up to
 * which change nothing is missing.
 *
 * @typedef {import("./types.js").Message} Message
 */

const MOST_LATE = 100;

export class Timeline {
  /** @type {Map<string, Message>} */
  #byId = new Map();
  /** Changes beyond `change` that have arrived ahead of their turn. @type {Set<number>} */
  #ahead = new Set();
  /** Changes to messages that the page does not hold, for those that are just on their way to it. @type {Map<string, Message>} */
  #late = new Map();
  #target = 0;

  /** @param {number} change everything up to this change is known */
  constructor(change) {
    this.change = change;
  }

  /**
   * Take in a message as it is now. Returns what that means for the page: `unseen` is a change to a message of
   * the past that the page does not show.
   * @param {Message} message
   * @param {boolean} isNew that it was sent just now
   * @returns {"new" | "changed" | "known" | "unseen"}
   */
  take(message, isNew) {
    this.#note(message.change);
    const known = this.#byId.get(message.id);
    if (!known && !isNew) {
      this.#late.set(message.id, message);
      for (const id of this.#late.keys()) if (this.#late.size > MOST_LATE) this.#late.delete(id);
      return "unseen";
    }
    if (known && known.change > message.change) return "known";
    this.#byId.set(message.id, message);
    if (!known) return "new";
    const same =
      known.change === message.change &&
      known.body === message.body &&
      known.blurred === message.blurred &&
      known.edited_at === message.edited_at &&
      known.deleted_at === message.deleted_at;
    return same ? "known" : "changed";
  }

  /**
   * The reactions of a message as they are now. Returns the message, when the page shows it. An answer to
   * one's own wish says nothing of the message's words, which may have changed too: the change itself is
   * still to come.
   * @param {string} id @param {number} change @param {import("./types.js").Reaction[]} reactions
   * @param {{ isAnswer?: boolean }} [how]
   */
  react(id, change, reactions, { isAnswer = false } = {}) {
    if (!isAnswer) this.#note(change);
    const known = this.#byId.get(id);
    if (!known || known.change > change) return null;
    const message = { ...known, change, reactions };
    this.#byId.set(id, message);
    return message;
  }

  /**
   * A message of a page of history, which says nothing about how far the changes are known. Returns it as it is
   * now, since it may have changed while the page was on its way; null when it was there.
   * @param {Message} message
   * @returns {Message | null}
   */
  takeOld(message) {
    if (this.#byId.has(message.id)) return null;
    const late = this.#late.get(message.id);
    const newer = late && late.change > message.change ? late : message;
    this.#late.delete(message.id);
    this.#byId.set(message.id, newer);
    return newer;
  }

  /** The page holds it no longer. @param {string} id */
  forget(id) {
    this.#byId.delete(id);
  }

  /** The page holds none any more. */
  clear() {
    this.#byId.clear();
  }

  /**
   * Once `change` has arrived, everything up to it has: a resume delivers in order. The numbers between need
   * not all be there, since a message that changes again takes a new one.
   * @param {number} change
   */
  expect(change) {
    this.#target = change;
    if (this.#ahead.has(change)) this.#reach(change);
  }

  /** True when something between is missing. */
  get hasGap() {
    return this.#ahead.size > 0;
  }

  /** @param {number} change */
  #note(change) {
    if (change <= this.change) return;
    this.#ahead.add(change);
    if (change === this.#target) this.#reach(change);
    while (this.#ahead.delete(this.change + 1)) this.change += 1;
  }

  /** @param {number} change */
  #reach(change) {
    this.change = Math.max(this.change, change);
    for (const each of this.#ahead) if (each <= this.change) this.#ahead.delete(each);
  }
}
