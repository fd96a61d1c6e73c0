/** The emoji that somebody chose last on this device, newest first: no words, and gone at sign-out with the rest. */
import { PREFIX } from "./keep.js";

export const MOST_RECENT = 14;

export class Recent {
  /** @param {string} person @param {Storage} storage */
  constructor(person, storage) {
    this.key = `${PREFIX}${person}.emoji`;
    this.storage = storage;
  }

  /** @returns {string[]} */
  get all() {
    try {
      return (this.storage.getItem(this.key) ?? "").split(" ").filter(Boolean);
    } catch {
      return [];
    }
  }

  /** @param {string} emoji */
  add(emoji) {
    try {
      this.storage.setItem(this.key, [emoji, ...this.all.filter((each) => each !== emoji)].slice(0, MOST_RECENT).join(" "));
    } catch {
      // Forbidden or full: nothing is remembered.
    }
  }
}
