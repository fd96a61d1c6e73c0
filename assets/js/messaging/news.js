/** What a screen reader is told of new messages: one as it is, several that come together as a number. */

const GATHER_MS = 600;

export class News {
  /** @type {{ name: string, text: string }[]} */
  #waiting = [];
  #timer = 0;

  /**
   * @param {(text: string) => void} say
   * @param {(count: number, name: string) => string} several words for so many; no name when they are of different people
   * @param {number} [gather]
   */
  constructor(say, several, gather = GATHER_MS) {
    this.say = say;
    this.several = several;
    this.gather = gather;
  }

  /** @param {string} name of whom it is @param {string} text what is said of it when it is alone */
  add(name, text) {
    this.#waiting.push({ name, text });
    if (this.#timer) return;
    this.#timer = Number(setTimeout(() => this.#tell(), this.gather));
  }

  #tell() {
    this.#timer = 0;
    const told = this.#waiting;
    this.#waiting = [];
    const [first] = told;
    if (!first) return;
    const isOfOne = told.every(({ name }) => name === first.name);
    this.say(told.length === 1 ? first.text : this.several(told.length, isOfOne ? first.name : ""));
  }
}
