/**
 * The history of a conversation, of which the page holds one stretch: it grows where somebody scrolls, lets go of
 * what is far out of sight, and jumps to its ends, to a message, to what is new.
 *
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./thread.js").Thread} Thread
 * @typedef {import("./timeline.js").Timeline} Timeline
 */
import { focusOn } from "./redraw.js";
import { messageList } from "./rest.js";
import { AT_ONCE, leaving, wanted } from "./stretch.js";

const AROUND = AT_ONCE >> 1;

export class History {
  #isLoading = false;
  /** Counts the jumps: what was asked for before one is not wanted after it. */
  #jumps = 0;

  /**
   * @param {Thread} thread
   * @param {Timeline} timeline
   * @param {string} conversation
   * @param {number} newest the number of the conversation's newest message
   */
  constructor(thread, timeline, conversation, newest) {
    this.thread = thread;
    this.timeline = timeline;
    this.conversation = conversation;
    this.newest = newest;
    thread.place.follows = this.isNewest;
    /** What to do when somebody has scrolled, or more has come. @type {() => void} */
    this.moved = () => {};
    const { scroller } = thread;
    scroller.addEventListener("scroll", () => this.#look(), { passive: true });
    scroller.addEventListener("keydown", (event) => {
      const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
      if (!isPlain || (event.key !== "Home" && event.key !== "End")) return;
      event.preventDefault();
      void (event.key === "Home" ? this.toBeginning() : this.toNewest());
    });
    thread.root.addEventListener("click", (event) => {
      const older = event.target instanceof Element && event.target.closest("[data-older] a");
      if (!older) return;
      event.preventDefault();
      void this.#grow("older");
    });
    requestAnimationFrame(() => this.#look());
  }

  /** The page shows the newest message there is. */
  get isNewest() {
    return this.thread.lastSeq >= this.newest;
  }

  /** A message was sent: it is shown if its place is on this page. Returns whether it is. @param {Message} message */
  take(message) {
    const isNext = this.isNewest;
    if (isNext) this.thread.show(message);
    else this.timeline.forget(message.id);
    this.newest = Math.max(this.newest, message.seq);
    this.thread.counted(this.newest);
    this.thread.place.follows = this.isNewest;
    this.trim();
    return isNext;
  }

  /** Let go of what has become too much. */
  trim() {
    const { side, count } = leaving(this.thread.count, this.thread.place.room);
    if (count === 0) return;
    for (const id of this.thread.drop(side, count)) this.timeline.forget(id);
    this.thread.place.follows = this.isNewest;
  }

  async toBeginning() {
    if (!this.thread.isBeginning && !(await this.#jump("after_seq=0", () => true))) return;
    this.thread.place.toTop();
  }

  async toNewest() {
    if (!this.isNewest && !(await this.#jump("", ({ next }) => next === null))) return;
    this.thread.place.toEnd();
    this.#look();
  }

  /** Show the message of this number, however far away it is, and stand at it. @param {number} seq */
  async toMessage(seq) {
    let named = this.thread.article(seq);
    if (!named && seq > 0 && seq <= this.newest) {
      await this.#jump(`before_seq=${seq + AROUND}`, ({ next }) => next === null);
      named = this.thread.article(seq);
    }
    if (!named) return;
    this.thread.place.toMiddle(named);
    focusOn(named);
    this.#look();
  }

  #look() {
    this.moved();
    const side = wanted(this.thread.place.room, { isBeginning: this.thread.isBeginning, isNewest: this.isNewest });
    if (side) void this.#grow(side);
  }

  /** @param {"older" | "newer"} side */
  async #grow(side) {
    if (this.#isLoading) return;
    this.#isLoading = true;
    const jumps = this.#jumps;
    const { firstSeq, lastSeq } = this.thread;
    const query = side === "older" ? `before_seq=${firstSeq}` : `after_seq=${lastSeq}`;
    let isMore = false;
    try {
      const { results, next } = await messageList(this.conversation, `${query}&limit=${AT_ONCE}`);
      if (jumps !== this.#jumps) return;
      const fresh = results.map((message) => this.timeline.takeOld(message)).filter((message) => message !== null);
      const isBeginning = side === "older" && next === null;
      // What came meanwhile, and whatever is not for this viewer, counts no longer.
      if (side === "newer" && next === null && results.length === 0) this.newest = lastSeq;
      this.newest = Math.max(this.newest, results.at(-1)?.seq ?? 0);
      this.thread.add(fresh, isBeginning || this.thread.isBeginning);
      this.trim();
      this.thread.place.follows = this.isNewest;
      isMore = fresh.length > 0 || isBeginning;
    } catch {
      return; // It is asked for again as soon as somebody scrolls.
    } finally {
      this.#isLoading = false;
    }
    if (isMore) this.#look();
  }

  /**
   * Another stretch in place of this one. Returns whether it is there.
   * @param {string} query @param {(page: { next: string | null }) => boolean} isBeginning
   */
  async #jump(query, isBeginning) {
    const jumps = ++this.#jumps;
    try {
      const page = await messageList(this.conversation, `${query}&limit=${AT_ONCE}`);
      if (jumps !== this.#jumps) return false;
      this.timeline.clear();
      const fresh = page.results.map((message) => this.timeline.takeOld(message)).filter((message) => message !== null);
      this.newest = Math.max(this.newest, fresh.at(-1)?.seq ?? 0);
      this.thread.replace(fresh, isBeginning(page));
      this.thread.place.follows = this.isNewest;
      return true;
    } catch {
      return false;
    }
  }
}
