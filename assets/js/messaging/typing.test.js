import assert from "node:assert/strict";
import test from "node:test";

import { TypingTeller } from "./typing.js";

test("typing is told at once, not with each key, and its end once", () => {
  let now = 0;
  /** @type {boolean[]} */
  const told = [];
  const teller = new TypingTeller((typing) => told.push(typing), () => now);
  for (const at of [0, 500, 2_900, 3_100]) {
    now = at;
    teller.typed(false);
  }
  assert.deepEqual(told, [true, true]);
  teller.stopped();
  teller.stopped();
  assert.deepEqual(told, [true, true, false]);
});

test("an empty box is nobody typing", () => {
  /** @type {boolean[]} */
  const told = [];
  const teller = new TypingTeller((typing) => told.push(typing));
  teller.typed(true);
  assert.deepEqual(told, []);
  teller.typed(false);
  teller.typed(true);
  assert.deepEqual(told, [true, false]);
});
