// A calendar by keyboard and pointer: from time to time, from appointment to appointment. The page works without.
import { announce } from "../ui/toast.js";
import { Mover } from "./moving.js";
import { lengthOf, momentAt, partsOf, snapped, stepOf, stepped, written } from "./paper.js";
import { Words } from "./words.js";

/** @typedef {import("./paper.js").Part} Part */
/** @typedef {{element: HTMLElement, link: HTMLAnchorElement, top: number, length: number}} Item */
/** @typedef {{element: HTMLElement, paper: HTMLElement | null, name: string, parts: Part[], items: Item[]}} Day */
/** @typedef {{day: number, minute: number}} Spot */

const LEAST = 30;

export class Calendar {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.view = section.dataset.calendar ?? "";
    this.step = stepOf(Number(section.dataset.step));
    this.book = section.dataset.book ?? "";
    this.words = new Words(section.dataset.zone ?? "");
    /** @type {Day[]} */
    this.days = [...section.querySelectorAll("[data-day]")].map(dayOf);
    this.cursor = document.createElement("a");
    this.cursor.className = "cal-cursor";
    this.cursor.tabIndex = -1;
    /** @type {Spot} */
    this.spot = { day: 0, minute: 0 };
    this.mover = new Mover(this);
    this.rove();
    section.addEventListener("keydown", (event) => this.key(event));
    section.addEventListener("focusin", (event) => this.focused(event.target));
    if (this.book && this.hasPaper()) {
      section.addEventListener("pointermove", (event) => this.hover(event));
      section.addEventListener("pointerleave", () => this.cursorHide());
    }
    const timer = setInterval(() => (section.isConnected ? this.tick() : clearInterval(timer)), 60_000);
  }

  /** Is time a way down the page here, or are days lists one under the other? */
  hasPaper() {
    return this.view === "day" || (this.view === "week" && matchMedia("(min-width: 48rem)").matches);
  }

  /** One way in by Tab: a time or an appointment; the arrows do the rest. */
  rove() {
    for (const link of this.links()) link.tabIndex = -1;
    const first = this.links()[0];
    if (this.book && this.hasPaper()) this.cursorShow(this.start(), false);
    else if (first) first.tabIndex = 0;
  }

  /** Everything that the arrows reach, in order. @returns {HTMLAnchorElement[]} */
  links() {
    const wanted = this.view === "month" ? ".cal-square" : "[data-item] > a";
    return [...this.section.querySelectorAll(wanted)].filter((link) => link instanceof HTMLAnchorElement);
  }

  /** Where one begins: now, where today is shown; else the first hour of work. @returns {Spot} */
  start() {
    const today = this.days.findIndex((day) => day.element.hasAttribute("data-today"));
    const now = this.section.querySelector("[data-now]");
    if (today >= 0 && now instanceof HTMLElement) return { day: today, minute: this.snap(today, minutesOf(now, "t") + this.step) };
    for (const [number, day] of this.days.entries()) {
      const open = day.element.querySelector('[data-kind="open"]');
      if (open instanceof HTMLElement) return { day: number, minute: this.snap(number, minutesOf(open, "t")) };
    }
    return { day: 0, minute: 60 };
  }

  /** @param {number} day @param {number} minute */
  snap(day, minute) {
    return snapped(minute, this.step, lengthOf(this.days[day]?.parts ?? []));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest("input, select, textarea, dialog")) return;
    if (this.mover.key(event)) return;
    const way = { t: "t", d: "d", w: "w", m: "m", a: "a" }[event.key.toLowerCase()];
    if (way && !event.shiftKey) return this.follow(event, `[data-key="${way}"]`);
    if (event.key === "PageUp") return this.follow(event, "[data-calendar-earlier]");
    if (event.key === "PageDown") return this.follow(event, "[data-calendar-later]");
    if (event.key.toLowerCase() === "n" && !event.shiftKey) {
      const link = document.querySelector("[data-calendar-new]");
      if (link instanceof HTMLAnchorElement) location.assign(link.href);
      return;
    }
    if (event.key.startsWith("Arrow")) this.arrow(event);
  }

  /** @param {KeyboardEvent} event @param {string} wanted */
  follow(event, wanted) {
    const link = this.section.querySelector(wanted);
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    location.assign(`${link.href}#calendar`);
  }

  /** @param {KeyboardEvent} event */
  arrow(event) {
    const target = event.target instanceof HTMLElement ? event.target : null;
    if (!target || target.closest(".cal-bar")) return;
    const rtl = getComputedStyle(this.section).direction === "rtl" ? -1 : 1;
    const [across, down] = { ArrowLeft: [-rtl, 0], ArrowRight: [rtl, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (!across && !down) return;
    event.preventDefault();
    if (this.view === "month") return this.hop(target, across + down * 7);
    if (!this.book || !this.hasPaper()) return this.hop(target, across || down, across !== 0);
    const on = this.itemAt(this.spot);
    if (across) return this.go({ day: this.spot.day + across, minute: this.spot.minute });
    const parts = this.days[this.spot.day]?.parts ?? [];
    const here = on && target === on.link ? (down > 0 ? on.top + on.length : on.top) : this.spot.minute;
    const from = on && target === on.link && down > 0 ? Math.ceil(here / this.step) * this.step - this.step : here;
    this.go({ day: this.spot.day, minute: stepped(parts, from, down * this.step) });
  }

  /** From one to another of the links, or to the next day that has one. @param {HTMLElement} from @param {number} by @param {boolean} [toDay] */
  hop(from, by, toDay = false) {
    const links = this.links();
    const here = links.findIndex((link) => link === from);
    if (here < 0) return this.land(links[0]);
    if (!toDay) return this.land(links[here + by]);
    const day = from.closest("section");
    const step = Math.sign(by);
    for (let next = here + step; links[next]; next += step) {
      if (links[next].closest("section") !== day) return this.land(links[next]);
    }
  }

  /** @param {HTMLAnchorElement | undefined} link */
  land(link) {
    if (!link) return;
    for (const each of this.links()) each.tabIndex = -1;
    link.tabIndex = 0;
    link.focus();
  }

  /** To a time: to what stands there, or to the free time itself. Beyond the ends lie other pages. @param {Spot} spot */
  go(spot) {
    if (spot.day < 0 || spot.day >= this.days.length) {
      const wanted = spot.day < 0 ? "[data-calendar-earlier]" : "[data-calendar-later]";
      const link = this.section.querySelector(wanted);
      if (link instanceof HTMLAnchorElement) location.assign(`${link.href}#calendar`);
      return;
    }
    const parts = this.days[spot.day].parts;
    if (momentAt(parts, spot.minute) === null) spot = { day: spot.day, minute: stepped(parts, spot.minute, this.step) };
    const item = this.itemAt(spot);
    if (item) {
      this.cursorHide();
      this.land(item.link);
      this.spot = { day: spot.day, minute: item.top };
    } else this.cursorShow(spot, true);
  }

  /** @param {Spot} spot @returns {Item | undefined} */
  itemAt(spot) {
    return this.days[spot.day]?.items.find((item) => item.top <= spot.minute && spot.minute < item.top + item.length);
  }

  /** @param {Spot} spot @param {boolean} focus */
  cursorShow(spot, focus) {
    const day = this.days[spot.day];
    const at = day && momentAt(day.parts, spot.minute);
    if (!day?.paper || at === null || at === undefined) return;
    this.spot = spot;
    place(this.cursor, spot.minute, Math.max(this.step, LEAST));
    this.cursor.href = `${this.book}&starts_at=${encodeURIComponent(new Date(at).toISOString())}`;
    this.cursor.textContent = this.words.time(at);
    const word = this.mover.word("bookWord");
    this.cursor.setAttribute("aria-label", `${word} ${this.words.full(at)}`);
    if (this.cursor.parentElement !== day.paper) day.paper.append(this.cursor);
    for (const each of this.links()) each.tabIndex = -1;
    this.cursor.tabIndex = 0;
    // Until somebody comes to it, it is not in the way.
    this.cursor.toggleAttribute("data-on", true);
    this.cursor.toggleAttribute("data-idle", !focus);
    if (focus) this.cursor.focus();
  }

  cursorHide() {
    if (document.activeElement === this.cursor) return;
    this.cursor.toggleAttribute("data-idle", true);
  }

  /** @param {EventTarget | null} target */
  focused(target) {
    if (target === this.cursor) {
      this.cursor.removeAttribute("data-idle");
      return;
    }
    const element = target instanceof Element ? target.closest("[data-item]") : null;
    if (!element) return;
    this.days.forEach((day, number) => {
      const item = day.items.find((each) => each.element === element);
      if (item) this.spot = { day: number, minute: item.top };
    });
  }

  /** @param {PointerEvent} event */
  hover(event) {
    if (event.pointerType === "touch" || this.mover.isBusy() || this.cursor === document.activeElement) return;
    const spot = this.under(event, 0);
    const element = event.target instanceof Element ? event.target : null;
    if (!spot || element?.closest("[data-item]") || this.itemAt(spot)) return this.cursorHide();
    this.cursorShow(spot, false);
    this.cursor.removeAttribute("data-idle");
  }

  /** Which time lies under a pointer, which holds something by so many minutes from its top. @param {PointerEvent} event @param {number} held @returns {Spot | null} */
  under(event, held) {
    for (const [number, day] of this.days.entries()) {
      const box = day.paper?.getBoundingClientRect();
      if (!box || event.clientX < box.left || event.clientX >= box.right) continue;
      if (event.clientY < box.top - 40 || event.clientY > box.bottom + 40) continue;
      const minutes = ((event.clientY - box.top) / box.height) * paperLength(day.paper);
      return { day: number, minute: this.snap(number, minutes - held + (held ? this.step / 2 : 0)) };
    }
    return null;
  }

  /** The line of now goes on. */
  tick() {
    const now = this.section.querySelector("[data-now]");
    if (!(now instanceof HTMLElement)) return;
    const day = this.days.find((each) => each.element.contains(now));
    const part = day?.parts.find((each) => each.starts <= Date.now() && Date.now() < each.starts + each.length * 60_000);
    if (!part) return;
    const [hours, fives] = written(part.top + (Date.now() - part.starts) / 60_000);
    now.dataset.th = hours;
    now.dataset.tm = fives;
  }

  /** @param {string} text */
  say(text) {
    announce(text);
  }
}

/**
 * @param {HTMLElement} element
 * @param {number} top
 * @param {number} length
 */
export function place(element, top, length) {
  [element.dataset.th, element.dataset.tm] = written(top);
  [element.dataset.lh, element.dataset.lm] = written(length);
}

/** @param {HTMLElement} element @param {"t" | "l"} kind */
function minutesOf(element, kind) {
  return Number(element.dataset[`${kind}h`]) * 60 + Number(element.dataset[`${kind}m`]) * 5;
}

/** @param {HTMLElement | null} paper */
function paperLength(paper) {
  return paper ? minutesOf(paper, "l") : 0;
}

/** @param {Element} element @returns {Day} */
function dayOf(element) {
  const day = /** @type {HTMLElement} */ (element);
  const paper = day.querySelector("[data-paper]");
  return {
    element: day,
    paper: paper instanceof HTMLElement ? paper : null,
    name: day.dataset.name ?? "",
    parts: partsOf(day.dataset.parts ?? ""),
    items: [...day.querySelectorAll("[data-item]")].flatMap((item) => {
      const link = item.querySelector("a");
      if (!(item instanceof HTMLElement) || !link) return [];
      return [{ element: item, link, top: Number(item.dataset.top), length: Number(item.dataset.length) }];
    }),
  };
}

/** Start it, here and after each change. @param {HTMLElement} section */
export function calendarStart(section) {
  const calendar = new Calendar(section);
  if (location.hash === "#calendar") {
    const enter = () => (calendar.book && calendar.hasPaper() ? calendar.go(calendar.start()) : calendar.links()[0]?.focus());
    // The browser goes to what the address names, once; from there it is one step inside.
    section.addEventListener("focus", enter, { once: true });
    enter();
  }
  return calendar;
}
