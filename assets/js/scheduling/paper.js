// A day's paper: minutes from its top, and the moments that they are. All minutes are whole.

/**
 * A stretch on which time runs evenly: minutes from the top, minutes long, and when it begins, in milliseconds.
 * @typedef {{top: number, length: number, starts: number}} Part
 */

const MINUTE = 60_000;

/**
 * The stretches as the page carries them.
 * @param {string} raw
 * @returns {Part[]}
 */
export function partsOf(raw) {
  try {
    return JSON.parse(raw).map((/** @type {[number, number, string]} */ [top, length, starts]) => ({ top, length, starts: Date.parse(starts) }));
  } catch {
    return [];
  }
}

/**
 * The moment of a minute of the paper; null where the day's clock does not show it.
 * @param {Part[]} parts
 * @param {number} minute
 * @returns {number | null}
 */
export function momentAt(parts, minute) {
  const part = parts.find((each) => each.top <= minute && minute < each.top + each.length);
  return part ? part.starts + (minute - part.top) * MINUTE : null;
}

/**
 * How many minutes the paper has.
 * @param {Part[]} parts
 * @returns {number}
 */
export function lengthOf(parts) {
  return parts.reduce((most, each) => Math.max(most, each.top + each.length), 0);
}

/**
 * By how much a time moves at once: the calendar's own step where hours are made of it.
 * @param {number} minutes
 * @returns {number}
 */
export function stepOf(minutes) {
  return minutes > 0 && 60 % minutes === 0 ? Math.max(minutes, 5) : 15;
}

/**
 * The step that a minute lies in, from the top of the paper and never beyond its end.
 * @param {number} minute
 * @param {number} step
 * @param {number} length
 * @returns {number}
 */
export function snapped(minute, step, length) {
  return Math.max(0, Math.min(Math.floor(minute / step) * step, Math.floor((length - 1) / step) * step));
}

/**
 * The next minute, so many steps on, that the day's clock shows; the same where there is none.
 * @param {Part[]} parts
 * @param {number} minute
 * @param {number} step negative for back
 * @returns {number}
 */
export function stepped(parts, minute, step) {
  const length = lengthOf(parts);
  for (let next = minute + step; next >= 0 && next < length; next += step) {
    if (momentAt(parts, next) !== null) return next;
  }
  return minute;
}

/**
 * Hours and steps of five minutes, as the style sheet reads them.
 * @param {number} minutes
 * @returns {[string, string]}
 */
export function written(minutes) {
  const quanta = Math.round(minutes / 5);
  return [String(Math.floor(quanta / 12)), String(quanta % 12)];
}
