import assert from "node:assert/strict";
import { test } from "node:test";

import { CELLS, between, cellsOf, joined, painted, stretchOf, timeOf } from "./week.js";

/** @param {number} from @param {number} until @returns {import("./week.js").Stretch} */
const either = (from, until) => ({ from, until, way: "both" });
/** @param {number} from @param {number} until @returns {import("./week.js").Stretch} */
const inPerson = (from, until) => ({ from, until, way: "in_person" });
const nine = either(540, 720);

test("a half hour is open when all of it is", () => {
  const cells = cellsOf([either(540, 610)]);
  assert.equal(cells.length, CELLS);
  assert.deepEqual(cells.map((open, number) => (open ? number : -1)).filter((number) => number >= 0), [6, 7]);
});

test("painting beside a stretch makes it longer, to the minute", () => {
  assert.deepEqual(painted([nine], [12], "both"), [either(540, 750)]);
  assert.deepEqual(painted([either(545, 720)], [5], "both"), [either(510, 540), either(545, 720)]);
});

test("closing the middle leaves both ends, and closing all leaves nothing", () => {
  assert.deepEqual(painted([nine], [8], null), [either(540, 600), either(630, 720)]);
  assert.deepEqual(painted([nine], Array(CELLS).keys(), null), []);
});

test("what is painted is what is seen", () => {
  let stretches = [nine];
  for (const [cell, open] of /** @type {[number, boolean][]} */ ([[0, true], [7, false], [31, true], [30, true]])) {
    stretches = painted(stretches, [cell], open ? "both" : null);
    assert.equal(cellsOf(stretches)[cell], open);
  }
});

test("another way to meet takes its part of a stretch, and what is met in the same way is one", () => {
  const split = painted([nine], [8], "in_person");
  assert.deepEqual(split, [either(540, 600), inPerson(600, 630), either(630, 720)]);
  assert.deepEqual(painted(split, [8], "both"), [nine]);
});

test("a stroke meets each half hour between two places, whatever lies between two reports of the pointer", () => {
  const down = between({ day: 1.5, cell: 4.2 }, { day: 1.6, cell: 19.8 }, 7);
  assert.deepEqual(down.map(({ day }) => day), Array(16).fill(1));
  assert.deepEqual(down.map(({ cell }) => cell), [...Array(16).keys()].map((number) => number + 4));
  assert.deepEqual(between({ day: 3.9, cell: 2.5 }, { day: 0.1, cell: 2.5 }, 7).map(({ day }) => day), [3, 2, 1, 0]);
  const aslant = between({ day: 0.5, cell: 0.5 }, { day: 2.5, cell: 30.5 }, 7);
  assert.deepEqual([...new Set(aslant.map(({ cell }) => cell))], [...Array(31).keys()]);
});

test("a stroke that leaves the week paints up to its edge, and nothing beyond", () => {
  const out = between({ day: 2.5, cell: 28.5 }, { day: 2.5, cell: 60 }, 7);
  assert.deepEqual(out.map(({ cell }) => cell), [28, 29, 30, 31]);
  assert.deepEqual(between({ day: 7.5, cell: 3 }, { day: 9, cell: 3 }, 7), []);
});

test("a night stays a night", () => {
  const night = /** @type {import("./week.js").Stretch} */ (stretchOf("22:00", "02:00", "both"));
  assert.deepEqual(night, either(1320, 1560));
  assert.equal(timeOf(1560), "02:00");
  assert.deepEqual(painted([night], [31], "both"), [either(1290, 1560)]);
  assert.equal(stretchOf("", "02:00", "both"), null);
});

test("stretches that touch are one", () => {
  assert.deepEqual(joined([either(600, 660), either(540, 600)]), [either(540, 660)]);
});
