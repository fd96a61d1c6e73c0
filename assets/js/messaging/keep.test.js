import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { forgetOthers, Keep } from "./keep.js";
import { Seal } from "./seal.js";

class Store {
  getItem = (/** @type {string} */ key) => Object.getOwnPropertyDescriptor(this, key)?.value ?? null;
  setItem(/** @type {string} */ key, /** @type {string} */ value) {
    Object.defineProperty(this, key, { value, enumerable: true, configurable: true });
  }
  removeItem(/** @type {string} */ key) {
    Reflect.deleteProperty(this, key);
  }
}
const lay = (/** @type {"localStorage" | "sessionStorage"} */ name) => Object.defineProperty(globalThis, name, { value: new Store(), configurable: true, writable: true });
beforeEach(() => {
  lay("localStorage");
  lay("sessionStorage");
});
const newTab = () => lay("sessionStorage");
const mine = await Seal.of(btoa("m".repeat(32)));
const theirs = await Seal.of(btoa("t".repeat(32)));
const open = (seal = mine, person = "maya", conversation = "c") => Keep.open(seal, person, conversation);
const everything = () => JSON.stringify([localStorage, sessionStorage]);
/** Until nothing more is written. */
async function written() {
  for (let quiet = 0, before = ""; quiet < 10; ) {
    // What was sealed before this is done by then, however busy the machine.
    for (let at = 0; at < 8; at++) await mine?.seal(at, "");
    await new Promise((resolve) => setTimeout(resolve, 5));
    quiet = everything() === before ? quiet + 1 : 0;
    before = everything();
  }
}

test("a draft outlives a reload, and stands nowhere as it was written", async () => {
  const keep = await open();
  keep.draft = "I did not";
  keep.draft = "I did not sleep";
  keep.files = [{ id: "f1", name: "letter.pdf", size: 3 }];
  await written();
  assert.ok(!/sleep|letter/.test(everything()), everything());
  const after = await open();
  assert.equal(after.draft, "I did not sleep");
  assert.deepEqual(after.files, [{ id: "f1", name: "letter.pdf", size: 3 }]);
  assert.equal((await open(mine, "maya", "another")).draft, "");
});
test("what is cleared is gone at once, whatever was on its way", async () => {
  const keep = await open();
  keep.draft = "I did not sleep";
  keep.draft = "";
  await written();
  assert.equal((await open()).draft, "");
  assert.ok(!everything().includes(".draft"));
});
test("each tab has its own, and does not clear another's", async () => {
  const first = await open();
  first.draft = "first";
  await written();
  const tabOfFirst = sessionStorage;
  newTab();
  const second = await open();
  assert.equal(second.draft, "first");
  second.draft = "second";
  await written();
  Object.defineProperty(globalThis, "sessionStorage", { value: tabOfFirst, configurable: true, writable: true });
  first.draft = "";
  await written();
  newTab();
  assert.equal((await open()).draft, "second");
});
test("a draft that another tab left, and this one has sent, does not come back", async () => {
  (await open()).draft = "I did not sleep";
  await written();
  newTab();
  const next = await open();
  assert.equal(next.draft, "I did not sleep");
  next.draft = "";
  await written();
  newTab();
  assert.equal((await open()).draft, "");
});
test("whoever else opens it reads nothing, and what nobody can open goes", async () => {
  (await open()).draft = "I did not sleep";
  await written();
  assert.equal((await open(theirs, "maya")).draft, "");
  assert.ok(!everything().includes(".draft"));
  localStorage.setItem("bloom.messages.maya.c.draft", "as it was written");
  assert.equal((await open()).draft, "");
  assert.ok(!everything().includes("written"));
});
test("whoever signs in next clears what others left", async () => {
  (await open()).draft = "I did not sleep";
  await written();
  localStorage.setItem("bloom_theme", "dark");
  forgetOthers("anna");
  assert.ok(!everything().includes("maya"));
  assert.equal(localStorage.getItem("bloom_theme"), "dark");
});
test("without a seal a draft lives as long as its page", async () => {
  const keep = await open(null);
  keep.draft = "I did not sleep";
  await written();
  assert.equal(keep.draft, "I did not sleep");
  assert.ok(!everything().includes("maya"));
});
