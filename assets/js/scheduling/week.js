// A day of hours as cells of half an hour, and back.

export const FIRST = 6 * 60;
export const LAST = 22 * 60;
export const STEP = 30;
export const CELLS = (LAST - FIRST) / STEP;

/**
 * Minutes after midnight; `until` lies on the next day from 1440 on. `way` is how one meets in it.
 * @typedef {{from: number, until: number, way: string}} Stretch
 */

/**
 * Which half hours of a day are open: those that lie wholly in a stretch.
 * @param {Stretch[]} stretches
 * @returns {boolean[]}
 */
export function cellsOf(stretches) {
  return Array.from({ length: CELLS }, (_, number) => {
    const from = FIRST + number * STEP;
    return stretches.some((each) => each.from <= from && from + STEP <= each.until);
  });
}

/**
 * A day's stretches with these half hours opened in one way, or closed by null; all else stays as it is, to the
 * minute.
 * @param {Stretch[]} stretches
 * @param {Iterable<number>} cells
 * @param {string | null} way
 * @returns {Stretch[]}
 */
export function painted(stretches, cells, way) {
  let left = stretches;
  for (const cell of cells) {
    const from = FIRST + cell * STEP;
    const until = from + STEP;
    left = left.flatMap((each) => [
      { ...each, until: Math.min(each.until, from) },
      { ...each, from: Math.max(each.from, until) },
    ].filter((part) => part.from < part.until));
    if (way !== null) left.push({ from, until, way });
  }
  return joined(left);
}

/**
 * The same stretches in order, with those that touch or overlap as one where one meets in the same way.
 * @param {Stretch[]} stretches
 * @returns {Stretch[]}
 */
export function joined(stretches) {
  /** @type {Stretch[]} */
  const found = [];
  for (const each of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && each.from <= last.until && each.way === last.way) last.until = Math.max(last.until, each.until);
    else found.push({ ...each });
  }
  return found;
}

/**
 * A place on the painted week, counted in days from the first and in half hours from the top; with what is
 * beyond the half, so that a line between two places meets what lies between them.
 * @typedef {{day: number, cell: number}} Place
 */

/**
 * The half hours that lie on the straight way between two places, both ends included; of what lies beyond the
 * week, nothing.
 * @param {Place} from
 * @param {Place} to
 * @param {number} days
 * @returns {{day: number, cell: number}[]}
 */
export function between(from, to, days) {
  // Pointers are told of some dozens of times a second, however far they went. A quarter of a cell a step.
  const steps = Math.max(1, Math.ceil(4 * Math.max(Math.abs(to.day - from.day), Math.abs(to.cell - from.cell))));
  /** @type {Map<number, {day: number, cell: number}>} */
  const found = new Map();
  for (let step = 0; step <= steps; step += 1) {
    const day = Math.floor(from.day + ((to.day - from.day) * step) / steps);
    const cell = Math.floor(from.cell + ((to.cell - from.cell) * step) / steps);
    if (day >= 0 && day < days && cell >= 0 && cell < CELLS) found.set(day * CELLS + cell, { day, cell });
  }
  return [...found.values()];
}

/**
 * Minutes after midnight from what a field of time holds; null for none.
 * @param {string} text
 * @returns {number | null}
 */
export function minutesOf(text) {
  const found = /^(\d\d):(\d\d)/.exec(text);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/**
 * What a field of time holds for so many minutes after midnight.
 * @param {number} minutes
 * @returns {string}
 */
export function timeOf(minutes) {
  const day = minutes % 1440;
  return `${String(Math.floor(day / 60)).padStart(2, "0")}:${String(day % 60).padStart(2, "0")}`;
}

/**
 * A stretch as two fields of time and one of how one meets say it: an end before its beginning is on the next day.
 * @param {string} from
 * @param {string} until
 * @param {string} way
 * @returns {Stretch | null}
 */
export function stretchOf(from, until, way) {
  const begins = minutesOf(from);
  const ends = minutesOf(until);
  if (begins === null || ends === null) return null;
  return { from: begins, until: ends > begins ? ends : ends + 1440, way };
}
