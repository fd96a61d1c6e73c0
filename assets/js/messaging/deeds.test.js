import assert from "node:assert/strict";
import test from "node:test";

import { deeds, rowDown, rowUp } from "./deeds.js";

const own = {
  isOwn: true, isTherapist: false, isEnded: false, hasText: true, isEdited: false, isDeleted: false, age: 10, editSeconds: 900,
};
const may = (/** @type {Partial<typeof own>} */ change) => [...deeds({ ...own, ...change })].join(" ");

test("one's own new message can be edited and deleted", () => assert.equal(may({}), "edit copy delete"));
test("after the window only deletion is left", () => assert.equal(may({ age: 900 }), "copy delete"));
test("what was edited has a history", () => assert.equal(may({ isEdited: true }), "edit copy history delete"));
test("a deleted message keeps its history alone", () =>
  assert.equal(may({ isDeleted: true, hasText: false }), "history"));
test("another's message can be copied", () => assert.equal(may({ isOwn: false, isEdited: true }), "copy"));
test("a therapist reads what a patient said before", () =>
  assert.equal(may({ isOwn: false, isTherapist: true, isEdited: true }), "copy history"));
test("a conversation that has ended stays as it is", () => assert.equal(may({ isEnded: true }), "copy"));

test("the arrows go through the rows of emojis and on to what follows them", () => {
  assert.deepEqual([0, 5, 6, 11, 12].map((at) => rowDown(at, 12)), [6, 11, 12, 12, 13]);
  assert.deepEqual([0, 3, 6, 11, 12, 13].map((at) => rowUp(at, 12)), [-1, -1, 0, 5, 6, 12]);
  assert.deepEqual([rowDown(0, 0), rowUp(0, 0), rowUp(1, 0)], [1, -1, 0]);
});
