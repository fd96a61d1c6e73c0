/**
 * What must survive a reload on this device: the draft of a conversation, and what was sent but is not
 * confirmed yet. Kept under the person's id; the server clears it at sign-out (Clear-Site-Data), and whoever
 * signs in next clears what others left.
 *
 * @typedef {import("./types.js").Pending} Pending
 */

const PREFIX = "bloom.messages.";

/** A store that may be full or forbidden: then nothing is kept, and nothing else breaks. */
class Store {
  /** @param {() => Storage} storage asked anew, because asking may throw */
  constructor(storage) {
    this.storage = storage;
  }

  /** @param {string} key */
  get(key) {
    try {
      return this.storage().getItem(key);
    } catch {
      return null;
    }
  }

  /** @param {string} key @param {string} value */
  set(key, value) {
    try {
      if (value) this.storage().setItem(key, value);
      else this.storage().removeItem(key);
    } catch {
      return;
    }
  }
}
const store = new Store(() => localStorage);
const tab = new Store(() => sessionStorage);

/** Forget what other people left on this device. @param {string} person */
export function forgetOthers(person) {
  try {
    for (const storage of [localStorage, sessionStorage]) {
      for (const key of Object.keys(storage)) {
        if (key.startsWith(PREFIX) && !key.startsWith(`${PREFIX}${person}.`)) storage.removeItem(key);
      }
    }
  } catch {
    return;
  }
}

/** The conversations in which this person has something waiting to be sent. @param {string} person */
export function waiting(person) {
  const beginning = `${PREFIX}${person}.`;
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(beginning) && key.endsWith(".pending"))
      .map((key) => key.slice(beginning.length, -".pending".length));
  } catch {
    return [];
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

  /** This tab's own draft, else the one that was left here last. */
  get draft() {
    return tab.get(this.draftKey) ?? store.get(this.draftKey) ?? "";
  }

  set draft(text) {
    // Another tab may have a draft of its own, which is not this one's to clear.
    if (text || store.get(this.draftKey) === tab.get(this.draftKey)) store.set(this.draftKey, text);
    tab.set(this.draftKey, text);
  }

  /** @returns {Pending[]} oldest first */
  get pending() {
    try {
      return JSON.parse(store.get(this.pendingKey) ?? "[]");
    } catch {
      return [];
    }
  }

  set pending(items) {
    store.set(this.pendingKey, items.length ? JSON.stringify(items) : "");
  }
}
