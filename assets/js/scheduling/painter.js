// A week to paint over the rows of times, which stay what is sent. With mouse, touch or keys.
import { hourSaid, timeSaid } from "../ui/times.js";
import { announce } from "../ui/toast.js";
import { CELLS, FIRST, STEP, cellsOf, painted, stretchOf, timeOf } from "./week.js";

/** @typedef {import("./week.js").Stretch} Stretch */
/** @typedef {{element: HTMLElement, from: HTMLInputElement, until: HTMLInputElement, way: HTMLSelectElement}} Row */
/** @typedef {{name: string, rows: Row[], cells: HTMLElement[]}} Day */

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
  const hint = document.createElement("p");
  hint.className = "painter-hint";
  hint.id = "painter-hint";
  hint.textContent = painter.dataset.hint ?? "";
  const legend = document.createElement("p");
  legend.className = "painter-keys";
  legend.id = "painter-keys";
  legend.textContent = painter.dataset.keys ?? "";
  const grid = document.createElement("div");
  grid.className = "painter-grid";
  grid.setAttribute("role", "grid");
  grid.setAttribute("aria-describedby", `${hint.id} ${legend.id}`);
  grid.append(headOf(days));
  for (let cell = 0; cell < CELLS; cell += 1) grid.append(rowOf(days, cell));
  painter.append(hint, grid, legend);
  painter.hidden = false;

  /** @param {Day} day */
  const show = (day) => {
    const open = cellsOf(stretchesOf(day));
    day.cells.forEach((cell, number) => {
      cell.setAttribute("aria-selected", String(open[number]));
      const row = open[number] ? rowAt(day, number) : null;
      const how = row?.way.selectedOptions[0]?.text;
      const word = row ? `${painter.dataset.hoursWord}${how ? `, ${how}` : ""}` : painter.dataset.closedWord;
      cell.setAttribute("aria-label", `${day.name} ${timeSaid(FIRST + number * STEP)}, ${word}`);
      cell.toggleAttribute("data-in-person", row?.way.value.startsWith("in_person") ?? false);
    });
    // One row more than are needed; the others come with the next hours.
    const used = day.rows.map(({ element, from, until }) =>
      Boolean(from.value || until.value || element.querySelector('[aria-invalid="true"]'))).lastIndexOf(true);
    day.rows.forEach((row, number) => (row.element.hidden = number > used + 1));
  };

  /**
   * The same hours on another day, met in the same way.
   * @param {Day} from
   * @param {Day} to
   */
  const copy = (from, to) => {
    to.rows.forEach((row, number) => {
      row.from.value = from.rows[number]?.from.value ?? "";
      row.until.value = from.rows[number]?.until.value ?? "";
      row.way.value = from.rows[number]?.way.value ?? row.way.value;
    });
    show(to);
  };

  /**
   * @param {Day} day
   * @param {number} cell
   * @param {boolean} open
   */
  const paint = (day, cell, open) => {
    const wanted = painted(stretchesOf(day), cell, open);
    if (wanted.length > day.rows.length) return;
    write(day, wanted);
    show(day);
  };

  /** @param {EventTarget | null} target */
  const placeOf = (target) => {
    const element = target instanceof HTMLElement ? target.closest("[data-cell]") : null;
    if (!(element instanceof HTMLElement)) return null;
    return { element, day: days[Number(element.dataset.column)], cell: Number(element.dataset.cell) };
  };

  /**
   * What keys do to the day or hours under the cursor; the words of what came of it.
   * @type {Record<string, (day: Day, cell: number, column: number) => string>}
   */
  const keys = {
    c: (day, cell, column) => {
      const next = days[column + 1];
      if (!next) return "";
      copy(day, next);
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
      return day.cells[cell].getAttribute("aria-label") ?? "";
    },
  };
  keys.backspace = keys.delete;

  /** @type {boolean | null} */
  let brush = null;
  grid.addEventListener("pointerdown", (event) => {
    const place = placeOf(event.target);
    if (!place || event.button !== 0) return;
    event.preventDefault();
    brush = place.element.getAttribute("aria-selected") !== "true";
    paint(place.day, place.cell, brush);
    focus(grid, place.element);
  });
  grid.addEventListener("pointermove", (event) => {
    if (brush === null) return;
    // A finger stays with the cell on which it came down: what lies under it is asked.
    const place = placeOf(document.elementFromPoint(event.clientX, event.clientY));
    if (place) paint(place.day, place.cell, brush);
  });
  for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => (brush = null));

  grid.addEventListener("keydown", (event) => {
    const place = placeOf(event.target);
    if (!place) return;
    const column = days.indexOf(place.day);
    const open = place.element.getAttribute("aria-selected") === "true";
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      paint(place.day, place.cell, !open);
      announce(place.element.getAttribute("aria-label") ?? "");
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
    if (event.shiftKey) paint(days[column + step[0] * rtl], place.cell + step[1], open);
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
    for (const other of days.slice(0, 5)) if (other !== day) copy(day, other);
    announce(button.getAttribute("data-done") ?? "");
  });
  for (const button of week.querySelectorAll("[data-copy-day]")) button.removeAttribute("hidden");
  days[0]?.cells[6]?.setAttribute("tabindex", "0");
}

/**
 * The one cell to which Tab leads.
 * @param {HTMLElement} grid
 * @param {HTMLElement} cell
 */
function focus(grid, cell) {
  grid.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
  cell.setAttribute("tabindex", "0");
  cell.focus({ preventScroll: false });
}

/**
 * The row whose hours hold this half hour.
 * @param {Day} day
 * @param {number} cell
 */
function rowAt(day, cell) {
  const minute = FIRST + cell * STEP;
  return day.rows.find((row) => {
    const held = stretchOf(row.from.value, row.until.value);
    return held && held.from <= minute && minute + STEP <= held.until;
  }) ?? null;
}

/**
 * @param {Day} day
 * @returns {Stretch[]}
 */
function stretchesOf(day) {
  return day.rows.flatMap((row) => stretchOf(row.from.value, row.until.value) ?? []);
}

/**
 * What the rows of a day say, with the way of meeting that a stretch had where it was.
 * @param {Day} day
 * @param {Stretch[]} wanted
 */
function write(day, wanted) {
  const before = day.rows.map((row) => ({ ...stretchOf(row.from.value, row.until.value), way: row.way.value }));
  day.rows.forEach((row, number) => {
    const stretch = wanted[number];
    row.from.value = stretch ? timeOf(stretch.from) : "";
    row.until.value = stretch ? timeOf(stretch.until) : "";
    const was = stretch && before.find((each) => (each.from ?? 1e9) < stretch.until && stretch.from < (each.until ?? 0));
    if (was) row.way.value = was.way;
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
