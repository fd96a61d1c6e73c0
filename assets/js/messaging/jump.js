/** The button that leads to the newest messages, and how many have come while one read further up. */
import { one } from "./find.js";

export class Jump {
  #missed = 0;

  /** @param {HTMLElement} button @param {() => void} go @param {number} missed */
  constructor(button, go, missed) {
    this.button = button;
    this.#missed = missed;
    button.addEventListener("click", go);
  }

  /** Another one has come. */
  missed() {
    this.#missed += 1;
  }

  /** @param {boolean} isAtEnd of the conversation */
  show(isAtEnd) {
    if (isAtEnd) this.#missed = 0;
    if (isAtEnd && document.activeElement === this.button) one(document, "[data-scroll]").focus();
    this.button.hidden = isAtEnd;
    one(this.button, "[data-jump-new]").hidden = this.#missed === 0;
    one(this.button, "[data-jump-down]").hidden = this.#missed > 0;
    one(this.button, "[data-jump-count]").textContent = this.#missed > 99 ? "99+" : String(this.#missed);
  }
}
