/** Changing what was sent: its words, its reactions, whether it is there at all. */
import { Refused } from "../realtime/socket.js";
import { announce, toast } from "../ui/toast.js";
import { messageDelete, messageEdit, reactionToggle } from "./rest.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {{ message: string, change: number, reactions: import("./types.js").Reaction[] }} Reacted */

export class Changing {
  /**
   * @param {import("../realtime/socket.js").BloomSocket} socket
   * @param {import("./thread.js").Thread} thread
   * @param {import("./timeline.js").Timeline} timeline
   * @param {import("./composer.js").Composer | null} composer
   * @param {(message: Message) => void} changed
   */
  constructor(socket, thread, timeline, composer, changed) {
    this.socket = socket;
    this.thread = thread;
    this.timeline = timeline;
    this.composer = composer;
    this.changed = changed;
  }

  /** @param {string} message @param {string} body */
  async edit(message, body) {
    try {
      this.changed(await (this.#isOpen ? this.socket.ask("message:edit", { message, body }) : messageEdit(message, body)));
      if (this.composer?.editing === message) this.composer.endEdit();
      announce(this.thread.word("edited"));
    } catch (failure) {
      const error = failure instanceof Refused ? failure.error : { code: "unavailable" };
      const details = Object.values(error.errors ?? {}).flat();
      const text =
        error.code === "message_blocked" ? this.thread.word("blocked_edit")
        : error.code === "unavailable" ? this.thread.word("not_changed")
        : details.join(" ") || (error.detail ?? "");
      this.composer?.complain(text, this.thread.words.reasons(error.categories ?? []));
    }
  }

  /** @param {string} message */
  async remove(message) {
    try {
      this.changed(await (this.#isOpen ? this.socket.ask("message:delete", { message }) : messageDelete(message)));
      if (this.composer?.editing === message) this.composer.endEdit();
      announce(this.thread.word("deleted"));
    } catch (failure) {
      this.#refused(failure);
    }
  }

  /** @param {string} message @param {string} emoji @param {boolean} on */
  async toggle(message, emoji, on) {
    try {
      this.reacted(await (this.#isOpen ? this.socket.ask("reaction:toggle", { message, emoji, on }) : reactionToggle(message, emoji, on)), true);
    } catch (failure) {
      this.#refused(failure);
    }
  }

  /** @param {Reacted} told @param {boolean} [isAnswer] */
  reacted({ message, change, reactions }, isAnswer = false) {
    if (this.timeline.react(message, change, reactions, { isAnswer })) this.thread.showReactions(message, reactions);
  }

  get #isOpen() {
    return this.socket.state === "open";
  }

  /** @param {unknown} failure */
  #refused(failure) {
    const detail = failure instanceof Refused ? failure.error.detail : "";
    toast(detail || this.thread.word("not_changed"), "error");
  }
}
