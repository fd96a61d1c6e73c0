// A week to paint over the rows of times, which stay what is sent. With mouse, touch or keys.
import { hourSaid, timeSaid } from "../ui/times.js";
import { announce } from "../ui/toast.js";
import { CELLS, FIRST, STEP, between, cellsOf, painted, stretchOf, timeOf } from "./week.js";

/** @typedef {import("./week.js").Place} Place */
/** @typedef {import("./week.js").Stretch} Stretch */
/** @typedef {{element: HTMLElement, from: HTMLInputElement, until: HTMLInputElement, way: HTMLSelectElement}} Row */
/** @typedef {{name: string, rows: Row[], cells: HTMLElement[]}} Day */
/**
 * One drag: with what, from where on, over which half hours, and how the days were before.
 * @typedef {{
 *   pointer: number, way: string | null, last: Place, empties: boolean, cells: Set<number>[], before: Stretch[][],
 * }} Stroke
 */

/**
 * @param {HTMLElement} painter
 * @param {HTMLElement} week
 */
export function painterStart(painter, week) {
  /** @type {Day[]} */
  const days = [...week.querySelectorAll("[data-day]")].map((day) => ({
    name: /** @type {HTMLElement} */ (day).dataset.name ?? "",
    rows: [...day.querySelectorAll("[data-stretch]")].map((row) => {
      const [from, until] = row.querySelectorAll("input");
      const way = /** @type {HTMLSelectElement} */ (row.querySelector("select"));
      return { element: /** @type {HTMLElement} */ (row), from, until, way };
    }),
    cells: [],
  }));
  const status = /** @type {HTMLElement} */ (painter.querySelector("[data-painter-status]"));
  const grid = document.createElement("div");
  grid.className = "painter-grid";
  grid.setAttribute("role", "grid");
  // Keys are told of where there are any; a phone has none.
  const told = [...painter.querySelectorAll("[data-painter-told]")].filter((each) => getComputedStyle(each).display !== "none");
  grid.append(headOf(days));
  for (let cell = 0; cell < CELLS; cell += 1) grid.append(rowOf(days, cell));
  status.parentElement?.after(grid);
  painter.hidden = false;
  grid.setAttribute("aria-describedby", told.filter((each) => each.checkVisibility()).map(({ id }) => id).join(" "));

  /** What is painted with: a way to meet, or null to empty. @returns {string | null} */
  const tool = () => painter.querySelector('[name="paint"]:checked')?.getAttribute("value") || null;

  /** @param {Day} day */
  const show = (day) => {
    const open = cellsOf(stretchesOf(day));
    day.cells.forEach((cell, number) => {
      cell.setAttribute("aria-selected", String(open[number]));
      const row = open[number] ? rowAt(day, number) : null;
      const how = row?.way.selectedOptions[0]?.text;
      const word = row ? `${painter.dataset.hoursWord}${how ? `, ${how}` : ""}` : painter.dataset.closedWord;
      cell.setAttribute("aria-label", `${day.name} ${timeSaid(FIRST + number * STEP)}, ${word}`);
      if (row) cell.dataset.way = row.way.value.split(":")[0];
      else delete cell.dataset.way;
    });
    // One row more than are needed; the others come with the next hours.
    const used = day.rows.map(({ element, from, until }) =>
      Boolean(from.value || until.value || element.querySelector('[aria-invalid="true"]'))).lastIndexOf(true);
    day.rows.forEach((row, number) => (row.element.hidden = number > used + 1));
  };

  /** Say which days hold no more stretches; with none, nothing is to be said any more. @param {Day[]} full */
  const sayFull = (full) => {
    const text = full.map((day) =>
      (painter.dataset.full ?? "").replace("%d", day.name).replace("%n", String(day.rows.length))).join(" ");
    if (status.textContent !== text) status.textContent = text;
  };

  /**
   * Half hours of a day, opened in one way or closed, from how it was before; all of them or, where the day would
   * fall into more stretches than it has rows, none. Whether they were.
   * @param {Day} day
   * @param {Stretch[]} before
   * @param {Iterable<number>} cells
   * @param {string | null} way
   */
  const put = (day, before, cells, way) => {
    const wanted = painted(before, cells, way);
    const fits = wanted.length <= day.rows.length;
    write(day, fits ? wanted : before);
    show(day);
    return fits;
  };

  /**
   * One half hour, by a key.
   * @param {Day} day
   * @param {number} cell
   * @param {string | null} way
   */
  const paint = (day, cell, way) => {
    const fits = put(day, stretchesOf(day), [cell], way);
    sayFull(fits ? [] : [day]);
    return fits;
  };

  /**
   * The same hours on other days, met in the same way; those that have no room for them stay. Whether all had.
   * @param {Day} from
   * @param {Day[]} others
   */
  const copy = (from, others) => {
    const wanted = stretchesOf(from);
    const full = others.filter((day) => wanted.length > day.rows.length);
    for (const day of others) {
      if (full.includes(day)) continue;
      write(day, wanted);
      show(day);
    }
    sayFull(full);
    return full.length === 0;
  };

  /** @param {EventTarget | null} target */
  const cellOf = (target) => {
    const element = target instanceof HTMLElement ? target.closest("[data-cell]") : null;
    if (!(element instanceof HTMLElement)) return null;
    return { element, day: days[Number(element.dataset.column)], cell: Number(element.dataset.cell) };
  };

  /**
   * Where on the week a pointer is, and how far beyond it.
   * @param {PointerEvent} event
   * @returns {Place}
   */
  const placeAt = (event) => {
    const first = days[0].cells[0].getBoundingClientRect();
    const last = days[days.length - 1].cells[CELLS - 1].getBoundingClientRect();
    const left = Math.min(first.left, last.left);
    const across = ((event.clientX - left) / (Math.max(first.right, last.right) - left)) * days.length;
    const cell = ((event.clientY - first.top) / (last.bottom - first.top)) * CELLS;
    return { day: first.left > last.left ? days.length - across : across, cell };
  };

  /**
   * What keys do to the day or hours under the cursor; the words of what came of it.
   * @type {Record<string, (day: Day, cell: number, column: number) => string>}
   */
  const keys = {
    c: (day, cell, column) => {
      const next = days[column + 1];
      if (!next || !copy(day, [next])) return "";
      focus(grid, next.cells[cell]);
      return next.cells[cell].getAttribute("aria-label") ?? "";
    },
    h: (day, cell) => {
      const row = rowAt(day, cell);
      if (!row) return "";
      row.way.selectedIndex = (row.way.selectedIndex + 1) % row.way.options.length;
      show(day);
      return day.cells[cell].getAttribute("aria-label") ?? "";
    },
    delete: (day, cell) => {
      write(day, []);
      show(day);
      sayFull([]);
      return day.cells[cell].getAttribute("aria-label") ?? "";
    },
  };
  keys.backspace = keys.delete;

  /** @type {Stroke | null} */
  let stroke = null;

  /**
   * Paint on to where the pointer is.
   * @param {Stroke} stroke
   * @param {PointerEvent} event
   */
  const go = (stroke, event) => {
    const here = placeAt(event);
    let grown = false;
    for (const { day, cell } of between(stroke.last, here, days.length)) {
      grown ||= !stroke.cells[day].has(cell);
      stroke.cells[day].add(cell);
    }
    stroke.last = here;
    if (!grown) return;
    // All of the stroke counts at once: hours in its way may join what it paints, and then there is room again.
    sayFull(days.filter((day, number) =>
      stroke.cells[number].size > 0 && !put(day, stroke.before[number], stroke.cells[number], stroke.way)));
  };

  grid.addEventListener("pointerdown", (event) => {
    const pressed = cellOf(event.target);
    if (!pressed || event.button !== 0 || stroke) return;
    event.preventDefault();
    const way = tool();
    stroke = {
      pointer: event.pointerId,
      way,
      last: placeAt(event),
      empties: wayAt(pressed.day, pressed.cell) === way,
      cells: days.map(() => new Set()),
      before: days.map(stretchesOf),
    };
    go(stroke, event);
    focus(grid, pressed.element, true);
  });
  // On the window: a stroke goes on beyond the week's edge, and comes back.
  window.addEventListener("pointermove", (event) => {
    if (!stroke || event.pointerId !== stroke.pointer) return;
    const reports = event.getCoalescedEvents?.() ?? [];
    for (const each of reports.length ? reports : [event]) go(stroke, each);
  });
  window.addEventListener("pointerup", (event) => {
    if (!stroke || event.pointerId !== stroke.pointer) return;
    go(stroke, event);
    const { empties, cells, before } = stroke;
    const number = cells.findIndex((each) => each.size > 0);
    // A tap, or a click, on what is so already empties it.
    if (empties && cells.reduce((sum, each) => sum + each.size, 0) === 1) {
      sayFull(put(days[number], before[number], cells[number], null) ? [] : [days[number]]);
    }
    stroke = null;
  });
  window.addEventListener("pointercancel", () => (stroke = null));

  grid.addEventListener("keydown", (event) => {
    const place = cellOf(event.target);
    if (!place) return;
    const column = days.indexOf(place.day);
    const held = wayAt(place.day, place.cell);
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      const way = tool();
      if (paint(place.day, place.cell, held === way ? null : way)) announce(place.element.getAttribute("aria-label") ?? "");
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const done = keys[event.key.toLowerCase()]?.(place.day, place.cell, column);
    if (done !== undefined) {
      event.preventDefault();
      if (done) announce(done);
      return;
    }
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const rtl = getComputedStyle(grid).direction === "rtl" ? -1 : 1;
    const next = days[column + step[0] * rtl]?.cells[place.cell + step[1]];
    if (!next) return;
    focus(grid, next);
    if (event.shiftKey) paint(days[column + step[0] * rtl], place.cell + step[1], held);
  });

  for (const day of days) {
    show(day);
    for (const row of day.rows) {
      row.from.addEventListener("change", () => show(day));
      row.until.addEventListener("change", () => show(day));
      row.way.addEventListener("change", () => show(day));
    }
  }
  week.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy-day]") : null;
    const day = days[Number(button?.closest("[data-day]")?.getAttribute("data-day"))];
    if (!button || !day) return;
    if (copy(day, days.slice(0, 5).filter((other) => other !== day))) announce(button.getAttribute("data-done") ?? "");
  });
  for (const button of week.querySelectorAll("[data-copy-day]")) button.removeAttribute("hidden");
  days[0]?.cells[6]?.setAttribute("tabindex", "0");
}

