/**
 * What this device has still to send in one conversation: in order, each with the id that makes a repeat
 * harmless, kept until the server has confirmed it.
 *
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Pending} Pending
 * @typedef {import("../realtime/socket.js").BloomSocket} BloomSocket
 * @typedef {import("../realtime/socket.js").SocketError} SocketError
 * @typedef {import("./keep.js").Keep} Keep
 *
 * @typedef {{
 *   changed: (pending: Pending) => void,
 *   sent: (message: Message) => void,
 *   refused: (pending: Pending, error: SocketError) => void,
 * }} Listener
 */
import { Refused } from "../realtime/socket.js";
import { messageSend } from "./rest.js";

const AGAIN_AFTER_MS = 3_000;
const AGAIN_AT_MOST_MS = 60_000;
/** So often one message may fail while the way is open, before it stops holding up the others. */
const TRIES = 4;

export class Outbox {
  #busy = false;
  #timer = 0;
  #failures = 0;
  /** @type {Map<string, number>} */
  #tries = new Map();

  /**
   * @param {BloomSocket} socket
   * @param {string} conversation
   * @param {Keep} keep
   * @param {Listener} listener
   */
  constructor(socket, conversation, keep, listener) {
    this.socket = socket;
    this.conversation = conversation;
    this.keep = keep;
    this.listener = listener;
    socket.addEventListener("state", () => void this.flush());
    socket.addEventListener("stuck", () => void this.flush());
  }

  /** @param {string} body */
  add(body) {
    const pending = { client_id: crypto.randomUUID(), body, at: new Date().toISOString() };
    this.keep.pending = [...this.keep.pending, pending];
    this.listener.changed(pending);
    void this.flush();
  }

  /** Try again what was stopped. @param {string} clientId */
  retry(clientId) {
    this.#tries.delete(clientId);
    this.#update(clientId, { why: undefined });
    void this.flush();
  }

  /** Take one back, or off the list once it has arrived; returns its text. @param {string} clientId */
  take(clientId) {
    const taken = this.keep.pending.find((each) => each.client_id === clientId);
    if (taken) this.keep.pending = this.keep.pending.filter((each) => each.client_id !== clientId);
    return taken?.body ?? "";
  }

  /** Send what waits, one after the other: their order is the order in which they were written. */
  async flush() {
    if (this.#busy || !this.#isOpen) return;
    this.#busy = true;
    try {
      for (;;) {
        const next = this.keep.pending.find((each) => !each.why);
        if (!next || !(await this.#send(next))) return;
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Stop one with the reason, until the person decides. @param {Pending} pending @param {string} why */
  stop(pending, why) {
    this.#update(pending.client_id, { why });
  }

  get #isOpen() {
    return this.socket.state === "open" || this.socket.isStuck;
  }

  /** @param {Pending} pending @returns {Promise<boolean>} whether the next one may follow */
  async #send(pending) {
    const { client_id, body } = pending;
    try {
      const message =
        this.socket.state === "open"
          ? await this.socket.ask("message:send", { conversation: this.conversation, client_id, body })
          : await messageSend(this.conversation, client_id, body);
      this.#failures = 0;
      this.take(client_id);
      this.listener.sent(message);
      return true;
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure;
      return this.#failed(pending, failure.error);
    }
  }

  /** @param {Pending} pending @param {SocketError} error @returns {boolean} whether the next one may follow */
  #failed(pending, error) {
    const isPassing = ["unavailable", "rate_limited", "unauthenticated"].includes(error.code);
    const tries = (this.#tries.get(pending.client_id) ?? 0) + (error.code === "unavailable" && this.#isOpen ? 1 : 0);
    this.#tries.set(pending.client_id, tries);
    if (!isPassing || tries >= TRIES) {
      this.listener.refused(pending, error);
      return true;
    }
    // It may have arrived all the same: the same id asks again, at the next opening or in a while.
    const pause = Math.min(AGAIN_AT_MOST_MS, AGAIN_AFTER_MS * 2 ** this.#failures++);
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.flush(), (error.retry_after ?? 0) * 1000 + pause);
    return false;
  }

  /** @param {string} clientId @param {Partial<Pending>} change */
  #update(clientId, change) {
    this.keep.pending = this.keep.pending.map((each) => (each.client_id === clientId ? { ...each, ...change } : each));
    const changed = this.keep.pending.find((each) => each.client_id === clientId);
    if (changed) this.listener.changed(changed);
  }
}
