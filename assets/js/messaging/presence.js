/** Who is here: one's own presence said, others' shown. */

const IDLE_AFTER_MS = 5 * 60_000;
const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "focus"];

/** Says that somebody is here, and that they have not touched anything for a while. */
export class PresenceTeller {
  #timer = 0;
  status = "available";

  /** @param {(status: string) => void} tell @param {number} [idleAfter] */
  constructor(tell, idleAfter = IDLE_AFTER_MS) {
    this.tell = tell;
    this.idleAfter = idleAfter;
    this.#wait();
  }

  /** Hear of what the person does. @param {EventTarget} place */
  over(place) {
    for (const type of INPUT) place.addEventListener(type, () => this.touched(), { passive: true });
  }

  /** The connection is new: it knows nothing yet. */
  again() {
    this.tell(this.status);
  }

  touched() {
    this.#wait();
    this.#become("available");
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = Number(setTimeout(() => this.#become("away"), this.idleAfter));
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {string} status */
  #become(status) {
    if (status === this.status) return;
    this.status = status;
    this.tell(status);
  }
}

/** Dots and words for whoever is here. */
export class PresenceBoard {
  /** @type {Map<string, string>} */
  #statuses = new Map();

  /** @param {HTMLElement} page @param {HTMLTemplateElement} words */
  constructor(page, words) {
    this.page = page;
    this.words = words;
  }

  /** @param {string} person @param {string} status */
  take(person, status) {
    if (status === "offline") this.#statuses.delete(person);
    else this.#statuses.set(person, status);
    this.draw();
  }

  /** Nothing is known any more: nobody is shown as here. */
  clear() {
    this.#statuses.clear();
    this.draw();
  }

  draw() {
    for (const each of this.page.querySelectorAll("[data-presence-of]")) {
      if (!(each instanceof HTMLElement)) continue;
      const status = this.#statuses.get(each.dataset.presenceOf ?? "") ?? "";
      each.dataset.presence = status;
      const word = each.querySelector("[data-presence-word]");
      if (word) word.textContent = status ? this.#word(status) : "";
    }
  }

  /** @param {string} status */
  #word(status) {
    return this.words.content.querySelector(`[data-status="${status}"]`)?.textContent ?? "";
  }
}
