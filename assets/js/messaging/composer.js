/** Where one writes: never loses a word, grows with the text, says what is wrong beside it. */
import { one } from "./find.js";

/** @typedef {import("./keep.js").Keep} Keep */

const LIMIT = 4000;
const TELL_FROM = 3600;

export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {Keep} keep
   * @param {(key: string, inside?: string) => string} word
   * @param {(body: string) => Promise<string>} send says what is wrong when the text could not be kept
   * @param {(message: string, body: string) => void} change gives a message another text
   */
  constructor(form, keep, word, send, change) {
    this.form = form;
    this.keep = keep;
    /** What to do when a key was pressed. @type {(isEmpty: boolean) => void} */
    this.typed = () => {};
    /** Whether what was written has to wait, asked before it goes. @type {() => boolean} */
    this.holds = () => false;
    /** What to do when nothing was written. @type {() => void} */
    this.blank = () => {};
    this.word = word;
    this.alert = one(form, "[data-alert]");
    this.count = one(form, "[data-count]");
    const body = form.querySelector("[data-body]");
    if (!(body instanceof HTMLTextAreaElement)) throw new Error("no composer");
    this.body = body;
    // A text that the server has just refused stands there already.
    if (!body.value) body.value = keep.draft;
    this.#counted();
    body.addEventListener("input", () => this.#written());
    /** The message whose text is being changed here, instead of a new one being written. */
    this.editing = "";
    this.banner = one(form, "[data-editing]");
    one(form, "[data-editing-stop]").addEventListener("click", () => this.endEdit());
    body.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.editing) {
        event.preventDefault();
        this.endEdit();
      }
      // On a touch keyboard Enter begins a new line; while a word is being composed it accepts it.
      const isPlain = event.key === "Enter" && !event.shiftKey && !event.isComposing;
      if (!isPlain || window.matchMedia("(pointer: coarse)").matches) return;
      event.preventDefault();
      form.requestSubmit();
    });
    // Before the listener that guards forms against being sent twice (ui/forms.js).
    form.addEventListener("submit", (event) => {
      // It goes at another time: later.js sees to it.
      if (event.submitter?.matches("[data-later]")) return;
      event.preventDefault();
      const text = body.value.trim();
      if (!text) {
        this.blank();
        return;
      }
      if (length(text) > LIMIT) {
        this.complain(word("shorten", String(length(text) - LIMIT)), []);
        body.focus();
        return;
      }
      if (this.editing) {
        this.alert.hidden = true;
        change(this.editing, text);
        return;
      }
      if (this.holds()) return;
      body.value = "";
      this.typed(true);
      this.alert.hidden = true;
      this.#counted();
      void send(text).then((wrong) => {
        if (wrong) {
          this.giveBack(text);
          this.complain(wrong, []);
        } else if (!this.editing) {
          // Only now is it kept elsewhere: until then a crash leaves it here.
          keep.draft = body.value;
        }
      });
      body.focus();
    });
  }

  /** Change a message here; what was being written is kept for later. @param {string} message @param {string} text */
  edit(message, text) {
    this.editing = message;
    this.banner.hidden = false;
    this.alert.hidden = true;
    this.body.value = text;
    this.#counted();
    this.body.focus();
    this.body.setSelectionRange(text.length, text.length);
  }

  /** Back to what was being written. */
  endEdit() {
    this.editing = "";
    this.banner.hidden = true;
    this.alert.hidden = true;
    this.body.value = this.keep.draft;
    this.#counted();
    this.body.focus();
  }

  /** Put something where one writes, in place of what is selected there. @param {string} text */
  insert(text) {
    this.body.setRangeText(text, this.body.selectionStart, this.body.selectionEnd, "end");
    this.#written();
    this.body.focus();
  }

  /** What was written is kept elsewhere. */
  empty() {
    this.body.value = "";
    this.#written();
  }

  /** Give a text back to be changed, above what has been written since. @param {string} text */
  giveBack(text) {
    if (this.editing) this.endEdit();
    this.body.value = [text, this.body.value].filter(Boolean).join("\n\n");
    this.#written();
    this.body.focus();
  }

  /** @param {string} text @param {string[]} reasons */
  complain(text, reasons) {
    one(this.alert, "[data-alert-text]").textContent = text;
    one(this.alert, "[data-alert-why]").replaceChildren(
      ...reasons.map((reason) => Object.assign(document.createElement("li"), { textContent: reason })),
    );
    this.alert.hidden = false;
  }

  #written() {
    this.typed(!this.body.value.trim());
    if (!this.editing) this.keep.draft = this.body.value;
    this.alert.hidden = true;
    this.#counted();
  }

  #counted() {
    const used = length(this.body.value.trim());
    this.count.hidden = used < TELL_FROM;
    this.count.toggleAttribute("data-over", used > LIMIT);
    this.count.textContent = used > LIMIT ? this.word("too_long", String(used - LIMIT)) : this.word("left", String(LIMIT - used));
    this.body.setAttribute("aria-invalid", String(used > LIMIT));
  }
}

/** Characters as the server counts them. @param {string} text */
const length = (text) => [...text].length;
