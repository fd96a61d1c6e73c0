/**
 * What must survive a reload on this device: the draft of a conversation, and what was sent but is not
 * confirmed yet. Kept under the person's id; the server clears it at sign-out (Clear-Site-Data), and whoever
 * signs in next clears what others left.
 *
 * @typedef {import("./types.js").Pending} Pending
 */

const PREFIX = "bloom.messages.";

/** A store that may be full or forbidden: then nothing is kept, and nothing else breaks. */
const store = {
  /** @param {string} key */
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {string} value */
  set(key, value) {
    try {
      if (value) localStorage.setItem(key, value);
      else localStorage.removeItem(key);
    } catch {
      return;
    }
  },
};

/** Forget what other people left on this device. @param {string} person */
export function forgetOthers(person) {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && !key.startsWith(`${PREFIX}${person}.`)) localStorage.removeItem(key);
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

  get draft() {
    return store.get(this.draftKey) ?? "";
  }

  set draft(text) {
    store.set(this.draftKey, text);
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
