/**
 * The open conversation on the page: puts messages in their place, in the markup that the server made.
 *
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Pending} Pending
 */
import { Moments } from "./moments.js";
import { shape } from "./shape.js";

const NEAR_END_PX = 80;

export class Thread {
  #seen = 0;

  /**
   * @param {HTMLElement} root
   * @param {string} person whose page this is
   * @param {string} zone
   */
  constructor(root, person, zone) {
    this.root = root;
    this.person = person;
    this.moments = new Moments(zone);
    this.items = one(root, "[data-items]");
    this.scroller = one(root, "[data-scroll]");
    this.jump = one(root, "[data-jump]");
    this.#seen = Number(root.dataset.seen ?? 0);
    this.name = root.querySelector("h1")?.textContent?.trim() ?? "";
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.jump.addEventListener("click", () => this.toEnd());
  }

  /** A word of the page's own language. @param {string} key @param {string} [inside] replaces %s */
  word(key, inside = "") {
    return this.#template("words").querySelector(`[data-word="${key}"]`)?.textContent?.replace("%s", inside) ?? "";
  }

  /** Why a text was flagged, in words. @param {string[]} categories @returns {string[]} */
  reasons(categories) {
    const known = this.#template("reasons");
    return categories
      .map((category) => known.querySelector(`[data-category="${category}"]`)?.textContent?.trim() ?? "")
      .filter(Boolean);
  }

  /** What the server has put on the page, as far as it is needed to tell what is new. @returns {Message[]} */
  shown() {
    return this.#articles("[data-seq]").map(shape);
  }

  get isAtEnd() {
    return Math.abs(this.scroller.scrollTop) < NEAR_END_PX;
  }

  toEnd() {
    this.scroller.scrollTop = 0;
  }

  /** Put a message in its place, or in the place of what stood for it. @param {Message} message */
  show(message) {
    const article = this.#fill(message);
    this.removePending(message.client_id);
    const standing = this.items.querySelector(`[data-message="${message.id}"]`);
    if (standing) standing.replaceWith(article);
    else this.#keepingPlace(() => this.#insert(article, message));
    if (message.sender.id === this.person && message.moderation.outcome === "crisis") this.#offerHelp(article, message);
  }

  /** Draw the reactions of a message that is shown. @param {string} id @param {import("./types.js").Reaction[]} reactions */
  showReactions(id, reactions) {
    const article = this.items.querySelector(`[data-message="${id}"]`);
    if (article instanceof HTMLElement) this.#keepingPlace(() => this.#react(article, reactions));
  }

  /** Everybody else has read up to here. @param {number} seq */
  seen(seq) {
    this.#seen = Math.max(this.#seen, seq);
    for (const each of this.#articles("[data-own][data-seq]")) each.toggleAttribute("data-seen", Number(each.dataset.seq) <= this.#seen);
  }

  /** @param {HTMLElement} article @param {import("./types.js").Reaction[]} reactions */
  #react(article, reactions) {
    const place = article.querySelector("[data-reactions]");
    if (!place) return;
    const focused = place.contains(document.activeElement) ? document.activeElement?.getAttribute("data-emoji") : null;
    place.replaceChildren(
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
    const again = [...place.children].find((each) => each.getAttribute("data-emoji") === focused);
    if (again instanceof HTMLElement) again.focus();
  }

  /** Older messages, above those that are there. @param {Message[]} messages @param {boolean} isBeginning */
  showOlder(messages, isBeginning) {
    for (const message of messages) this.#insert(this.#fill(message), message);
    const older = this.items.querySelector("[data-older]");
    if (isBeginning && older instanceof HTMLElement) {
      older.className = "thread-begin";
      older.removeAttribute("data-older");
      older.textContent = this.word("begin");
    }
  }

  /** What waits to be sent stands at the end. @param {Pending} pending */
  showPending(pending) {
    const article = this.#copy("message-own");
    article.dataset.client = pending.client_id;
    article.dataset.waiting = "";
    one(article, "[data-text]").textContent = pending.body;
    this.#dress(article, pending.at, this.word("you"));
    one(article, '[data-state="waiting"]').hidden = Boolean(pending.why);
    one(article, '[data-state="failed"]').hidden = !pending.why;
    one(article, "[data-why-failed]").textContent = pending.why ?? "";
    const standing = this.items.querySelector(`[data-waiting][data-client="${pending.client_id}"]`);
    if (standing) standing.replaceWith(article);
    else this.items.append(article);
    this.items.querySelector("[data-thread-empty]")?.remove();
  }

  /** @param {string} clientId */
  removePending(clientId) {
    this.items.querySelector(`[data-waiting][data-client="${clientId}"]`)?.remove();
  }

  /** The number that older messages come before, or nothing when all are here. */
  get olderThan() {
    const older = this.items.querySelector("[data-older]");
    return older instanceof HTMLElement ? (older.dataset.older ?? null) : null;
  }

  set olderThan(seq) {
    const older = this.items.querySelector("[data-older]");
    if (older instanceof HTMLElement && seq !== null) older.dataset.older = seq;
  }

  /** @param {boolean} isNew something new arrived below */
  offerJump(isNew) {
    this.jump.hidden = this.isAtEnd;
    if (!isNew) return;
    one(this.jump, "[data-jump-new]").hidden = false;
    one(this.jump, "[data-jump-down]").hidden = true;
  }

  #scrolled() {
    this.offerJump(false);
    if (!this.isAtEnd) return;
    one(this.jump, "[data-jump-new]").hidden = true;
    one(this.jump, "[data-jump-down]").hidden = false;
  }

