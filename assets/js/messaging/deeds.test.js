import assert from "node:assert/strict";
import test from "node:test";

import { deeds } from "./deeds.js";

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
