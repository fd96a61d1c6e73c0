import assert from "node:assert/strict";
import { test } from "node:test";

import { lengthOf, momentAt, partsOf, snapped, stepOf, stepped, written } from "./paper.js";

const HOUR = 3_600_000;
const plain = partsOf('[[0, 600, "2026-11-23T14:00:00Z"]]');
// From midnight on; the clock skips the third hour.
const forward = partsOf('[[0, 120, "2026-03-08T06:00:00Z"], [180, 1260, "2026-03-08T08:00:00Z"]]');

test("a minute of the paper is a moment, and beyond its end none", () => {
  assert.equal(momentAt(plain, 90), Date.parse("2026-11-23T15:30:00Z"));
  assert.equal(momentAt(plain, 600), null);
  assert.equal(momentAt(plain, -5), null);
  assert.equal(lengthOf(plain), 600);
});

test("an hour that the clock skips is no time, and a step goes over it", () => {
  assert.equal(momentAt(forward, 150), null);
  assert.equal(momentAt(forward, 180), Date.parse("2026-03-08T06:00:00Z") + 2 * HOUR);
  assert.equal(stepped(forward, 90, 30), 180);
  assert.equal(stepped(forward, 180, -30), 90);
});

test("a step stays on the paper", () => {
  assert.equal(stepped(plain, 0, -15), 0);
  assert.equal(stepped(plain, 585, 15), 585);
  assert.equal(snapped(97, 15, 600), 90);
  assert.equal(snapped(-20, 15, 600), 0);
  assert.equal(snapped(9_999, 15, 600), 585);
});

test("steps are the calendar's where an hour is made of them", () => {
  assert.deepEqual([5, 15, 30, 60, 45, 0, 240].map(stepOf), [5, 15, 30, 60, 15, 15, 15]);
});

test("a place is written in hours and fives, and what is no paper has no parts", () => {
  assert.deepEqual(written(95), ["1", "7"]);
  assert.deepEqual(partsOf("nothing"), []);
});