  /** Grow at the end without moving what is being read further up. @param {() => void} grow */
  #keepingPlace(grow) {
    if (this.isAtEnd) {
      grow();
      return;
    }
    const before = this.scroller.scrollHeight;
    const top = this.scroller.scrollTop;
    grow();
    // The list is turned around (chat.css): its scrollTop is negative and counts from the end.
    this.scroller.scrollTop = top - (this.scroller.scrollHeight - before);
  }

  /** @param {HTMLElement} article @param {Message} message */
  #insert(article, message) {
    this.items.querySelector("[data-thread-empty]")?.remove();
    const after = this.#articles("[data-seq]").find((each) => Number(each.dataset.seq) > message.seq);
    const waiting = this.items.querySelector("[data-waiting]");
    const day = this.moments.day(message.sent_at);
    /** @type {Element | null} */
    let place = after ?? waiting ?? this.items.querySelector("[data-newer]");
    if (after) {
      const heading = this.#headingAbove(after);
      // The heading of a later day stands between this message and the next.
      if (heading && heading.dataset.day !== day) place = heading;
    }
    this.items.insertBefore(article, place);
    if (this.#headingAbove(article)?.dataset.day === day) return;
    const heading = document.createElement("h2");
    heading.className = "day";
    heading.dataset.day = day;
    heading.textContent = this.moments.dayName(message.sent_at);
    this.items.insertBefore(heading, article);
  }

  /** @param {Element} element @returns {HTMLElement | null} */
  #headingAbove(element) {
    for (let each = element.previousElementSibling; each; each = each.previousElementSibling) {
      if (each instanceof HTMLElement && each.matches("[data-day]")) return each;
    }
    return null;
  }

  /** @param {Message} message */
  #fill(message) {
    const isOwn = message.sender.id === this.person;
    const isGone = message.body === null && !message.blurred;
    const article = this.#copy(`message-${isOwn ? "own" : "other"}${message.blurred ? "-hidden" : isGone ? "-gone" : ""}`);
    article.id = `message-${message.seq}`;
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
    if (text) text.textContent = message.body;
    const gone = article.querySelector("[data-gone]");
    if (gone && message.deleted_at) gone.textContent = isOwn ? this.word("gone_own") : this.word("gone_other", message.sender.name);
    this.#react(article, message.reactions);
    article.toggleAttribute("data-seen", isOwn && message.seq <= this.#seen);
    const edited = article.querySelector("[data-edited-mark]");
    if (edited instanceof HTMLElement) edited.hidden = !message.edited_at;
    const more = article.querySelector("[data-more]");
    if (more instanceof HTMLAnchorElement) {
      more.href = `/messages/message/${message.id}/`;
      more.hidden = false;
    }
    const why = article.querySelector("[data-why]");
    if (why) why.textContent = this.reasons(message.moderation.categories).join("; ");
    const form = article.querySelector("form[data-reveal-message]");
    if (form instanceof HTMLFormElement) form.action = `/messages/reveal/${message.id}/`;
    for (const note of article.querySelectorAll("[data-note]")) {
      if (note instanceof HTMLElement) note.hidden = isGone || note.dataset.note !== message.moderation.outcome || (message.blurred && note.dataset.note === "blur");
    }
    this.#dress(article, message.sent_at, isOwn ? this.word("you") : message.sender.name);
    return article;
  }

  /** @param {HTMLElement} article @param {string} at @param {string} name */
  #dress(article, at, name) {
    const time = one(article, "[data-time]");
    time.textContent = this.moments.time(at);
    time.setAttribute("datetime", at);
    article.setAttribute("aria-label", `${name}, ${time.textContent}`);
  }

  /** @param {Element} article @param {Message} message */
  #offerHelp(article, message) {
    if (article.nextElementSibling?.matches("[data-crisis-help]")) return;
    this.items.querySelector("[data-crisis-help]")?.remove();
    article.after(this.#template(threatens(message.moderation.categories) ? "crisis-help-others" : "crisis-help").cloneNode(true));
  }

  /** @param {string} id */
  #template(id) {
    const template = document.getElementById(id);
    if (!(template instanceof HTMLTemplateElement)) throw new Error(`no template ${id}`);
    return template.content;
  }

  /** @param {string} id */
  #copy(id) {
    const article = this.#template(id).querySelector("article")?.cloneNode(true);
    if (!(article instanceof HTMLElement)) throw new Error(`no article in ${id}`);
    return article;
  }

  /** @param {string} selector @returns {HTMLElement[]} */
  #articles(selector) {
    return [...this.items.querySelectorAll(`article${selector}`)].filter((each) => each instanceof HTMLElement);
  }
}

/** As messaging/rules.py has it: only others are in danger by this text. @param {string[]} categories */
function threatens(categories) {
  const isAboutWriter = categories.some((each) => each.startsWith("self-harm") || each === "danger-from-others");
  return !isAboutWriter && categories.some((each) => each === "violence" || each === "harassment/threatening");
}

/** @param {ParentNode} parent @param {string} selector @returns {HTMLElement} */
export function one(parent, selector) {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`no ${selector} on this page`);
  return found;
}
