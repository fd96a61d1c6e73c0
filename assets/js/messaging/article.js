/**
 * A message as an article, in the markup that the server made for it (templates/cotton/messaging/message.html).
 *
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Pending} Pending
 */
import { attachmentsShow } from "./attachments.js";
import { one, template } from "./find.js";
import { linksShow } from "./links.js";
import { redraw } from "./redraw.js";

export class Articles {
  /** The others have read up to here. */
  seen = 0;
  /** So many messages the conversation has. */
  count = 0;

  /**
   * @param {string} person whose page this is
   * @param {import("./moments.js").Moments} moments
   * @param {import("./words.js").Words} words
   */
  constructor(person, moments, words) {
    this.person = person;
    this.moments = moments;
    this.words = words;
  }

  /** @param {Message} message */
  of(message) {
    const isOwn = message.sender.id === this.person;
    const isGone = message.body === null && !message.blurred;
    const article = copy(`message-${isOwn ? "own" : "other"}${message.blurred ? "-hidden" : isGone ? "-gone" : ""}`);
    article.id = `message-${message.seq}`;
    article.setAttribute("aria-posinset", String(message.seq));
    article.setAttribute("aria-setsize", String(this.count));
    Object.assign(article.dataset, {
      message: message.id,
      seq: String(message.seq),
      change: String(message.change),
      client: message.client_id,
      sent: message.sent_at,
    });
    article.toggleAttribute("data-edited", Boolean(message.edited_at));
    article.toggleAttribute("data-deleted", Boolean(message.deleted_at));
    const text = article.querySelector("[data-text]");
    if (text) linksShow(text, message.body ?? "");
    attachmentsShow(article, message.attachments);
    const gone = article.querySelector("[data-gone]");
    if (gone && message.deleted_at) gone.textContent = isOwn ? this.words.of("gone_own") : this.words.of("gone_other", message.sender.name);
    reactionsShow(article, message.reactions);
    article.toggleAttribute("data-seen", isOwn && message.seq <= this.seen);
    const edited = article.querySelector("[data-edited-mark]");
    if (edited instanceof HTMLElement) edited.hidden = !message.edited_at;
    const more = article.querySelector("[data-more]");
    if (more instanceof HTMLAnchorElement) {
      more.href = `/messages/message/${message.id}/`;
      more.hidden = false;
    }
    const why = article.querySelector("[data-why]");
    if (why) why.textContent = this.words.reasons(message.moderation.categories).join("; ");
    const form = article.querySelector("form[data-reveal-message]");
    if (form instanceof HTMLFormElement) form.action = `/messages/reveal/${message.id}/`;
    for (const note of article.querySelectorAll("[data-note]")) {
      if (note instanceof HTMLElement) note.hidden = isGone || note.dataset.note !== message.moderation.outcome || (message.blurred && note.dataset.note === "blur");
    }
    this.#dress(article, message.sent_at, isOwn ? this.words.of("you") : message.sender.name);
    const from = article.querySelector("[data-from] bdi");
    if (from) from.textContent = message.sender.name;
    return article;
  }

  /** What waits to be sent, or was stopped. @param {Pending} pending */
  ofPending(pending) {
    const article = copy("message-own");
    article.dataset.client = pending.client_id;
    article.dataset.waiting = "";
    linksShow(one(article, "[data-text]"), pending.body);
    attachmentsShow(article, pending.attachments ?? []);
    this.#dress(article, pending.at, this.words.of("you"));
    const isStopped = pending.why !== undefined;
    if (pending.isLost) {
      one(article, ".bubble").dataset.gone = "";
      one(article, "[data-text]").textContent = this.words.of("lost");
      for (const button of article.querySelectorAll("[data-retry], [data-edit]")) button.remove();
    }
    one(article, '[data-state="waiting"]').hidden = isStopped;
    one(article, '[data-state="failed"]').hidden = !isStopped;
    one(article, "[data-why-failed]").textContent = isStopped ? (pending.isLost ? this.words.of("lost_why") : pending.why || this.words.of("unavailable")) : "";
    return article;
  }

  /** @param {HTMLElement} article @param {string} at @param {string} name */
  #dress(article, at, name) {
    const time = one(article, "[data-time]");
    time.textContent = this.moments.time(at);
    time.setAttribute("datetime", at);
    article.setAttribute("aria-label", `${name}, ${time.textContent}`);
  }
}

/** @param {HTMLElement} article @param {import("./types.js").Reaction[]} reactions */
export function reactionsShow(article, reactions) {
  const place = article.querySelector("[data-reactions]");
  if (!(place instanceof HTMLElement)) return;
  const fresh = document.createDocumentFragment();
  fresh.append(
    ...reactions.map(({ emoji, count, mine }) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "reaction" });
      button.dataset.emoji = emoji;
      button.setAttribute("aria-pressed", String(mine));
      button.setAttribute("aria-label", `${emoji} ${count}`);
      const sign = Object.assign(document.createElement("span"), { textContent: emoji });
      sign.setAttribute("aria-hidden", "true");
      button.append(sign, ` ${count}`);
      return button;
    }),
  );
  redraw(place, fresh);
}

/** @param {string} id */
function copy(id) {
  const article = template(id).querySelector("article")?.cloneNode(true);
  if (!(article instanceof HTMLElement)) throw new Error(`no article in ${id}`);
  return article;
}
