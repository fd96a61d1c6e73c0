/** Times of day as the server writes them (bloom/formats/): "9:30 AM", in the language of the page. */

const locale = document.documentElement.lang || "en";

/**
 * Writes the time of a moment in a zone; without one in the browser's.
 * @param {string} zone
 * @returns {(at: number | Date) => string}
 */
export function timesIn(zone) {
  return written({ timeZone: zone || undefined, timeStyle: "short" });
}

const onTheWall = written({ timeZone: "UTC", timeStyle: "short" });
const hours = written({ timeZone: "UTC", hour: "numeric" });

/** "9:30 AM" for so many minutes after midnight. @param {number} minutes */
export function timeSaid(minutes) {
  return onTheWall(minutes * 60_000);
}

/** "9 AM" for them, where only full hours stand. @param {number} minutes */
export function hourSaid(minutes) {
  return hours(minutes * 60_000);
}

/**
 * @param {Intl.DateTimeFormatOptions} options
 * @returns {(at: number | Date) => string}
 */
function written(options) {
  const format = new Intl.DateTimeFormat(locale, options);
  // Browsers put one space or another there; the server's does not break a line.
  return (at) => format.format(at).replace(/\s/g, "\u00a0");
}
