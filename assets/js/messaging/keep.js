/**
 * What must survive a reload on this device: the draft of each conversation, and what was sent but not yet
 * confirmed. Kept under the person's id; signing out or signing in as somebody else clears it.
 *
 * @typedef {import("./types.js").Pending} Pending
 */

const PREFIX = "bloom.messages.";

/** Forget what other people left on this device. @param {string} person */
export function clearOthers(person) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && !key.startsWith(`${PREFIX}${person}.`)) localStorage.removeItem(key);
  }
}

export class Keep {
  /**
   * @param {string} person
   * @param {string} conversation
   */
  constructor(person, conversation) {
    this.draftKey = `${PREFIX}${person}.${conversation}.draft`;
    this.pendingKey = `${PREFIX}${person}.${conversation}.pending`;
  }

  get draft() {
    return localStorage.getItem(this.draftKey) ?? "";
  }

  set draft(text) {
    if (text) localStorage.setItem(this.draftKey, text);
    else localStorage.removeItem(this.draftKey);
  }

  /** @returns {Pending[]} oldest first */
  get pending() {
    const kept = localStorage.getItem(this.pendingKey);
    return kept ? JSON.parse(kept) : [];
  }

  set pending(items) {
    if (items.length) localStorage.setItem(this.pendingKey, JSON.stringify(items));
    else localStorage.removeItem(this.pendingKey);
  }
}
