/** Who is typing: one's own said now and then, others' shown until it is over. */

const TELL_EVERY_MS = 3_000;
const STOPS_AFTER_MS = 4_000;
/** Without another sign the others' typing is over, whatever became of it. */
const SHOWN_MS = 8_000;
/** A screen reader hears of it at most so often. */
const SAID_EVERY_MS = 60_000;

/** Says that somebody types here: at once, then every few seconds, and when they stop. */
export class TypingTeller {
  #toldAt = -Infinity;
  #timer = 0;

  /** @param {(typing: boolean) => void} tell @param {() => number} [now] */
  constructor(tell, now = () => performance.now()) {
    this.tell = tell;
    this.now = now;
  }

  /** A key was pressed; `isEmpty` when nothing is written any more. @param {boolean} isEmpty */
  typed(isEmpty) {
    if (isEmpty) {
      this.stopped();
      return;
    }
    if (this.now() - this.#toldAt >= TELL_EVERY_MS) {
      this.#toldAt = this.now();
      this.tell(true);
    }
    clearTimeout(this.#timer);
    this.#timer = Number(setTimeout(() => this.stopped(), STOPS_AFTER_MS));
  }

  stopped() {
    clearTimeout(this.#timer);
    if (this.#toldAt === -Infinity) return;
    this.#toldAt = -Infinity;
    this.tell(false);
  }
}

export class TypingLine {
  #timer = 0;
  #saidAt = -Infinity;

  /** @param {HTMLElement} line @param {(text: string) => void} say */
  constructor(line, say) {
    this.line = line;
    this.say = say;
  }

  /** @param {string} text nothing when nobody types */
  show(text) {
    window.clearTimeout(this.#timer);
    this.line.hidden = !text;
    this.line.textContent = text;
    if (!text) return;
    this.#timer = window.setTimeout(() => this.show(""), SHOWN_MS);
    if (performance.now() - this.#saidAt < SAID_EVERY_MS) return;
    this.#saidAt = performance.now();
    this.say(text);
  }
}
