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

const AGAIN_AFTER_MS = 3_000;

export class Outbox {
  #busy = false;
  #timer = 0;

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
    socket.addEventListener("state", () => {
      if (socket.state === "open") void this.flush();
    });
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
    this.#update(clientId, { why: undefined });
    void this.flush();
  }

  /** Give up on one; returns its text. @param {string} clientId */
  take(clientId) {
    const taken = this.keep.pending.find((each) => each.client_id === clientId);
    this.keep.pending = this.keep.pending.filter((each) => each.client_id !== clientId);
    return taken?.body ?? "";
  }

  /** A message of ours arrived by another way, such as after a lost answer. @param {string} clientId */
  confirmed(clientId) {
    this.take(clientId);
  }

  /** Send what waits, one after the other: their order is the order in which they were written. */
  async flush() {
    if (this.#busy || this.socket.state !== "open") return;
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

  /** @param {Pending} pending @returns {Promise<boolean>} whether the next one may follow */
  async #send(pending) {
    try {
      const { client_id, body } = pending;
      const message = await this.socket.ask("message:send", { conversation: this.conversation, client_id, body });
      this.take(client_id);
      this.listener.sent(message);
      return true;
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure;
      const { code, retry_after } = failure.error;
      if (code === "unavailable" || code === "rate_limited") {
        // It may have arrived all the same: the same id asks again, at the next opening or in a moment.
        window.clearTimeout(this.#timer);
        this.#timer = window.setTimeout(() => void this.flush(), (retry_after ?? 0) * 1000 + AGAIN_AFTER_MS);
        return false;
      }
      this.listener.refused(pending, failure.error);
      return true;
    }
  }

  /** Stop one with the reason, until the person decides. @param {Pending} pending @param {string} why */
  stop(pending, why) {
    this.#update(pending.client_id, { why });
  }

  /** @param {string} clientId @param {Partial<Pending>} change */
  #update(clientId, change) {
    this.keep.pending = this.keep.pending.map((each) => (each.client_id === clientId ? { ...each, ...change } : each));
    const changed = this.keep.pending.find((each) => each.client_id === clientId);
    if (changed) this.listener.changed(changed);
  }
}
