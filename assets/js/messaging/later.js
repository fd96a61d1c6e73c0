/** Sending later: what was written goes to the server with its time, and stands above where one writes. */
import { announce } from "../ui/toast.js";
import { partial } from "./list.js";

/** @typedef {import("./composer.js").Composer} Composer */

export class Later {
  /**
   * @param {HTMLElement} root where what is planned stands; its `data-later-here` is where to ask
   * @param {HTMLFormElement} form
   * @param {Composer} composer
   * @param {(key: string) => string} word
   */
  constructor(root, form, composer, word) {
    this.root = root;
    this.form = form;
    this.composer = composer;
    this.word = word;
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!(button instanceof HTMLButtonElement) || !button.matches("[data-later]")) return;
      event.preventDefault();
      void this.#plan(button);
    });
  }

  /** What is planned now. */
  async refresh() {
    const html = await partial(this.root.dataset.laterHere ?? "");
    if (html) this.root.replaceChildren(html);
  }

  /** @param {HTMLButtonElement} button */
  async #plan(button) {
    const wrong = this.#wrong();
    if (wrong) {
      this.composer.complain(wrong, []);
      return;
    }
    const text = this.composer.body.value;
    // Made before the button is disabled: it says when.
    const body = new FormData(this.form, button);
    button.disabled = true;
    try {
      const response = await fetch(button.formAction, {
        method: "POST",
        body,
        headers: { "X-Bloom-Part": "later" },
        redirect: "error",
      });
      const said = await response.text();
      if (!response.ok) {
        this.composer.complain(response.status < 500 && response.headers.get("Content-Type")?.startsWith("text/plain") ? said : this.word("not_changed"), []);
        return;
      }
      this.root.replaceChildren(document.createRange().createContextualFragment(said));
      const id = this.form.elements.namedItem("client_id");
      if (id instanceof HTMLInputElement) id.value = crypto.randomUUID();
      // What was written meanwhile is another message.
      if (this.composer.body.value === text) this.composer.empty();
      button.closest("details")?.removeAttribute("open");
      this.composer.body.focus();
      announce(this.word("later_planned"));
    } catch {
      // Nothing is lost: the text stands where it was written, and a repeat is the same message.
      this.composer.complain(this.word("not_changed"), []);
    } finally {
      button.disabled = false;
    }
  }

  /** What keeps it from being sent later. */
  #wrong() {
    const files = this.form.querySelector("[data-files]");
    if (files instanceof HTMLElement && !files.hidden) return this.word("later_files");
    return this.composer.editing ? this.word("later_editing") : "";
  }
}
