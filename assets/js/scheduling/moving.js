// An appointment on its way to another time: dragged, or by arrows; asked about, told, and taken back.
import { csrfToken } from "../ui/csrf.js";
import { announce, toast } from "../ui/toast.js";
import { calendarStart, place } from "./calendar.js";
import { momentAt, stepped } from "./paper.js";

/** @typedef {import("./calendar.js").Calendar} Calendar */
/** @typedef {import("./calendar.js").Spot} Spot */
/** @typedef {{element: HTMLElement, id: string, name: string, starts: number, length: number}} Moving */
/** @typedef {{detail?: string, errors?: Record<string, string[]>, alternatives?: {starts_at: string}[]}} Problem */

// So far a pointer goes before it is a drag and no press.
const FAR = 6;

export class Mover {
  /** @param {Calendar} calendar */
  constructor(calendar) {
    this.calendar = calendar;
    this.dialog = document.getElementById("calendar-move");
    /** @type {Moving | null} */
    this.moving = null;
    /** @type {Spot | null} */
    this.spot = null;
    this.dragging = false;
    this.ghost = document.createElement("div");
    this.ghost.className = "cal-cursor";
    this.ghost.dataset.ghost = "";
    this.ghost.setAttribute("aria-hidden", "true");
    calendar.section.addEventListener("pointerdown", (event) => this.down(event));
    calendar.section.addEventListener("focusout", (event) => {
      // Whoever turns elsewhere leaves it where it was.
      const to = event.relatedTarget;
      if (this.moving && !this.dragging && !this.isAsking() && to instanceof Node && !this.moving.element.contains(to)) this.leave(false);
    });
  }

  isBusy() {
    return this.moving !== null;
  }

  isAsking() {
    return this.dialog instanceof HTMLDialogElement && this.dialog.open;
  }

  /** @param {string} name */
  word(name) {
    const words = this.dialog?.querySelector("[data-move-words]");
    return (words instanceof HTMLElement && words.dataset[name]) || "";
  }

  /** @param {Element | null} element @returns {Moving | null} */
  take(element) {
    if (!(element instanceof HTMLElement) || !this.calendar.hasPaper()) return null;
    const { item: id = "", name = "", starts = "", ends = "" } = element.dataset;
    return { element, id, name, starts: Date.parse(starts), length: (Date.parse(ends) - Date.parse(starts)) / 60_000 };
  }

