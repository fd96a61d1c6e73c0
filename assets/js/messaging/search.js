/** Looking for somebody: what is on the page is narrowed at once, and the server is asked for the rest. */
import { isNamed } from "./names.js";

/** @typedef {import("./list.js").ConversationList} ConversationList */

const ASK_AFTER_MS = 300;
const SAY_AFTER_MS = 800;

export class PersonSearch {
  #timer = 0;
  #sayTimer = 0;

  /** @param {HTMLFormElement} form @param {ConversationList} list @param {HTMLElement} status */
  constructor(form, list, status) {
    const box = form.elements.namedItem("q");
    if (!(box instanceof HTMLInputElement)) throw new Error("the search has no box");
    this.box = box;
    this.list = list;
    this.status = status;
    box.addEventListener("input", () => {
      this.narrow();
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#ask(), ASK_AFTER_MS);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      window.clearTimeout(this.#timer);
      this.#ask();
    });
  }

  #ask() {
    this.list.find(this.box.value.trim());
  }

  /** Hide the rows of everybody else, and say how many are left. */
  narrow() {
    const wanted = this.box.value;
    let left = 0;
    for (const row of this.list.nav.querySelectorAll("li")) {
      const name = row.querySelector(".conversation-name")?.textContent ?? "";
      row.hidden = !isNamed(name, wanted);
      if (!row.hidden) left += 1;
    }
    window.clearTimeout(this.#sayTimer);
    if (!wanted.trim()) {
      this.status.textContent = "";
      return;
    }
    const { some = "", none = "" } = this.status.dataset;
    this.#sayTimer = window.setTimeout(() => {
      this.status.textContent = left ? some.replace("%s", String(left)) : none;
    }, SAY_AFTER_MS);
  }
}
