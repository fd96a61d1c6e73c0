/** Times and days as the server writes them: in the reader's zone and language. */
import { timesIn } from "../ui/times.js";

const locale = document.documentElement.lang || "en";

export class Moments {
  /** @param {string} zone */
  constructor(zone) {
    const timeZone = zone || undefined;
    this.clock = timesIn(zone);
    this.parts = new Intl.DateTimeFormat(locale, { timeZone, weekday: "long", day: "numeric", month: "long", year: "numeric" });
    this.numbers = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  }

  /** "10:42 AM" @param {string} iso */
  time(iso) {
    return this.clock(new Date(iso));
  }

  /** "2026-11-24" @param {string | Date} moment */
  day(moment) {
    return this.numbers.format(new Date(moment));
  }

  /** "Tuesday 24 November", with its year when it is another one. @param {string} iso */
  dayName(iso) {
    const parts = Object.fromEntries(this.parts.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
    const year = this.day(iso).slice(0, 4) === this.day(new Date()).slice(0, 4) ? "" : ` ${parts.year}`;
    return `${parts.weekday} ${parts.day} ${parts.month}${year}`;
  }
}
