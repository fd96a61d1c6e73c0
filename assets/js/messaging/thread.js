/**
 * The open conversation on the page: puts messages in their place.
 *
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Pending} Pending
 */
import { Articles, reactionsShow } from "./article.js";
import { one, template } from "./find.js";
import { linksShow } from "./links.js";
import { Moments } from "./moments.js";
import { Place } from "./place.js";
import { focusOn, redraw } from "./redraw.js";
import { shape } from "./shape.js";
import { Words } from "./words.js";

export class Thread {
  /** Reading stopped before the message of this number; 0 when nothing is new. */
  #unread = 0;
  /** After this message of one's own stand the help lines; 0 when they need not. */
  #help = 0;

  /**
   * @param {HTMLElement} root
   * @param {string} person whose page this is
   * @param {string} zone
   */
  constructor(root, person, zone) {
    this.root = root;
    this.person = person;
    this.words = new Words();
    this.moments = new Moments(zone);
    this.articles = new Articles(person, this.moments, this.words);
    this.items = one(root, "[data-items]");
    this.scroller = one(root, "[data-scroll]");
    this.place = new Place(this.scroller, this.items);
    this.articles.seen = Number(root.dataset.seen ?? 0);
    this.articles.count = Number(root.dataset.last ?? 0);
    this.#unread = Number(root.dataset.unreadFrom ?? 0);
    this.#help = Number(root.dataset.helpAfter ?? 0);
    this.items.querySelector("[data-newer]")?.remove();
    for (const text of this.items.querySelectorAll("[data-text]")) linksShow(text, text.textContent ?? "");
  }

  /** A word of the page's own language. @param {string} key @param {string} [inside] replaces %s */
  word(key, inside = "") {
    return this.words.of(key, inside);
  }

  /** What the server has put on the page, as far as it is needed to tell what is new. @returns {Message[]} */
  shown() {
    return this.#all("[data-seq]").map(shape);
  }

  /** How many messages stand on the page. */
  get count() {
    return this.#all("[data-seq]").length;
  }

