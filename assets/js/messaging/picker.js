/**
 * The picker of emoji: one for what is written and for reactions. A dialog over the page with a field to search in
 * and a grid to walk through by arrow keys; each emoji says its name. What it offers is loaded when it first opens.
 */
import { standBeside } from "./beside.js";
import { emojiFind, emojiLoad, gridStep } from "./emoji.js";
import { one } from "./find.js";

/** @typedef {import("./emoji.js").Emoji} Emoji */
/** @typedef {import("./emoji.js").Group} Group */

const CELL_PX = 40;
/** For fingers. */
const CELL_COARSE_PX = 44;

export class EmojiPicker {
  /** What to do with the emoji that is chosen. @type {(emoji: string) => void} */
  #choose = () => {};
  /** @type {HTMLElement | null} */
  #opener = null;
  /** @type {Group[]} */
  #groups = [];
  #columns = 0;

  /**
   * @param {HTMLElement} root
   * @param {import("./recent.js").Recent} recent
   */
  constructor(root, recent) {
    this.root = root;
    this.recent = recent;
    const search = root.querySelector("input");
    if (!search) throw new Error("no field to search in");
    this.search = search;
    this.bar = one(root, "[data-emoji-groups]");
    this.grid = one(root, "[data-emoji-grid]");
    this.name = one(root, "[data-emoji-name]");
    this.said = one(root, "[data-emoji-said]");
    this.trouble = one(root, "[data-emoji-trouble]");
    root.addEventListener("toggle", () => this.#opener?.setAttribute("aria-expanded", String(this.isOpen)));
    search.addEventListener("input", () => this.#draw());
    search.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown") this.#current?.focus();
      else if (event.key === "Enter") this.#take(this.#cells[0]);
      else return;
      event.preventDefault();
    });
    this.grid.addEventListener("keydown", (event) => this.#move(event));
    this.grid.addEventListener("click", (event) => this.#take(cellOf(event)));
    this.grid.addEventListener("focusin", (event) => this.#rove(cellOf(event)));
    this.grid.addEventListener("pointerover", (event) => this.#call(cellOf(event)));
    this.bar.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-emoji-group]") : null;
      if (button instanceof HTMLElement) this.#toGroup(button.dataset.emojiGroup ?? "");
    });
    this.bar.addEventListener("keydown", (event) => this.#moveInBar(event));
  }

  /** Whether this browser can show it at all. */
  static get isPossible() {
    return "popover" in HTMLElement.prototype;
  }

  get isOpen() {
    return this.root.matches(":popover-open");
  }

  /**
   * Open it beside what asks for an emoji, which has the focus again when it closes.
   * @param {HTMLElement} opener
   * @param {Element} room what it should stand within
   * @param {(emoji: string) => void} choose
   */
  async open(opener, room, choose) {
    this.#choose = choose;
    this.#opener = opener;
    this.search.value = "";
    this.trouble.hidden = true;
    this.root.showPopover();
    // On a phone it stands at the foot of the page (chat.css).
    if (window.matchMedia("(min-width: 40rem)").matches) standBeside(this.root, opener, room);
    else this.root.removeAttribute("style");
    const isTouch = window.matchMedia("(pointer: coarse)").matches;
    // A keyboard that covers half of a phone comes only when somebody asks for it.
    if (isTouch) this.root.focus();
    else this.search.focus();
    try {
      this.#groups = await emojiLoad(this.root.dataset.address ?? "");
    } catch {
      this.trouble.hidden = false;
      return;
    }
    this.#draw();
    if (isTouch && document.activeElement === this.root) this.#current?.focus();
  }

  #draw() {
    const typed = this.search.value.trim();
    this.#columns = Math.max(1, Math.floor(this.grid.clientWidth / (window.matchMedia("(pointer: coarse)").matches ? CELL_COARSE_PX : CELL_PX)));
    this.grid.style.setProperty("--columns", String(this.#columns));
    const found = typed ? emojiFind(this.#groups, typed) : [];
    this.grid.replaceChildren(...(typed ? [this.#group("", found)] : this.#all().map(([slug, emojis]) => this.#group(slug, emojis))));
    this.grid.scrollTop = 0;
    this.bar.hidden = Boolean(typed);
    this.said.textContent = !typed ? "" : found.length ? (this.said.dataset.some ?? "").replace("%s", String(found.length)) : (this.said.dataset.none ?? "");
    this.#rove(this.#cells[0]);
  }

  /** @returns {Group[]} those chosen last, then all */
  #all() {
    const named = new Map(this.#groups.flatMap(([, emojis]) => emojis.map((each) => [each[0], each])));
    const recent = this.recent.all.map((emoji) => named.get(emoji)).filter((each) => each !== undefined);
    const button = this.bar.querySelector('[data-emoji-group="recent"]');
    if (button instanceof HTMLElement) button.hidden = recent.length === 0;
    this.#roveInBar(null);
    return recent.length ? [["recent", recent], ...this.#groups] : this.#groups;
  }

  /** @param {string} slug @param {Emoji[]} emojis */
  #group(slug, emojis) {
    const group = document.createElement("div");
    group.setAttribute("role", "rowgroup");
    group.dataset.of = slug;
    const label = this.bar.querySelector(`[data-emoji-group="${slug}"]`)?.getAttribute("aria-label");
    if (label) {
      group.setAttribute("aria-label", label);
      const heading = Object.assign(document.createElement("p"), { className: "emoji-heading", textContent: label });
      // The group says it.
      heading.setAttribute("aria-hidden", "true");
      group.append(heading);
    }
    for (let at = 0; at < emojis.length; at += this.#columns) {
      const row = document.createElement("div");
      row.className = "emoji-row";
      row.setAttribute("role", "row");
      row.append(...emojis.slice(at, at + this.#columns).map(cell));
      group.append(row);
    }
    return group;
  }

  /** @param {HTMLElement | undefined} chosen */
  #take(chosen) {
    const emoji = chosen?.textContent;
    if (!emoji) return;
    this.recent.add(emoji);
    // The focus goes back first, so that whoever takes the emoji may move it on.
    this.root.hidePopover();
    this.#choose(emoji);
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const here = cellOf(event);
    const rows = this.#rows;
    const row = rows.findIndex((each) => each.contains(here ?? null));
    if (!here || row < 0) return;
    const letter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (letter || event.key === "Backspace") {
      // Whoever types searches.
      this.search.focus();
      return;
    }
    const firsts = rows.flatMap((each, index) => (each.previousElementSibling?.matches(".emoji-row") ? [] : [index]));
    const column = [...(rows[row]?.children ?? [])].indexOf(here);
    const to = gridStep(rows.map((each) => each.children.length), firsts, { row, column }, event.key, event.ctrlKey);
    if (to) {
      const next = rows[to.row]?.children[to.column];
      if (next instanceof HTMLElement) next.focus();
    } else if (event.key === "ArrowUp") this.search.focus();
    else return;
    event.preventDefault();
  }

  /** @param {string} slug */
  #toGroup(slug) {
    const group = this.grid.querySelector(`[data-of="${slug}"]`);
    const first = group?.querySelector("button");
    if (!group || !first) return;
    group.scrollIntoView({ block: "start" });
    first.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #moveInBar(event) {
    const buttons = this.#barButtons;
    const at = buttons.findIndex((each) => each === document.activeElement);
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 };
    const next = steps[event.key];
    if (event.key === "ArrowDown") this.#current?.focus();
    else if (next !== undefined) this.#roveInBar(buttons[(next + buttons.length) % buttons.length] ?? null)?.focus();
    else return;
    event.preventDefault();
  }

  /** One stop for the Tab key in the whole grid. @param {HTMLElement | undefined} cell */
  #rove(cell) {
    if (!cell) return;
    this.#current?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
    this.#call(cell);
  }

  /** One stop in the bar. @param {HTMLElement | null} chosen the first of them without one */
  #roveInBar(chosen) {
    const buttons = this.#barButtons;
    const stop = chosen ?? buttons[0] ?? null;
    for (const each of buttons) each.tabIndex = each === stop ? 0 : -1;
    return stop;
  }

  /** Show what it is called, for whoever sees. @param {HTMLElement | undefined} cell */
  #call(cell) {
    if (cell) this.name.textContent = cell.getAttribute("aria-label");
  }

  get #current() {
    const current = this.grid.querySelector('button[tabindex="0"]');
    return current instanceof HTMLElement ? current : null;
  }

  get #cells() {
    return [...this.grid.querySelectorAll("button")];
  }

  get #rows() {
    return [...this.grid.querySelectorAll(".emoji-row")];
  }

  get #barButtons() {
    return [...this.bar.querySelectorAll("button")].filter((each) => !each.hidden);
  }
}

/** @param {Emoji} emoji */
function cell([emoji, name]) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "emoji", textContent: emoji, tabIndex: -1 });
  button.setAttribute("role", "gridcell");
  button.setAttribute("aria-label", name);
  return button;
}

/** @param {Event} event */
function cellOf(event) {
  const cell = event.target instanceof Element ? event.target.closest('[role="gridcell"]') : null;
  return cell instanceof HTMLElement ? cell : undefined;
}

/**
 * The picker for what is written: by its button, or by Ctrl ; in the field.
 * @param {import("./composer.js").Composer} composer
 * @param {EmojiPicker} picker
 * @param {HTMLElement} room
 */
export function emojiInto(composer, picker, room) {
  const button = one(composer.form, "[data-emoji-open]");
  button.hidden = false;
  const open = () => void picker.open(button, room, (emoji) => composer.insert(emoji));
  button.addEventListener("click", open);
  composer.body.addEventListener("keydown", (event) => {
    if (event.key !== ";" || !event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
}