/**
 * The one cell to which Tab leads.
 * @param {HTMLElement} grid
 * @param {HTMLElement} cell
 * @param {boolean} [still] what is under a finger does not move away
 */
function focus(grid, cell, still = false) {
  grid.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
  cell.setAttribute("tabindex", "0");
  cell.focus({ preventScroll: still });
}

/**
 * The row whose hours hold this half hour.
 * @param {Day} day
 * @param {number} cell
 */
function rowAt(day, cell) {
  const minute = FIRST + cell * STEP;
  return day.rows.find((row) => {
    const held = stretchOf(row.from.value, row.until.value, row.way.value);
    return held && held.from <= minute && minute + STEP <= held.until;
  }) ?? null;
}

/**
 * How one meets in this half hour; null where it is closed.
 * @param {Day} day
 * @param {number} cell
 */
function wayAt(day, cell) {
  return rowAt(day, cell)?.way.value ?? null;
}

/**
 * @param {Day} day
 * @returns {Stretch[]}
 */
function stretchesOf(day) {
  return day.rows.flatMap((row) => stretchOf(row.from.value, row.until.value, row.way.value) ?? []);
}

/**
 * Have the rows of a day say this.
 * @param {Day} day
 * @param {Stretch[]} wanted
 */
function write(day, wanted) {
  day.rows.forEach((row, number) => {
    const stretch = wanted[number];
    row.from.value = stretch ? timeOf(stretch.from) : "";
    row.until.value = stretch ? timeOf(stretch.until) : "";
    if (stretch) row.way.value = stretch.way;
  });
}

