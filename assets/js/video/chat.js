/** The two people's conversation beside the session: the newest messages, and one's own. The rest is in Messages. */
import { Refused } from "../realtime/socket.js";
import { csrfToken } from "../ui/csrf.js";
import { UNATTENDED } from "../ui/unattended.js";
import { part, room } from "./find.js";
import { word } from "./words.js";

/** @typedef {import("../messaging/types.js").Message} Message */

const SHOWN = 30;

export class Chat {
  #conversation = "";
  #known = new Set();
  #asked = false;
  #panel = part("[data-chat]");
  #list = part("[data-messages]");
  #refused = part("[data-chat-refused]");
  #text = /** @type {HTMLTextAreaElement} */ (part("#chat-text"));

  /** @param {import("./seat.js").Seat} seat */
  constructor(seat) {
    this.seat = seat;
    seat.addEventListener("message", (event) => this.#came(/** @type {CustomEvent} */ (event).detail));
    seat.addEventListener("found", () => {
      if (this.#conversation) void this.#load().catch(() => undefined);
    });
    part("[data-chat-form]").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.#send();
    });
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  toggle() {
    this.#panel.hidden = !this.#panel.hidden;
    room.toggleAttribute("data-chatting", this.isOpen);
    if (!this.isOpen) return;
    part("[data-chat-new]").hidden = true;
    this.#text.focus();
    void this.start();
    this.#bottom();
  }

  /** Learn which conversation it is, so that what is written in it shows. */
  async start() {
    if (this.#asked) return;
    this.#asked = true;
    try {
      const found = await call("POST", "/api/v1/conversations/", { person: room.dataset.other });
      this.#conversation = found.id;
      await this.#load();
    } catch {
      this.#asked = false;
      this.#refused.textContent = word("no_chat");
    }
  }

  async #load() {
    const page = await call("GET", `/api/v1/conversations/${this.#conversation}/messages/?limit=${SHOWN}`);
    for (const each of page.results) this.#show(each);
    this.#bottom();
  }

  /** @param {{ conversation: string, message: Message }} frame */
  #came(frame) {
    if (frame.conversation !== this.#conversation) return;
    this.#show(frame.message);
    this.#bottom();
    if (!this.isOpen) part("[data-chat-new]").hidden = false;
  }

  async #send() {
    const body = this.#text.value.trim();
    if (!body || !this.#conversation) return;
    this.#refused.textContent = "";
    try {
      const message = await this.seat.socket.ask("message:send", {
        conversation: this.#conversation,
        client_id: crypto.randomUUID(),
        body,
      });
      if (this.#text.value.trim() === body) this.#text.value = "";
      this.#show(message);
      this.#bottom();
    } catch (error) {
      // What was typed stays.
      this.#refused.textContent = error instanceof Refused && error.error.detail ? error.error.detail : word("unreachable");
    }
  }

  /** @param {Message} message */
  #show(message) {
    if (this.#known.has(message.id)) return;
    this.#known.add(message.id);
    const item = document.createElement("li");
    const own = message.sender.id === room.dataset.person;
    item.toggleAttribute("data-own", own);
    const who = document.createElement("span");
    who.className = "sr-only";
    who.textContent = `${own ? word("you") : message.sender.name}: `;
    const said = document.createElement("span");
    said.dir = "auto";
    said.textContent = message.deleted_at
      ? word("deleted_message")
      : (message.body ?? word(message.blurred ? "hidden_message" : "deleted_message")) ||
        word(message.attachments?.length ? "attached" : "hidden_message");
    item.append(who, said);
    this.#list.append(item);
  }

  #bottom() {
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}

/** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} */
async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: {
      Accept: "application/json",
      ...(body ? { "Content-Type": "application/json", "X-CSRFToken": csrfToken() } : UNATTENDED),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
