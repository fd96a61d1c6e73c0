import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** As much of a page as the files of a message ask for: what is looked for is there, empty. */
class Part extends EventTarget {
  /** @type {Record<string, string>} */
  dataset = {};
  hidden = false;
  textContent = "";
  value = "";
  /** @type {Map<string, Part>} */
  parts = new Map();
  /** @type {Part[]} */
  items = [];

  get content() {
    return this;
  }

  /** @param {string} selector */
  querySelector(selector) {
    if (!this.parts.has(selector)) this.parts.set(selector, new Part());
    return this.parts.get(selector);
  }

  cloneNode() {
    return new Part();
  }

  /** @param {Part} item */
  append(item) {
    this.items.push(item);
  }

  click() {
    this.dispatchEvent(new Event("click"));
  }

  setAttribute() {}
  remove() {}
  focus() {}
}
Object.assign(globalThis, { HTMLElement: Part, HTMLInputElement: Part, HTMLTemplateElement: Part });
const live = new Part();
globalThis.document = /** @type {any} */ (
  Object.assign(new EventTarget(), { cookie: "", documentElement: { lang: "en" }, querySelectorAll: () => [], getElementById: (/** @type {string} */ id) => (id === "live" ? live : new Part()) })
);
globalThis.window = /** @type {any} */ ({ setTimeout });
const { Attaching, sendWhenChecked } = await import("./attaching.js");

/** @type {any} */
let form;
/** @type {any} */
let files;
/** @type {any} */
let composer;
/** @type {any} */
let keep;
let submitted = 0;
/** What lets the server answer. @type {(() => void)[]} */
let answers;

beforeEach(() => {
  answers = [];
  globalThis.fetch = (_address, options) =>
    options?.method === "DELETE"
      ? Promise.resolve(new Response(null, { status: 204 }))
      : new Promise((resolve) => answers.push(() => resolve(new Response(JSON.stringify({ id: "u", status: "ready", name: "plan.pdf" })))));
  submitted = 0;
  form = Object.assign(new Part(), { requestSubmit: () => submitted++ });
  form.dataset = { filesMost: "10", fileBytes: "1000" };
  form.querySelector("[data-files-waiting]").hidden = true;
  composer = { complain: () => undefined, body: new Part() };
  keep = { files: [{ id: "u", name: "plan.pdf", size: 3 }] };
  files = new Attaching(/** @type {any} */ (new Part()), form, keep, (key) => key);
  sendWhenChecked(form, composer, files, (key) => key);
});

const waiting = () => !form.querySelector("[data-files-waiting]").hidden;
const chip = () => form.querySelector("[data-files]").items[0];
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a message that waits for its file goes by itself when the file is ready", async () => {
  assert.equal(composer.holds(), true);
  assert.equal(waiting(), true);
  answers[0]();
  await settled();
  assert.equal(submitted, 1);
  assert.equal(waiting(), false);
});

test("removing the file that a message waits for sends nothing", async () => {
  composer.holds();
  chip().querySelector("[data-file-remove]").click();
  assert.equal(waiting(), false);
  // Its answer was on its way already.
  live.textContent = "";
  answers[0]();
  await settled();
  assert.equal(submitted, 0);
  assert.equal(live.textContent, "");
  assert.deepEqual(keep.files, []);
  assert.equal(composer.holds(), false);
});
