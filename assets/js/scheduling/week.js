// A day of hours as cells of half an hour, and back.

export const FIRST = 6 * 60;
export const LAST = 22 * 60;
export const STEP = 30;
export const CELLS = (LAST - FIRST) / STEP;

/**
 * Minutes after midnight; `until` lies on the next day from 1440 on.
 * @typedef {{from: number, until: number}} Stretch
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
 * A day's stretches with one half hour opened or closed; all else stays as it is, to the minute.
 * @param {Stretch[]} stretches
 * @param {number} cell
 * @param {boolean} open
 * @returns {Stretch[]}
 */
export function painted(stretches, cell, open) {
  const from = FIRST + cell * STEP;
  const until = from + STEP;
  const left = open
    ? [...stretches, { from, until }]
    : stretches.flatMap((each) => [
        { from: each.from, until: Math.min(each.until, from) },
        { from: Math.max(each.from, until), until: each.until },
      ].filter((part) => part.from < part.until));
  return joined(left);
}

/**
 * The same stretches in order, with those that touch or overlap as one.
 * @param {Stretch[]} stretches
 * @returns {Stretch[]}
 */
export function joined(stretches) {
  /** @type {Stretch[]} */
  const found = [];
  for (const each of [...stretches].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last && each.from <= last.until) last.until = Math.max(last.until, each.until);
    else found.push({ ...each });
  }
  return found;
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
 * A stretch as two fields of time say it: an end before its beginning is on the next day.
 * @param {string} from
 * @param {string} until
 * @returns {Stretch | null}
 */
export function stretchOf(from, until) {
  const begins = minutesOf(from);
  const ends = minutesOf(until);
  if (begins === null || ends === null) return null;
  return { from: begins, until: ends > begins ? ends : ends + 1440 };
}
