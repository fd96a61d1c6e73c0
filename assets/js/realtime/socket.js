/**
 * The socket of one signed-in person: asks and answers, reconnects by itself, never gives up quietly.
 * Contract: docs/socket.md.
 *
 * @typedef {{
 *   code: string, detail?: string, categories?: string[], retry_after?: number, errors?: Record<string, string[]>,
 * }} SocketError
 * @typedef {{ type: string, [key: string]: any }} Frame
 * @typedef {"connecting" | "open" | "waiting" | "ended"} State
 */
import { UNATTENDED } from "../ui/unattended.js";
import { loadAnew } from "./anew.js";

const PROTOCOL = "bloom.v1";
const PING_EVERY_MS = 20_000;
const ANSWER_WITHIN_MS = 10_000;
const LONGEST_WAIT_MS = 20_000;
/** A network that lets no socket through is one where none has opened for so long. */
const STUCK_AFTER_MS = 8_000;
/** Closings after which trying again is pointless until the person signs in anew. */
const SIGNED_OUT = 4401;
const FINAL_CODES = new Set([SIGNED_OUT, 4403]);
/** The server restarts: another one is there within seconds, and not everybody knocks at once. */
const RESTARTING = 4503;

/** The person acts for another practice now. */
const ANOTHER_PRACTICE = 4409;

/** A refusal by the server, or no answer in time (`code` "unavailable"). */
export class Refused extends Error {
  /** @param {SocketError} error @param {boolean} [isAnswer] that the server itself said so, and not the way to it */
  constructor(error, isAnswer = true) {
    super(error.detail ?? error.code);
    this.error = error;
    this.isAnswer = isAnswer;
  }
}

export class BloomSocket extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Map<string, { resolve: (data: any) => void, reject: (error: Refused) => void, timer: number }>} */
  #waiting = new Map();
  #refs = 0;
  #attempts = 0;
  #retryTimer = 0;
  #pingTimer = 0;
  #stuckTimer = 0;
  /** No socket has been had for a while, though the machine is online: other ways are needed. */
  isStuck = false;
  /** @type {State} */
  state = "connecting";

  /** @param {string} url */
  constructor(url) {
    super();
    this.url = url;
    window.addEventListener("online", () => this.#soon(0));
    window.addEventListener("offline", () => this.#socket?.close());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#probe();
    });
  }

  /** Open the socket; later calls do nothing while one is open or opening. */
  connect() {
    if (this.#socket || this.state === "ended") return;
    this.#become("connecting");
    const socket = new WebSocket(this.url, [PROTOCOL]);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#attempts = 0;
      this.#pingTimer = window.setInterval(() => this.#probe(), PING_EVERY_MS);
      this.#become("open");
    });
    socket.addEventListener("message", (event) => this.#receive(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      if (this.#socket === socket) this.#closed(event.code);
    });
  }

  /**
   * Send a frame and wait for its answer.
   * @param {string} type
   * @param {Record<string, any>} [fields]
   * @returns {Promise<any>} the `data` of the answer; rejects with Refused
   */
  ask(type, fields = {}) {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new Refused({ code: "unavailable" }));
    }
    const ref = `r${++this.#refs}`;
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => {
        this.#waiting.delete(ref);
        reject(new Refused({ code: "unavailable" }));
        socket.close();
      }, ANSWER_WITHIN_MS);
      this.#waiting.set(ref, { resolve, reject, timer });
      socket.send(JSON.stringify({ type, ref, ...fields }));
    });
  }

  /** Send a frame that nobody answers, if it can be sent now. @param {string} type @param {Record<string, any>} fields */
  tell(type, fields) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, ...fields }));
  }

  #probe() {
    if (this.state === "open") this.ask("ping").catch(() => undefined);
    else this.#soon(0);
  }

  /** @param {Frame} frame */
  #receive(frame) {
    if (frame.type !== "ack") {
      this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
      return;
    }
    const waiter = this.#waiting.get(frame.ref);
    if (!waiter) return;
    this.#waiting.delete(frame.ref);
    window.clearTimeout(waiter.timer);
    if (frame.ok) waiter.resolve(frame.data);
    else waiter.reject(new Refused(frame.error));
  }

  /**
   * A session gets another key with each change of what it may do, such as joining a practice in another tab. This
   * page's is over then, though its person is still signed in: the page loads anew, as after another practice.
   */
  async #sessionMoved() {
    // The socket may be closed before the other tab has its answer, and with it the new key.
    for (const wait of [0, 700, 2_000, 5_000, 10_000]) {
      await new Promise((resolve) => window.setTimeout(resolve, wait));
      if (await this.#isStillSignedIn()) return loadAnew();
    }
  }

  async #isStillSignedIn() {
    try {
      return (await fetch("/api/v1/me/", { headers: { Accept: "application/json", ...UNATTENDED } })).ok;
    } catch {
      return false; // Nobody answers: that the session is over stands on the page, with the way to sign in.
    }
  }

  /** @param {number} code */
  #closed(code) {
    this.#socket = null;
    window.clearInterval(this.#pingTimer);
    for (const { reject, timer } of this.#waiting.values()) {
      window.clearTimeout(timer);
      reject(new Refused({ code: "unavailable" }));
    }
    this.#waiting.clear();
    if (code === ANOTHER_PRACTICE) {
      // What stands on this page is no longer theirs to see here. Drafts and unsent messages are on the device.
      window.location.reload();
      return;
    }
    if (FINAL_CODES.has(code)) {
      this.#become("ended");
      if (code === SIGNED_OUT) void this.#sessionMoved();
      return;
    }
    this.#become("waiting");
    // Full jitter: after a restart of the server not everybody comes back at once.
    const ceiling = Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.#attempts++);
    if (code === RESTARTING) this.#soon(1_000 + Math.random() * 4_000);
    else this.#soon(250 + Math.random() * ceiling);
  }

  /** @param {number} milliseconds */
  #soon(milliseconds) {
    window.clearTimeout(this.#retryTimer);
    this.#retryTimer = window.setTimeout(() => this.connect(), milliseconds);
  }

  /** @param {State} state */
  #become(state) {
    this.state = state;
    if (state === "open" || state === "ended") {
      window.clearInterval(this.#stuckTimer);
      this.#stuckTimer = 0;
      this.isStuck = false;
    } else if (!this.#stuckTimer) {
      this.#stuckTimer = window.setInterval(() => {
        this.isStuck = navigator.onLine;
        if (this.isStuck) this.dispatchEvent(new Event("stuck"));
      }, STUCK_AFTER_MS);
    }
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
