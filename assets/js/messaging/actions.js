/** What one can do with a message: one menu for all of them, beside the message that it was opened for. */
import { dialogOpen } from "../ui/dialog.js";
import { standBeside } from "./beside.js";
import { deeds, rowDown, rowUp } from "./deeds.js";
import { one } from "./find.js";

/** @typedef {import("./deeds.js").Deed} Deed */

/** @param {HTMLElement} article */
export const textOf = (article) => article.querySelector("[data-text]")?.textContent ?? "";

export class Actions {
  /** @type {HTMLElement | null} */
  #article = null;

  /**
   * @param {HTMLElement} root
   * @param {{
   *   edit: ((article: HTMLElement) => void) | null, remove: ((article: HTMLElement) => void) | null,
   *   react: ((article: HTMLElement, emoji: string, on: boolean) => void) | null, copied: () => void,
   *   pick: ((more: HTMLElement, choose: (emoji: string) => void) => void) | null,
   * }} does pick asks for any emoji, beside what the menu was opened by
   */
  constructor(root, does) {
    this.root = root;
    this.does = does;
    this.menu = one(root, "#message-menu");
    root.addEventListener("click", (event) => {
      const more = event.target instanceof Element ? event.target.closest("[data-more]") : null;
      if (!(more instanceof HTMLElement) || !("popover" in this.menu)) return; // The link itself does it.
      event.preventDefault();
      this.#open(more);
    });
    root.addEventListener("click", (event) => {
      const chosen = event.target instanceof Element ? event.target.closest("button[data-emoji]") : null;
      const article = chosen?.closest("article");
      if (chosen instanceof HTMLElement && article) this.does.react?.(article, chosen.dataset.emoji ?? "", chosen.getAttribute("aria-pressed") !== "true");
    });
    this.menu.addEventListener("click", (event) => {
      const chosen = event.target instanceof Element ? event.target.closest("[data-react]") : null;
      if (chosen instanceof HTMLElement && this.#article) {
        this.menu.hidePopover();
        this.does.react?.(this.#article, chosen.dataset.react ?? "", chosen.getAttribute("aria-checked") !== "true");
      }
      if (event.target instanceof Element && event.target.closest("[data-react-more]")) this.#pick();
      const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
      if (button instanceof HTMLElement) this.#do(button.dataset.do ?? "");
    });
    this.menu.addEventListener("keydown", (event) => this.#move(event));
    // What it stands beside scrolls away.
    one(root, "[data-scroll]").addEventListener("scroll", () => this.menu.matches(":popover-open") && this.menu.hidePopover(), { passive: true });
    const form = root.querySelector("[data-delete-message]");
    form?.addEventListener("submit", (event) => {
      const button = event instanceof SubmitEvent ? event.submitter : null;
      if (button instanceof HTMLButtonElement && button.value && this.#article) this.does.remove?.(this.#article);
    });
  }

  /** @param {HTMLElement} more */
  #open(more) {
    const article = more.closest("article");
    if (!article) return;
    this.#article = article;
    const may = deeds({
      isOwn: "own" in article.dataset,
      isTherapist: this.root.dataset.role === "therapist",
      isEnded: "ended" in this.root.dataset,
      hasText: textOf(article) !== "",
      isEdited: "edited" in article.dataset,
      isDeleted: "deleted" in article.dataset,
      age: (Date.now() - Date.parse(article.dataset.sent ?? "")) / 1000,
      editSeconds: Number(this.root.dataset.editSeconds),
    });
    for (const item of this.#items()) item.hidden = !may.has(/** @type {Deed} */ (item.dataset.do));
    const emojis = one(this.menu, "[data-emojis]");
    emojis.hidden = !this.does.react || "deleted" in article.dataset;
    one(emojis, "[data-react-more]").hidden = !this.does.pick;
    for (const each of emojis.querySelectorAll("[data-react]")) {
      each.setAttribute("aria-checked", String(mine(article, each.getAttribute("data-react") ?? "")));
    }
    one(this.menu, "[data-nothing]").hidden = may.size > 0 || !emojis.hidden;
    this.menu.showPopover();
    standBeside(this.menu, more, one(this.root, "[data-scroll]"));
    const first = this.#shown();
    (first.find((each) => each.dataset.do) ?? first[0] ?? this.menu).focus();
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const items = this.#shown();
    const at = items.findIndex((item) => item === document.activeElement);
    const emojis = items.filter((item) => !item.dataset.do).length;
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: rowDown(at, emojis), ArrowUp: rowUp(at, emojis), Home: 0, End: items.length - 1 };
    const next = steps[event.key];
    if (event.key === "Tab") this.menu.hidePopover();
    if (next === undefined || items.length === 0) return;
    event.preventDefault();
    items[(next + items.length) % items.length]?.focus();
  }

  #pick() {
    const article = this.#article;
    const more = article?.querySelector("[data-more]");
    this.menu.hidePopover();
    if (!article || !(more instanceof HTMLElement)) return;
    this.does.pick?.(more, (emoji) => this.does.react?.(article, emoji, !mine(article, emoji)));
  }

  /** @param {string} deed */
  #do(deed) {
    const article = this.#article;
    this.menu.hidePopover();
    if (!article) return;
    if (deed === "edit") this.does.edit?.(article);
    if (deed === "delete") dialogOpen("message-delete");
    if (deed === "history") void this.#history(article);
    if (deed === "copy") void navigator.clipboard.writeText(textOf(article)).then(this.does.copied);
  }

  /** @param {HTMLElement} article */
  async #history(article) {
    const address = `/messages/message/${article.dataset.message}/history/`;
    const answer = await fetch(address).catch(() => null);
    const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const told = page?.querySelector("[data-history]");
    if (!told) {
      location.assign(address);
      return;
    }
    one(this.root, "[data-history-here]").replaceChildren(told);
    dialogOpen("message-history");
  }

  #items() {
    return [...this.menu.querySelectorAll("[data-do]")].filter((each) => each instanceof HTMLElement);
  }

  #shown() {
    const emojis = [...this.menu.querySelectorAll("[data-emojis]:not([hidden]) > button:not([hidden])")];
    return [...emojis.filter((each) => each instanceof HTMLElement), ...this.#items().filter((each) => !each.hidden)];
  }
}

/** Whether one has reacted so. @param {HTMLElement} article @param {string} emoji */
const mine = (article, emoji) => article.querySelector(`button[data-emoji="${emoji}"][aria-pressed="true"]`) !== null;
