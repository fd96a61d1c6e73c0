// What is left of a time that is held.

/**
 * Whole seconds until `ends`, none when it is over.
 * @param {number} ends in milliseconds since 1970
 * @param {number} now in milliseconds since 1970
 * @returns {number}
 */
export function secondsLeft(ends, now) {
  return Math.max(0, Math.ceil((ends - now) / 1000));
}

/**
 * Minutes and seconds, as a clock shows them: 9:05; with hours where there are: 1:09:05.
 * @param {number} seconds
 * @returns {string}
 */
export function shown(seconds) {
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)}:${shown(seconds % 3600).padStart(5, "0")}`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
