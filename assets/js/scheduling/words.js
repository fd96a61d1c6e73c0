// Moments in the viewer's zone, as the calendar writes them.
import { timesIn } from "../ui/times.js";

const locale = document.documentElement.lang || "en";

export class Words {
  /** @param {string} zone */
  constructor(zone) {
    const timeZone = zone || undefined;
    this.days = new Intl.DateTimeFormat(locale, { timeZone, weekday: "long", day: "numeric", month: "long" });
    this.clock = timesIn(zone);
  }

  /** "9:30 AM" @param {number} at */
  time(at) {
    return this.clock(at);
  }

  /** "Monday 23 November, 9:30 AM" @param {number} at */
  full(at) {
    const parts = Object.fromEntries(this.days.formatToParts(at).map(({ type, value }) => [type, value]));
    return `${parts.weekday} ${parts.day} ${parts.month}, ${this.time(at)}`;
  }
}