  get firstSeq() {
    return Number(this.#all("[data-seq]")[0]?.dataset.seq ?? 0);
  }

  get lastSeq() {
    return Number(this.#all("[data-seq]").at(-1)?.dataset.seq ?? 0);
  }

  /** The first message of all stands on the page. */
  get isBeginning() {
    return this.items.querySelector("[data-older]") === null;
  }

  /** @param {number} seq */
  article(seq) {
    return document.getElementById(`message-${seq}`);
  }

  /** Put a message in its place, or in the place of what stood for it. @param {Message} message */
  show(message) {
    const article = this.articles.of(message);
    this.removePending(message.client_id);
    const standing = this.items.querySelector(`[data-message="${message.id}"]`);
    this.place.keep(() => {
      if (standing instanceof HTMLElement) redraw(standing, article);
      else this.#insert(article, message);
    });
    if (message.sender.id !== this.person || message.moderation.outcome !== "crisis") return;
    this.#help = message.seq;
    this.#offerHelp(standing ?? article, message);
  }

  /** Draw the reactions of a message that is shown. @param {string} id @param {import("./types.js").Reaction[]} reactions */
  showReactions(id, reactions) {
    const article = this.items.querySelector(`[data-message="${id}"]`);
    if (article instanceof HTMLElement) this.place.keep(() => reactionsShow(article, reactions));
  }

  /** Everybody else has read up to here. @param {number} seq */
  seen(seq) {
    this.articles.seen = Math.max(this.articles.seen, seq);
    for (const each of this.#all("[data-own][data-seq]")) each.toggleAttribute("data-seen", Number(each.dataset.seq) <= this.articles.seen);
  }

  /** So many messages there are. @param {number} count */
  counted(count) {
    if (count === this.articles.count) return;
    this.articles.count = count;
    for (const each of this.#all("[data-seq]")) each.setAttribute("aria-setsize", String(count));
  }

  /** More of the history, on either side. @param {Message[]} messages @param {boolean} isBeginning */
  add(messages, isBeginning) {
    this.place.keep(() => {
      for (const message of messages) this.#insert(this.articles.of(message), message);
      this.#edge(isBeginning);
    });
  }

  /** Another stretch of the history. What waits to be sent stays. @param {Message[]} messages @param {boolean} isBeginning */
  replace(messages, isBeginning) {
    const isInside = this.items.contains(document.activeElement);
    for (const each of [...this.items.children]) if (!each.matches("[data-waiting]")) each.remove();
    for (const message of messages) this.#insert(this.articles.of(message), message);
    this.#edge(isBeginning);
    if (isInside) focusOn(this.scroller);
  }

  /**
   * Let so many go at one side. Returns their ids. Where somebody has marked words, nothing goes.
   * @param {"top" | "bottom"} side @param {number} count @returns {string[]}
   */
  drop(side, count) {
    const selection = document.getSelection();
    if (selection && !selection.isCollapsed && this.items.contains(selection.anchorNode)) return [];
    const all = this.#all("[data-seq]");
    const going = side === "top" ? all.slice(0, count) : all.slice(-count);
    const stays = side === "top" ? all[count] : all.at(-count - 1);
    if (!stays) return [];
    const isInside = going.some((each) => each.contains(document.activeElement));
    this.place.keep(() => {
      // With them go the days, the cards and the line that stand between them.
      if (side === "top") {
        while (stays.previousElementSibling) stays.previousElementSibling.remove();
        this.#head(stays, stays.dataset.sent ?? "");
        this.#edge(false);
      } else {
        for (let each = stays.nextElementSibling; each; each = stays.nextElementSibling) {
          if (each.matches("[data-waiting]")) break;
          each.remove();
        }
      }
    });
    // It does not vanish with them: the arrow keys go on where one was.
    if (isInside) focusOn(this.scroller);
    return going.map((each) => each.dataset.message ?? "");
  }

  /** What waits to be sent stands at the end. @param {Pending} pending */
  showPending(pending) {
    const article = this.articles.ofPending(pending);
    const standing = this.items.querySelector(`[data-waiting][data-client="${pending.client_id}"]`);
    if (standing instanceof HTMLElement) redraw(standing, article);
    else this.items.append(article);
    this.items.querySelector("[data-thread-empty]")?.remove();
  }

  /** One that can no longer be sent: there is nothing to edit it in. @param {Pending} pending */
  showStranded(pending) {
    this.showPending({ ...pending, why: pending.why || this.word("ended") });
    const article = this.items.querySelector(`[data-waiting][data-client="${pending.client_id}"]`);
    for (const button of article?.querySelectorAll("[data-retry], [data-edit]") ?? []) button.remove();
  }

  /** @param {string} clientId */
  removePending(clientId) {
    this.items.querySelector(`[data-waiting][data-client="${clientId}"]`)?.remove();
  }

  /** From this message on all is new; 0 when nothing is. @param {number} seq */
  markUnread(seq) {
    if (seq === this.#unread) return;
    this.place.keep(() => {
      this.items.querySelector("[data-unread-mark]")?.remove();
      this.#unread = seq;
      const article = seq ? this.article(seq) : null;
      if (article) this.#line(article);
    });
  }

  /** @param {HTMLElement} article @param {Message} message */
  #insert(article, message) {
    this.items.querySelector("[data-thread-empty]")?.remove();
    const after = message.seq > this.lastSeq ? undefined : this.#all("[data-seq]").find((each) => Number(each.dataset.seq) > message.seq);
    const waiting = this.items.querySelector("[data-waiting]");
    const day = this.moments.day(message.sent_at);
    /** @type {Element | null} */
    let place = after ?? waiting;
    if (after) {
      // The heading of a later day, and the line before what is new, stand between this message and the next.
      const heading = this.#headingAbove(after);
      if (heading && heading.dataset.day !== day) place = heading;
      else if (after.previousElementSibling?.matches("[data-unread-mark]")) place = after.previousElementSibling;
    }
    this.items.insertBefore(article, place);
    this.#head(article, message.sent_at);
    if (message.seq === this.#unread) this.#line(article);
    if (message.seq === this.#help && !message.deleted_at) this.#offerHelp(article, message);
  }

  /** The day stands above the first of its messages. @param {Element} article @param {string} at */
  #head(article, at) {
    const day = this.moments.day(at);
    if (this.#headingAbove(article)?.dataset.day === day) return;
    const heading = document.createElement("h2");
    heading.className = "day";
    heading.dataset.day = day;
    heading.textContent = this.moments.dayName(at);
    this.items.insertBefore(heading, article);
  }

  /** @param {Element} article */
  #line(article) {
    if (!this.items.querySelector("[data-unread-mark]")) article.before(template("unread-line").cloneNode(true));
  }

  /** What stands above all: the beginning, or the way to earlier messages. @param {boolean} isBeginning */
  #edge(isBeginning) {
    if (this.items.querySelector(isBeginning ? "[data-begin]" : "[data-older]")) return;
    for (const each of this.items.querySelectorAll("[data-begin], [data-older]")) each.remove();
    if (this.count) this.items.prepend(template(isBeginning ? "thread-begin" : "thread-older").cloneNode(true));
  }

  /** @param {Element} element @returns {HTMLElement | null} */
  #headingAbove(element) {
    for (let each = element.previousElementSibling; each; each = each.previousElementSibling) {
      if (each instanceof HTMLElement && each.matches("[data-day]")) return each;
    }
    return null;
  }

  /** @param {Element} article @param {Message} message */
  #offerHelp(article, message) {
    if (article.nextElementSibling?.matches("[data-crisis-help]")) return;
    this.items.querySelector("[data-crisis-help]")?.remove();
    article.after(template(threatens(message.moderation.categories) ? "crisis-help-others" : "crisis-help").cloneNode(true));
  }

  /** @param {string} selector @returns {HTMLElement[]} */
  #all(selector) {
    return [...this.items.querySelectorAll(`article${selector}`)].filter((each) => each instanceof HTMLElement);
  }
}

/** As messaging/rules.py has it: only others are in danger by this text. @param {string[]} categories */
function threatens(categories) {
  const isAboutWriter = categories.some((each) => each.startsWith("self-harm") || each === "danger-from-others");
  return !isAboutWriter && categories.some((each) => each === "violence" || each === "harassment/threatening");
}
