/**
 * What is being written here, and must survive a reload: the draft of a conversation and its files. Kept sealed
 * (seal.js) under the person's id; the server clears it at sign-out (Clear-Site-Data), and whoever signs in next
 * clears what others left. What was sent but is not confirmed yet is in pending.js.
 */

/** @typedef {import("./seal.js").Seal} Seal */

export const PREFIX = "bloom.messages.";

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

/** One thing that is kept, newest wins. @template T */
class Kept {
  #written = 0;

  /** @param {Seal | null} seal @param {string} key @param {T} value what stands there now */
  constructor(seal, key, value) {
    this.seal = seal;
    this.key = key;
    this.value = value;
  }

  /**
   * @param {T} value
   * @param {boolean} isNothing
   * @param {(sealed: string) => void} write
   */
  set(value, isNothing, write) {
    this.value = value;
    const turn = ++this.#written;
    if (isNothing || !this.seal) write("");
    else void this.seal.seal(value, this.key).then((sealed) => turn === this.#written && write(sealed));
  }
}

/** What was kept under a key; what cannot be opened is of no use to anybody, and goes. @param {Seal | null} seal @param {Store} from @param {string} key */
async function opened(seal, from, key) {
  const sealed = from.get(key);
  if (sealed === null) return null;
  const value = (await seal?.open(sealed, key)) ?? null;
  if (value === null) from.set(key, "");
  return value;
}

export class Keep {
  #draft;
  #files;

  /** @param {Kept<string>} draft @param {Kept<import("./types.js").Attached[]>} files */
  constructor(draft, files) {
    this.#draft = draft;
    this.#files = files;
  }

  /** @param {Seal | null} seal without one nothing outlives the page @param {string} person @param {string} conversation */
  static async open(seal, person, conversation) {
    const place = `${PREFIX}${person}.${conversation}`;
    const [mine, left, files] = await Promise.all([
      opened(seal, tab, `${place}.draft`),
      opened(seal, store, `${place}.draft`),
      opened(seal, store, `${place}.files`),
    ]);
    // This tab's own draft, else the one that was left here last; with that one in it, it is this tab's to clear.
    if (mine === null && left !== null) tab.set(`${place}.draft`, store.get(`${place}.draft`) ?? "");
    return new Keep(new Kept(seal, `${place}.draft`, mine ?? left ?? ""), new Kept(seal, `${place}.files`, files ?? []));
  }

  get draft() {
    return this.#draft.value;
  }

  set draft(text) {
    const { key } = this.#draft;
    this.#draft.set(text, !text, (sealed) => {
      // Another tab may have a draft of its own, which is not this one's to clear.
      if (sealed || store.get(key) === tab.get(key)) store.set(key, sealed);
      tab.set(key, sealed);
    });
  }

  /** Files that have arrived at the server and wait for their message. @returns {import("./types.js").Attached[]} */
  get files() {
    return this.#files.value;
  }

  set files(items) {
    this.#files.set(items, items.length === 0, (sealed) => store.set(this.#files.key, sealed));
  }
}
