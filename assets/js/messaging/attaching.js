/**
 * The files that go along with the next message: chosen, dropped or pasted; each with how far it has come.
 *
 * @typedef {import("./types.js").Attached} Attached
 * @typedef {import("./keep.js").Keep} Keep
 * @typedef {"sending" | "checking" | "ready" | "failed"} State
 * @typedef {{ key: number, id: string, name: string, size: number, state: State, file: File | null, stop: AbortController, item: HTMLElement }} Entry
 */
import { Refused } from "../realtime/socket.js";
import { announce } from "../ui/toast.js";
import { uploadDrop } from "./rest.js";
import { sizeOf } from "./size.js";
import { one } from "./find.js";
import { follow, upload } from "./upload.js";

export class Attaching {
  /** @type {Entry[]} */
  #entries = [];
  #keys = 0;

  /**
   * @param {HTMLElement} root where files may be dropped
   * @param {HTMLFormElement} form
   * @param {Keep} keep
   * @param {(key: string, inside?: string) => string} word
   */
  constructor(root, form, keep, word) {
    this.root = root;
    this.form = form;
    this.keep = keep;
    this.word = word;
    /** What to do when all that was waited for has come. @type {() => void} */
    this.settled = () => {};
    /** What to do when a person took one away. @type {() => void} */
    this.removed = () => {};
    this.list = one(form, "[data-files]");
    this.most = Number(form.dataset.filesMost);
    this.bytes = Number(form.dataset.fileBytes);
    const input = form.querySelector("[data-file-input]");
    if (!(input instanceof HTMLInputElement)) throw new Error("no file input");
    one(form, "[data-attach]").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.add([...(input.files ?? [])]);
      input.value = "";
    });
    form.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      this.add(files);
    });
    this.#dropping();
    for (const each of keep.files) this.#resume(each);
  }

  /** Something is still being sent or checked. */
  get isBusy() {
    return this.#entries.some(({ state }) => state === "sending" || state === "checking");
  }

  /** Something could not be sent, and stands there until it is removed. */
  get hasFailed() {
    return this.#entries.some(({ state }) => state === "failed");
  }

  get isEmpty() {
    return this.#entries.length === 0;
  }

  /** What is ready, taken for a message. @returns {Attached[]} */
  take() {
    const ready = this.#entries.filter(({ state }) => state === "ready");
    for (const each of ready) this.#away(each);
    return ready.map(({ id, name, size }) => ({ id, name, size }));
  }

  /** Back from a message that was not sent. @param {Attached[]} files */
  giveBack(files) {
    for (const each of files) this.#resume(each);
  }

  /** @param {File[]} files */
  add(files) {
    const room = this.most - this.#entries.length;
    if (files.length > room) announce(this.word("files_most", String(this.most)));
    for (const file of files.slice(0, Math.max(0, room))) {
      const entry = this.#entry(file.name, file.size, file);
      if (file.size > this.bytes) this.#fail(entry, this.word("file_too_large", sizeOf(this.bytes)), false);
      else void this.#send(entry, file);
    }
  }

  /** @param {Entry} entry @param {File} file */
  async #send(entry, file) {
    this.#become(entry, "sending");
    const told = {
      asked: (/** @type {string} */ id) => (entry.id = id),
      sent: (/** @type {number} */ part) => this.#progress(entry, part),
      checking: () => {
        this.#become(entry, "checking");
        this.#kept();
      },
    };
    await this.#watch(entry, upload(file, told, entry.stop.signal));
  }

  /** @param {Attached} attached */
  #resume({ id, name, size }) {
    const entry = this.#entry(name, size, null);
    entry.id = id;
    this.#become(entry, "checking");
    void this.#watch(entry, follow(id, entry.stop.signal), true);
  }

  /** @param {Entry} entry @param {Promise<import("./types.js").Upload>} done @param {boolean} [wasKept] */
  async #watch(entry, done, wasKept = false) {
    try {
      const now = await done;
      // Removed while the answer was on its way.
      if (entry.stop.signal.aborted) return;
      if (now.status === "refused") {
        this.#fail(entry, now.detail ?? "", false);
        return;
      }
      entry.name = now.name;
      one(entry.item, "[data-file-name]").textContent = now.name;
      this.#become(entry, "ready");
      this.#kept();
      if (!wasKept) announce(this.word("file_ready", now.name));
      if (!this.isBusy) this.settled();
    } catch (failure) {
      if (entry.stop.signal.aborted) return;
      if (!(failure instanceof Refused)) throw failure;
      const { code, detail, errors } = failure.error;
      // What was kept by this page is in use by now, or too old.
      if (wasKept && code === "not_found") {
        this.#away(entry);
        return;
      }
      const passing = code === "unavailable" || code === "rate_limited" || code === "upload_missing";
      const said = code === "file_too_large" ? this.word("file_too_large", sizeOf(this.bytes)) : Object.values(errors ?? {}).flat().join(" ") || detail;
      this.#fail(entry, said || this.word("file_lost"), passing && entry.file !== null);
    }
  }

  /** @param {string} name @param {number} size @param {File | null} file @returns {Entry} */
  #entry(name, size, file) {
    const template = document.getElementById("composer-file");
    if (!(template instanceof HTMLTemplateElement)) throw new Error("no template composer-file");
    const item = template.content.querySelector("li")?.cloneNode(true);
    if (!(item instanceof HTMLElement)) throw new Error("no item in composer-file");
    one(item, "[data-file-name]").textContent = name;
    one(item, "[data-file-size]").textContent = sizeOf(size);
    /** @type {Entry} */
    const entry = { key: ++this.#keys, id: "", name, size, state: "sending", file, stop: new AbortController(), item };
    const remove = one(item, "[data-file-remove]");
    remove.setAttribute("aria-label", this.word("file_remove", name));
    remove.addEventListener("click", () => this.#remove(entry));
    one(item, "[data-file-retry]").addEventListener("click", () => {
      if (!entry.file) return;
      entry.stop = new AbortController();
      void this.#send(entry, entry.file);
    });
    this.#entries.push(entry);
    this.list.append(item);
    this.list.hidden = false;
    return entry;
  }

  /** @param {Entry} entry @param {State} state */
  #become(entry, state) {
    entry.state = state;
    entry.item.dataset.state = state;
    one(entry.item, "[data-file-state]").textContent = state === "ready" ? "" : this.word(`file_${state}`);
    one(entry.item, "[data-file-retry]").hidden = true;
    one(entry.item, "progress").hidden = state !== "sending";
  }

  /** @param {Entry} entry @param {number} part */
  #progress(entry, part) {
    const bar = entry.item.querySelector("progress");
    if (bar) bar.value = part;
  }

  /** @param {Entry} entry @param {string} why @param {boolean} canRetry */
  #fail(entry, why, canRetry) {
    this.#become(entry, "failed");
    one(entry.item, "[data-file-state]").textContent = why;
    one(entry.item, "[data-file-retry]").hidden = !canRetry;
    this.#kept();
    announce(`${entry.name}: ${why}`);
    if (!this.isBusy) this.settled();
  }

  /** @param {Entry} entry */
  #remove(entry) {
    entry.stop.abort();
    const at = this.#entries.indexOf(entry);
    if (entry.id) uploadDrop(entry.id).catch(() => undefined);
    this.#away(entry);
    // The focus goes to the next one, or back to the words.
    const next = this.#entries[Math.min(at, this.#entries.length - 1)];
    (next ? one(next.item, "[data-file-remove]") : one(this.form, "[data-body]")).focus();
    announce(this.word("file_removed", entry.name));
    this.removed();
  }

  /** @param {Entry} entry */
  #away(entry) {
    this.#entries = this.#entries.filter((each) => each !== entry);
    entry.item.remove();
    this.list.hidden = this.isEmpty;
    this.#kept();
  }

  /** What has arrived at the server outlives a reload. */
  #kept() {
    const arrived = this.#entries.filter(({ state }) => state === "checking" || state === "ready");
    this.keep.files = arrived.map(({ id, name, size }) => ({ id, name, size }));
  }

  #dropping() {
    const hasFiles = (/** @type {DragEvent} */ event) => Boolean(event.dataTransfer?.types.includes("Files"));
    this.root.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.root.dataset.dropping = "";
    });
    this.root.addEventListener("dragleave", (event) => {
      if (!(event.relatedTarget instanceof Node) || !this.root.contains(event.relatedTarget)) delete this.root.dataset.dropping;
    });
    this.root.addEventListener("drop", (event) => {
      delete this.root.dataset.dropping;
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.add([...(event.dataTransfer?.files ?? [])]);
    });
  }
}

/**
 * A message waits for its files: it goes by itself once all of them are checked, and not while one has failed.
 * Whoever removes one has thought again: then it waits no longer, and goes when they send it.
 * @param {HTMLFormElement} form
 * @param {import("./composer.js").Composer} composer
 * @param {Attaching} files
 * @param {(key: string) => string} word
 */
export function sendWhenChecked(form, composer, files, word) {
  const line = one(form, "[data-files-waiting]");
  const wait = (/** @type {boolean} */ isWaiting) => (line.hidden = !isWaiting);
  composer.blank = () => {
    if (!files.isEmpty) composer.complain(word("files_words"), []);
  };
  composer.holds = () => {
    if (files.hasFailed) composer.complain(word("files_failed"), []);
    else if (files.isBusy) wait(true);
    else wait(false);
    return files.hasFailed || files.isBusy;
  };
  files.settled = () => {
    if (line.hidden) return;
    wait(false);
    form.requestSubmit();
  };
  files.removed = () => wait(false);
  one(form, "[data-files-stop]").addEventListener("click", () => {
    wait(false);
    composer.body.focus();
  });
}
