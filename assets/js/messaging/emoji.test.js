import assert from "node:assert/strict";
import test from "node:test";

import { emojiFind, emojiLoad, gridStep } from "./emoji.js";

/** @type {import("./emoji.js").Group[]} */
const groups = [
  ["smileys", [["🙂", "slightly smiling face", "happy smile"], ["😢", "crying face", "sad tear"], ["😊", "smiling face with smiling eyes", "blush"]]],
  ["symbols", [["❤️", "red heart", "love"], ["💔", "broken heart", "sad"], ["🫀", "anatomical heart", "health"]]],
];
const found = (/** @type {string} */ typed) => emojiFind(groups, typed).map(([emoji]) => emoji).join(" ");

test("what is called so comes before what is meant", () => {
  assert.equal(found("smil"), "😊 🙂");
  assert.equal(found("sad"), "😢 💔");
  assert.equal(found("heart"), "❤️ 💔 🫀");
});
test("every word must begin one of its words", () => {
  assert.equal(found("heart red"), "❤️");
  assert.equal(found("heart sad"), "💔");
  assert.equal(found("eart"), "");
  assert.equal(found("zzz"), "");
});
test("case is nothing, and the sign itself finds itself", () => {
  assert.equal(found("RED"), "❤️");
  assert.equal(found("😢"), "😢");
});

const ROWS = [7, 7, 2, 7, 3];
const step = (/** @type {[number, number]} */ [row, column], /** @type {string} */ key, isWhole = false) => {
  const to = gridStep(ROWS, [0, 3], { row, column }, key, isWhole);
  return to && [to.row, to.column];
};
test("left and right go along the rows and on to the next", () => {
  assert.deepEqual(step([0, 0], "ArrowRight"), [0, 1]);
  assert.deepEqual(step([0, 6], "ArrowRight"), [1, 0]);
  assert.deepEqual(step([3, 0], "ArrowLeft"), [2, 1]);
  assert.deepEqual(step([0, 0], "ArrowLeft"), [0, 0]);
  assert.deepEqual(step([4, 2], "ArrowRight"), [4, 2]);
});
test("up and down keep the column where the row is long enough", () => {
  assert.deepEqual(step([0, 5], "ArrowDown"), [1, 5]);
  assert.deepEqual(step([1, 5], "ArrowDown"), [2, 1]);
  assert.deepEqual(step([4, 1], "ArrowDown"), [4, 1]);
  assert.deepEqual(step([3, 5], "ArrowUp"), [2, 1]);
  assert.equal(step([0, 5], "ArrowUp"), null);
});
test("home, end and the pages", () => {
  assert.deepEqual(step([1, 3], "Home"), [1, 0]);
  assert.deepEqual(step([1, 3], "End"), [1, 6]);
  assert.deepEqual(step([1, 3], "Home", true), [0, 0]);
  assert.deepEqual(step([1, 3], "End", true), [4, 2]);
  assert.deepEqual(step([1, 3], "PageDown"), [3, 0]);
  assert.deepEqual(step([4, 1], "PageUp"), [3, 0]);
  assert.deepEqual(step([1, 1], "PageUp"), [0, 0]);
  assert.equal(step([1, 1], "a"), null);
});

test("the emoji are asked for once, and again after a failure", async () => {
  let asked = 0;
  const answers = [{ ok: false, status: 503 }, { ok: true, json: async () => groups }];
  globalThis.fetch = /** @type {any} */ (async () => answers[asked++]);
  await assert.rejects(emojiLoad("/emoji.json"));
  assert.equal(await emojiLoad("/emoji.json"), groups);
  assert.equal(await emojiLoad("/emoji.json"), groups);
  assert.equal(asked, 2);
});
