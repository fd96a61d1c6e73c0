/**
 * What this person's pages on this device have still to send, kept in IndexedDB: it outlives a reload, a crash
 * and days without a network, and every tab sees the same. Where a browser refuses (private windows, policies,
 * a full disk) memory stands in: then it lives as long as the page.
 *
 * On the disk the words and the names of files are sealed (seal.js); without a seal memory stands in, too. What
 * cannot be opened stays until its person discards it: nothing that was sent off goes without a word.
 * The server clears it at sign-out (Clear-Site-Data), and whoever signs in next clears what others left. Each row
 * names the practice in which it was written: while the person acts for another one it only waits.
 *
 * @typedef {import("./types.js").Pending} Pending
 * @typedef {Pick<Pending, "body" | "attachments">} Words
 * @typedef {Omit<Pending, "body" | "attachments"> & { person: string, practice?: string, conversation: string, order?: number }} About
 * @typedef {About & (Words | { sealed: string })} Row one in memory has its words, one on the disk has them sealed
 */

const DATABASE = "bloom.messages";
const TABLE = "pending";
/** More than anybody writes without a network; then writing waits. */
export const MOST_PENDING = 500;
/** A browser whose store does not open by then is one without. */
const OPEN_WITHIN_MS = 3_000;

/** No more is taken: so much waits already, or the text could not be kept at all. */
export class Full extends Error {}

export class PendingStore {
  /** @type {IDBDatabase | null} */
  #database;
  /** What stands in for the database. @type {Row[]} */
  #memory = [];
  /** Taken off the list, though the database would not let go of them. @type {Set<string>} */
  #gone = new Set();
  /** What stopped them, or that they go on, where the database did not note it. @type {Map<string, string | undefined>} */
  #whys = new Map();

  /**
   * @param {string} person
   * @param {string} practice the one that the person acts for, or ""
   * @param {IDBDatabase | null} database
   * @param {import("./seal.js").Seal | null} seal
   */
  constructor(person, practice, database, seal) {
    this.person = person;
    this.practice = practice;
    this.seal = seal;
    this.#database = database;
    // The browser may take it away, when the person clears what sites keep.
    if (database) database.onclose = () => (this.#database = null);
  }

  /**
   * Open it, and forget what other people left here.
   * @param {string} person @param {string} practice @param {import("./seal.js").Seal | null} seal
   * @returns {Promise<PendingStore>}
   */
  static async open(person, practice, seal) {
    const store = new PendingStore(person, practice, seal && (await database()), seal);
    for (const row of await store.#all()) {
      if (row.person !== person) await store.remove(row.client_id);
    }
    return store;
  }

  get isKept() {
    return this.#database !== null;
  }

  /** The conversations in which something waits that was written in this practice. @returns {Promise<string[]>} */
  async conversations() {
    // Of a row without one nobody knows any more.
    const here = (await this.#own()).filter((row) => (row.practice ?? this.practice) === this.practice);
    return [...new Set(here.map((row) => row.conversation))];
  }

  /** What waits in one of them, in the order of writing. @param {string} conversation @returns {Promise<Pending[]>} */
  async list(conversation) {
    const rows = (await this.#own()).filter((row) => row.conversation === conversation);
    return Promise.all(rows.map((row) => this.#opened(row)));
  }

  /** Add one after all others; when this returns it is kept. Raises Full. @param {string} conversation @param {Pending} pending */
  async add(conversation, pending) {
    if ((await this.#own()).length >= MOST_PENDING) throw new Full();
    const { body, attachments, ...rest } = pending;
    const about = { ...rest, person: this.person, practice: this.practice, conversation };
    const words = { body, ...(attachments ? { attachments } : {}) };
    // Before the transaction, which does not wait for it.
    const sealed = await this.seal?.seal(words, place(about));
    await this.#do(
      (table) => table.add({ ...about, sealed }),
      () => this.#memory.push({ ...about, ...words }),
    );
  }

  /** One with its words; without any, and stopped, where they can no longer be opened. @param {Row} row @returns {Promise<Pending>} */
  async #opened(row) {
    const { client_id, at, why } = row;
    const words = "sealed" in row ? await this.seal?.open(row.sealed, place(row)) : { body: row.body, ...(row.attachments ? { attachments: row.attachments } : {}) };
    if (!words) return { client_id, at, body: "", why: why ?? "", isLost: true };
    return { client_id, at, ...words, ...(why === undefined ? {} : { why }) };
  }

  /** Note why one was stopped, or that it goes on. @param {string} clientId @param {string | undefined} why */
  async mark(clientId, why) {
    const row = (await this.#own()).find((each) => each.client_id === clientId);
    // Another tab has seen to it meanwhile.
    if (!row) return;
    const instead = () => this.#whys.set(clientId, why);
    this.#whys.delete(clientId);
    if (row.order === undefined) instead();
    else await this.#do((table) => table.put({ ...row, why }), instead);
  }

  /** @param {string} clientId */
  async remove(clientId) {
    this.#memory = this.#memory.filter((row) => row.client_id !== clientId);
    const row = (await this.#all()).find((each) => each.client_id === clientId);
    if (row?.order === undefined) return;
    const { order } = row;
    await this.#do(
      (table) => table.delete(order),
      () => this.#gone.add(clientId),
    );
  }

  async #own() {
    return (await this.#all()).filter((row) => row.person === this.person);
  }

  /** @returns {Promise<Row[]>} */
  async #all() {
    /** @type {Row[]} */
    let kept = [];
    const database = this.#database;
    if (database) {
      try {
        kept = await answered(database.transaction(TABLE).objectStore(TABLE).getAll());
      } catch {
        this.#database = null;
      }
    }
    return [...kept, ...this.#memory]
      .filter((row) => !this.#gone.has(row.client_id))
      .map((row) => (this.#whys.has(row.client_id) ? { ...row, why: this.#whys.get(row.client_id) } : row));
  }

  /**
   * One change, durable when this returns; in memory when the database will not have it.
   * @param {(table: IDBObjectStore) => IDBRequest} work
   * @param {() => void} instead
   */
  async #do(work, instead) {
    const database = this.#database;
    if (database) {
      try {
        const transaction = database.transaction(TABLE, "readwrite");
        work(transaction.objectStore(TABLE));
        await new Promise((resolve, reject) => {
          transaction.oncomplete = () => resolve(undefined);
          transaction.onabort = () => reject(transaction.error);
        });
        return;
      } catch {
        // Full, or gone: the page goes on without it.
      }
    }
    instead();
  }
}

/** @param {About} about */
const place = ({ conversation, client_id }) => `${conversation}.${client_id}`;

/** @returns {Promise<IDBDatabase | null>} */
async function database() {
  try {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      const table = request.result.createObjectStore(TABLE, { keyPath: "order", autoIncrement: true });
      table.createIndex("client_id", "client_id", { unique: true });
    };
    const late = new Promise((resolve) => setTimeout(resolve, OPEN_WITHIN_MS, null));
    return /** @type {IDBDatabase | null} */ (await Promise.race([answered(request), late]));
  } catch {
    return null;
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
