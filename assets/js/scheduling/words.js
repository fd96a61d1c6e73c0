// Moments in the viewer's zone, as the calendar writes them.

const locale = document.documentElement.lang || "en";

export class Words {
  /** @param {string} zone */
  constructor(zone) {
    const timeZone = zone || undefined;
    this.days = new Intl.DateTimeFormat(locale, { timeZone, weekday: "long", day: "numeric", month: "long" });
    this.clock = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }

  /** "09:30" @param {number} at */
  time(at) {
    return this.clock.format(at);
  }

  /** "Monday 23 November, 09:30" @param {number} at */
  full(at) {
    const parts = Object.fromEntries(this.days.formatToParts(at).map(({ type, value }) => [type, value]));
    return `${parts.weekday} ${parts.day} ${parts.month}, ${this.time(at)}`;
  }
}