  /** Keys while something is on its way, and the one that takes it up. @param {KeyboardEvent} event @returns {boolean} whether it was one */
  key(event) {
    if (!this.moving) {
      const element = event.target instanceof Element ? event.target.closest("[data-item][data-move]") : null;
      if (event.key !== " " || !element) return false;
      event.preventDefault();
      const moving = this.take(element);
      if (!moving) return true;
      this.begin(moving, { ...this.calendar.spot });
      announce(this.word("moving"));
      return true;
    }
    if (this.dragging || !this.spot) return false;
    if (event.key === "Escape") {
      event.preventDefault();
      this.leave();
      return true;
    }
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.ask();
      return true;
    }
    if (!event.key.startsWith("Arrow")) return false;
    event.preventDefault();
    const rtl = getComputedStyle(this.calendar.section).direction === "rtl" ? -1 : 1;
    const across = { ArrowLeft: -rtl, ArrowRight: rtl }[event.key] ?? 0;
    const day = Math.max(0, Math.min(this.calendar.days.length - 1, this.spot.day + across));
    const parts = this.calendar.days[day].parts;
    const down = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0;
    let minute = down ? stepped(parts, this.spot.minute, down * this.calendar.step) : this.spot.minute;
    if (momentAt(parts, minute) === null) minute = stepped(parts, minute, this.calendar.step);
    this.show({ day, minute });
    const at = this.at();
    if (at !== null) announce(this.calendar.words.full(at));
    return true;
  }

  /** @param {PointerEvent} event */
  down(event) {
    const element = event.target instanceof Element ? event.target.closest("[data-item][data-move]") : null;
    // A finger scrolls; it has the page of the appointment to move by.
    if (!element || event.button !== 0 || event.pointerType === "touch" || this.isAsking()) return;
    const moving = this.take(element);
    if (!moving) return;
    const held = ((event.clientY - element.getBoundingClientRect().top) / element.getBoundingClientRect().height) * moving.length;
    const stop = new AbortController();
    const { clientX, clientY } = event;
    const { signal } = stop;
    window.addEventListener(
      "pointermove",
      (move) => {
        if (!this.dragging) {
          if (Math.hypot(move.clientX - clientX, move.clientY - clientY) < FAR) return;
          if (this.moving) this.leave(false);
          this.dragging = true;
          this.calendar.section.toggleAttribute("data-dragging", true);
          this.begin(moving, { ...this.calendar.spot });
        }
        move.preventDefault();
        const spot = this.calendar.under(move, Math.max(held, 0.1));
        if (spot) this.show(spot);
      },
      { signal },
    );
    window.addEventListener(
      "pointerup",
      () => {
        stop.abort();
        if (!this.dragging) return;
        this.drop();
        this.ask();
      },
      { signal },
    );
    for (const name of ["pointercancel", "blur"]) {
      window.addEventListener(
        name,
        () => {
          stop.abort();
          if (this.dragging) this.leave();
        },
        { signal },
      );
    }
    window.addEventListener(
      "keydown",
      (key) => {
        if (key.key !== "Escape" || !this.dragging) return;
        stop.abort();
        this.drop();
        this.leave();
      },
      { signal },
    );
  }

  /** The pointer has let go; what it was on is not pressed by it. */
  drop() {
    this.dragging = false;
    this.calendar.section.removeAttribute("data-dragging");
    const swallow = (/** @type {Event} */ event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
  }

  /** @param {Moving} moving @param {Spot} spot */
  begin(moving, spot) {
    this.moving = moving;
    moving.element.toggleAttribute("data-moving", true);
    this.calendar.cursorHide();
    this.show(spot);
  }

  /** @param {Spot} spot */
  show(spot) {
    if (!this.moving) return;
    const day = this.calendar.days[spot.day];
    const at = day && momentAt(day.parts, spot.minute);
    if (!day?.paper || at === null || at === undefined) return;
    this.spot = spot;
    place(this.ghost, spot.minute, this.moving.length);
    this.ghost.textContent = this.calendar.words.time(at);
    this.ghost.toggleAttribute("data-on", true);
    if (this.ghost.parentElement !== day.paper) day.paper.append(this.ghost);
  }

  /** The moment at which it would be. @returns {number | null} */
  at() {
    const day = this.spot && this.calendar.days[this.spot.day];
    return day && this.spot ? momentAt(day.parts, this.spot.minute) : null;
  }

  /** It stays where it was. @param {boolean} [aloud] */
  leave(aloud = true) {
    this.moving?.element.removeAttribute("data-moving");
    this.ghost.removeAttribute("data-on");
    this.calendar.section.removeAttribute("data-dragging");
    this.moving = this.spot = null;
    this.dragging = false;
    if (aloud) announce(this.word("left"));
  }

  /** Old and new time, and whether it shall be so. */
  ask() {
    const { moving, dialog } = this;
    const to = this.at();
    if (!moving || to === null || !(dialog instanceof HTMLDialogElement)) return;
    if (to === moving.starts) return this.leave();
    let wanted = to;
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (dialog.querySelector(`[data-move-${name}]`));
    const yes = /** @type {HTMLButtonElement} */ (part("yes"));
    const refused = part("refused");
    const fill = () => {
      part("name").textContent = moving.name;
      part("from").textContent = this.calendar.words.full(moving.starts);
      part("to").textContent = this.calendar.words.full(wanted);
    };
    const stop = new AbortController();
    const { signal } = stop;
    refused.hidden = true;
    yes.disabled = false;
    fill();
    yes.addEventListener(
      "click",
      async () => {
        yes.disabled = true;
        const problem = await send(moving.id, wanted);
        yes.disabled = false;
        if (!problem) {
          dialog.close();
          await this.done(moving, wanted);
          return;
        }
        refused.hidden = false;
        part("why").textContent = reason(problem) || this.word("again");
        part("near").replaceChildren(
          ...(problem.alternatives ?? []).map((each) => {
            const at = Date.parse(each.starts_at);
            const row = document.createElement("li");
            const button = document.createElement("button");
            button.type = "button";
            button.className = "btn";
            button.dataset.variant = "outline";
            button.textContent = this.calendar.words.full(at);
            button.addEventListener("click", () => {
              wanted = at;
              refused.hidden = true;
              fill();
              yes.focus();
            });
            row.append(button);
            return row;
          }),
        );
      },
      { signal },
    );
    part("keep").addEventListener("click", () => dialog.close(), { signal });
    dialog.addEventListener(
      "close",
      () => {
        stop.abort();
        const link = this.moving?.element.querySelector("a");
        if (this.moving) this.leave();
        link?.focus();
      },
      { once: true },
    );
    dialog.showModal();
    yes.focus();
  }

  /** @param {Moving} moving @param {number} to */
  async done(moving, to) {
    this.leave(false);
    await redraw(moving.id);
    const { section } = this.calendar;
    toast(this.word("moved"), "success", {
      label: this.word("undo"),
      run: async () => {
        const problem = await send(moving.id, moving.starts);
        if (problem) return toast(reason(problem) || this.word("again"), "error");
        await redraw(moving.id);
        toast(this.word("undone"), "success");
      },
    });
    section.dispatchEvent(new CustomEvent("bloom:moved", { bubbles: true, detail: { id: moving.id, to } }));
  }
}

/** @param {Problem} problem */
function reason(problem) {
  const [first] = Object.values(problem.errors ?? {}).flat();
  return first ?? problem.detail ?? "";
}

/**
 * Ask the server. What stands against it, or nothing.
 * @param {string} id
 * @param {number} at
 * @returns {Promise<Problem | null>}
 */
async function send(id, at) {
  try {
    const answer = await fetch(`/api/v1/appointments/${id}/reschedule/`, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ starts_at: new Date(at).toISOString() }),
    });
    return answer.ok ? null : await answer.json();
  } catch {
    return {};
  }
}

/** The same page as it is now, without losing one's place. @param {string} id */
async function redraw(id) {
  const section = document.getElementById("calendar");
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!section || !answer?.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("calendar");
  if (!fresh) return location.reload();
  const drawn = document.importNode(fresh, true);
  section.replaceWith(drawn);
  for (const element of drawn.querySelectorAll("[data-needs-script]")) if (element instanceof HTMLElement) element.hidden = false;
  calendarStart(drawn);
  const link = drawn.querySelector(`[data-item="${id}"] > a`);
  if (link instanceof HTMLElement) link.focus();
}
