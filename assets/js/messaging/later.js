/** Sending later: what was written goes to the server with its time, and stands above where one writes. */
import { announce } from "../ui/toast.js";
import { partial } from "./list.js";

/** @typedef {import("./composer.js").Composer} Composer */
/** @typedef {import("./attaching.js").Attaching} Attaching */

/** The server answers with the part alone, or with what is wrong in plain words. */
const PART = { "X-Bloom-Part": "later" };

export class Later {
  /**
   * @param {HTMLElement} root where what is planned stands; its `data-later-here` is where to ask
   * @param {HTMLFormElement} form
   * @param {Composer} composer
   * @param {Attaching} files
   * @param {(key: string) => string} word
   */
  constructor(root, form, composer, files, word) {
    this.root = root;
    this.form = form;
    this.composer = composer;
    this.files = files;
    this.word = word;
    /** What to do when one of them went. @type {() => void} */
    this.sent = () => {};
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!(button instanceof HTMLButtonElement) || !button.matches("[data-later]")) return;
      event.preventDefault();
      void this.#plan(button);
    });
    // What is done with one of them is done here, and what is being written stays.
    root.addEventListener("submit", (event) => {
      const deed = event.target;
      if (!(deed instanceof HTMLFormElement) || !deed.dataset.laterDeed) return;
      event.preventDefault();
      void this.#do(deed, deed.dataset.laterDeed);
    });
  }

  /** What is planned now. */
  async refresh() {
    const html = await partial(this.root.dataset.laterHere ?? "");
    if (html) this.#show(html);
  }

  /** Whoever stands in it with the keyboard does not fall out of it. @param {DocumentFragment} html */
  #show(html) {
    const held = document.activeElement?.closest(".later-item")?.id;
    this.root.replaceChildren(html);
    if (held) (document.getElementById(held) ?? this.composer.body).focus();
  }

  /** @param {HTMLFormElement} form @param {string} done the word for it */
  async #do(form, done) {
    if (form.dataset.under) return;
    form.dataset.under = "";
    const button = form.querySelector("button");
    button?.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers: PART, redirect: "error" });
      if (!response.headers.get("Content-Type")?.startsWith("text/html") || response.status >= 500) throw new Error(String(response.status));
      const html = document.createRange().createContextualFragment(await response.text());
      // An error's own page is not the part.
      if (html.querySelector("main")) throw new Error(String(response.status));
      this.#show(html);
      if (!response.ok) return;
      announce(this.word(done));
      if (done === "sent") this.sent();
    } catch {
      this.composer.complain(this.word("not_changed"), []);
    } finally {
      delete form.dataset.under;
      button?.removeAttribute("aria-busy");
    }
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
    const attached = this.files.take();
    for (const { id } of attached) body.append("attachments", id);
    button.disabled = true;
    try {
      const response = await fetch(button.formAction, { method: "POST", body, headers: PART, redirect: "error" });
      const said = await response.text();
      if (!response.ok) {
        this.files.giveBack(attached);
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
      this.files.giveBack(attached);
      this.composer.complain(this.word("not_changed"), []);
    } finally {
      button.disabled = false;
    }
  }

  /** What keeps it from being sent later. */
  #wrong() {
    if (this.composer.editing) return this.word("later_editing");
    if (this.files.hasFailed) return this.word("files_failed");
    if (this.files.isBusy) return this.word("later_files");
    return !this.files.isEmpty && !this.composer.body.value.trim() ? this.word("files_words") : "";
  }
}
