/**
 * What this device has still to send in one conversation: in order, each with the id that makes a repeat
 * harmless, kept until the server has confirmed it. Of several tabs one sends at a time.
 *
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Pending} Pending
 * @typedef {import("../realtime/socket.js").BloomSocket} BloomSocket
 * @typedef {import("../realtime/socket.js").SocketError} SocketError
 * @typedef {import("./pending.js").PendingStore} PendingStore
 *
 * @typedef {{
 *   changed: (pending: Pending) => void,
 *   sent: (message: Message) => void,
 *   refused: (pending: Pending, error: SocketError) => Promise<unknown>,
 * }} Listener
 */
import { Refused } from "../realtime/socket.js";
import { messageSend } from "./rest.js";

const AGAIN_AFTER_MS = 3_000;
const AGAIN_AT_MOST_MS = 60_000;
/** So often the server may fail at one message before that stops holding up the others. No server is no failure. */
const TRIES = 4;

export class Outbox {
  #busy = false;
  /** It was asked again while it was at it. */
  #again = false;
  /** What waits, as this page knows it. @type {Pending[]} */
  pending = [];
  #timer = 0;
  #failures = 0;
  /** @type {Map<string, number>} */
  #tries = new Map();

  /**
   * @param {BloomSocket} socket
   * @param {string} conversation
   * @param {PendingStore} store
   * @param {Listener} listener
   */
  constructor(socket, conversation, store, listener) {
    this.socket = socket;
    this.conversation = conversation;
    this.store = store;
    this.listener = listener;
    socket.addEventListener("state", () => void this.flush());
    socket.addEventListener("stuck", () => void this.flush());
  }

  /** Learn what waits since earlier, or since another tab. @returns {Promise<Pending[]>} */
  async load() {
    this.pending = await this.store.list(this.conversation);
    return this.pending;
  }

  /**
   * Keep a text and the files that go with it, then send it. Raises Full.
   * @param {string} body @param {import("./types.js").Attached[]} [attachments]
   */
  async add(body, attachments = []) {
    const pending = { client_id: crypto.randomUUID(), body, at: new Date().toISOString(), ...(attachments.length ? { attachments } : {}) };
    await this.store.add(this.conversation, pending);
    this.pending = [...this.pending, pending];
    this.listener.changed(pending);
    void this.flush();
  }

  /** Try again what was stopped. @param {string} clientId */
  async retry(clientId) {
    this.#tries.delete(clientId);
    await this.#mark(clientId, undefined);
    void this.flush();
  }

  /** Take one back, or off the list once it has arrived; returns its text. @param {string} clientId */
  async take(clientId) {
    const taken = this.pending.find((each) => each.client_id === clientId);
    this.pending = this.pending.filter((each) => each.client_id !== clientId);
    await this.store.remove(clientId);
    return taken?.body ?? "";
  }

  /** Send what waits, one after the other: their order is the order in which they were written. */
  async flush() {
    this.#again = true;
    if (this.#busy || !this.#isOpen) return;
    this.#busy = true;
    try {
      while (this.#again) {
        this.#again = false;
        await alone(`bloom.outbox.${this.conversation}`, () => this.#sendAll());
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Stop one with the reason, until the person decides. @param {Pending} pending @param {string} why */
  async stop(pending, why) {
    await this.#mark(pending.client_id, why);
  }

  /** Until nothing waits, or the way is closed: what stands in the store now, also from other tabs. */
  async #sendAll() {
    while (this.#isOpen) {
      const next = (await this.load()).find((each) => each.why === undefined);
      if (!next) return;
      if (!(await this.#send(next))) {
        // What comes now waits behind it, until it is tried again.
        this.#again = false;
        return;
      }
    }
  }

  get #isOpen() {
    return this.socket.state === "open" || this.socket.isStuck;
  }

  /** @param {Pending} pending @returns {Promise<boolean>} whether the next one may follow */
  async #send(pending) {
    const { client_id, body } = pending;
    const files = pending.attachments?.map(({ id }) => id);
    const bySocket = this.socket.state === "open";
    try {
      const message =
        bySocket
          ? await this.socket.ask("message:send", { conversation: this.conversation, client_id, body, ...(files ? { attachments: files } : {}) })
          : await messageSend(this.conversation, client_id, body, files);
      this.#failures = 0;
      await this.take(client_id);
      this.listener.sent(message);
      return true;
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure;
      // A socket that has closed meanwhile did so for a reason of its own.
      return this.#failed(pending, failure.error, bySocket ? this.socket.state === "open" : failure.isAnswer);
    }
  }

  /**
   * @param {Pending} pending
   * @param {SocketError} error
   * @param {boolean} isServers that there was a server, and it failed at this one
   * @returns {Promise<boolean>} whether the next one may follow
   */
  async #failed(pending, error, isServers) {
    const isPassing = ["unavailable", "rate_limited", "unauthenticated"].includes(error.code);
    const tries = (this.#tries.get(pending.client_id) ?? 0) + (error.code === "unavailable" && isServers ? 1 : 0);
    this.#tries.set(pending.client_id, tries);
    if (!isPassing || tries >= TRIES) {
      await this.listener.refused(pending, error);
      return true;
    }
    // It may have arrived all the same: the same id asks again, at the next opening or in a while.
    const pause = Math.min(AGAIN_AT_MOST_MS, AGAIN_AFTER_MS * 2 ** this.#failures++);
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.flush(), (error.retry_after ?? 0) * 1000 + pause);
    return false;
  }

  /** @param {string} clientId @param {string | undefined} why */
  async #mark(clientId, why) {
    await this.store.mark(clientId, why);
    const changed = (await this.load()).find((each) => each.client_id === clientId);
    if (changed) this.listener.changed(changed);
  }
}

/**
 * Do it while no other tab of this browser does; where there is no such lock, the ids keep a repeat harmless.
 * @param {string} name
 * @param {() => Promise<void>} work
 */
async function alone(name, work) {
  if (globalThis.navigator?.locks) await navigator.locks.request(name, work);
  else await work();
}
