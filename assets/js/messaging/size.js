const UNITS = ["B", "kB", "MB", "GB"];

/** How large a file is, as people say it; the server says the same. @param {number} bytes */
export function sizeOf(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
