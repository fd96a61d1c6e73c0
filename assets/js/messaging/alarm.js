/**
 * A sign on the desktop that something new is there: by choice, on this device alone, without a name or a word of
 * it. The browser is asked for leave only when somebody presses the button.
 *
 * @typedef {"none" | "refused" | "off" | "on"} Standing
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Kept
 */

export class Alarm {
  /** @type {string} */
  #key;

  /**
   * @param {string} person whose choice it is; whoever signs out takes it along (keep.js)
   * @param {string} words all that it says
   * @param {typeof Notification | undefined} made nothing where the browser has none
   * @param {Kept} kept
   */
  constructor(person, words, made, kept) {
    this.#key = `bloom.messages.${person}.alarm`;
    this.words = words;
    this.made = made;
    this.kept = kept;
  }

  /** @returns {Standing} */
  get standing() {
    if (!this.made) return "none";
    if (this.made.permission === "denied") return "refused";
    return this.made.permission === "granted" && this.#isWanted ? "on" : "off";
  }

  /** Have it, or have it no longer. Only after a click. @returns {Promise<Standing>} */
  async toggle() {
    if (this.standing === "on") this.#want(false);
    else if (this.made && this.made.permission !== "denied") {
      if ((await this.made.requestPermission()) === "granted") this.#want(true);
    }
    return this.standing;
  }

  /** Something new is there. @param {() => void} answered when somebody presses it */
  ring(answered) {
    if (this.standing !== "on" || !this.made) return;
    try {
      // One for all tabs, and for all that comes while nobody looks.
      const shown = new this.made(this.words, { tag: "bloom.messages" });
      shown.onclick = () => {
        shown.close();
        answered();
      };
    } catch {
      // Phones show none for a page that is merely open.
      this.made = undefined;
    }
  }

  get #isWanted() {
    try {
      return this.kept.getItem(this.#key) === "on";
    } catch {
      return false;
    }
  }

  /** @param {boolean} isWanted */
  #want(isWanted) {
    try {
      if (isWanted) this.kept.setItem(this.#key, "on");
      else this.kept.removeItem(this.#key);
    } catch {
      return;
    }
  }
}

/**
 * The button that turns it on and off, with what it says on each.
 * @param {HTMLElement} button @param {Alarm} alarm @param {(text: string) => void} say
 */
export function alarmButton(button, alarm, say) {
  const draw = () => {
    button.hidden = alarm.standing === "none";
    button.setAttribute("aria-pressed", String(alarm.standing === "on"));
  };
  button.addEventListener("click", () => {
    void alarm.toggle().then((standing) => {
      draw();
      say(button.dataset[standing] ?? "");
    });
  });
  draw();
}