/**
 * @param {Day[]} days
 * @returns {HTMLElement}
 */
function headOf(days) {
  const head = line();
  head.append(part("none", ""));
  for (const day of days) {
    const cell = part("columnheader", day.name.slice(0, 2));
    cell.setAttribute("aria-label", day.name);
    head.append(cell);
  }
  return head;
}

/**
 * @param {Day[]} days
 * @param {number} number
 * @returns {HTMLElement}
 */
function rowOf(days, number) {
  const row = line();
  const minutes = FIRST + number * STEP;
  const header = part("rowheader", "");
  const time = document.createElement("span");
  // The eye counts from the full hours; who listens hears each.
  time.textContent = minutes % 60 ? timeSaid(minutes) : hourSaid(minutes);
  if (minutes % 60) time.className = "sr-only";
  header.append(time);
  row.append(header);
  days.forEach((day, column) => {
    const cell = part("gridcell", "");
    cell.dataset.cell = String(number);
    cell.dataset.column = String(column);
    cell.tabIndex = -1;
    day.cells.push(cell);
    row.append(cell);
  });
  return row;
}

/** @returns {HTMLElement} */
function line() {
  return part("row", "");
}

/**
 * @param {string} role
 * @param {string} text
 * @returns {HTMLElement}
 */
function part(role, text) {
  const element = document.createElement("div");
  element.setAttribute("role", role);
  element.textContent = text;
  return element;
}
