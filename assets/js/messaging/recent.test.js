import assert from "node:assert/strict";
import test from "node:test";

import { MOST_RECENT, Recent } from "./recent.js";

function storage() {
  const kept = new Map();
  return /** @type {any} */ ({ getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) });
}

test("the newest stands first, each once, and no more than fit", () => {
  const recent = new Recent("maya", storage());
  for (const each of ["🌱", "🌸", "🌱"]) recent.add(each);
  assert.deepEqual(recent.all, ["🌱", "🌸"]);
  for (let code = 0; code < 30; code++) recent.add(String.fromCodePoint(0x1f600 + code));
  assert.equal(recent.all.length, MOST_RECENT);
  assert.equal(recent.all[0], String.fromCodePoint(0x1f600 + 29));
});
test("another person's are not one's own", () => {
  const shared = storage();
  new Recent("maya", shared).add("🌱");
  assert.deepEqual(new Recent("anna", shared).all, []);
});
test("a store that is forbidden remembers nothing and breaks nothing", () => {
  const forbidden = () => {
    throw new Error("forbidden");
  };
  const recent = new Recent("maya", /** @type {any} */ ({ getItem: forbidden, setItem: forbidden }));
  recent.add("🌱");
  assert.deepEqual(recent.all, []);
});
