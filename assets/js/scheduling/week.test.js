import assert from "node:assert/strict";
import { test } from "node:test";

import { CELLS, cellsOf, joined, painted, stretchOf, timeOf } from "./week.js";

const nine = { from: 540, until: 720 };

test("a half hour is open when all of it is", () => {
  const cells = cellsOf([{ from: 540, until: 610 }]);
  assert.equal(cells.length, CELLS);
  assert.deepEqual(cells.map((open, number) => (open ? number : -1)).filter((number) => number >= 0), [6, 7]);
});

test("painting beside a stretch makes it longer, to the minute", () => {
  assert.deepEqual(painted([nine], 12, true), [{ from: 540, until: 750 }]);
  assert.deepEqual(painted([{ from: 545, until: 720 }], 5, true), [
    { from: 510, until: 540 },
    { from: 545, until: 720 },
  ]);
});

test("closing the middle leaves both ends, and closing all leaves nothing", () => {
  assert.deepEqual(painted([nine], 8, false), [
    { from: 540, until: 600 },
    { from: 630, until: 720 },
  ]);
  let left = [nine];
  for (let cell = 0; cell < CELLS; cell += 1) left = painted(left, cell, false);
  assert.deepEqual(left, []);
});

test("what is painted is what is seen", () => {
  let stretches = [nine];
  for (const [cell, open] of /** @type {[number, boolean][]} */ ([[0, true], [7, false], [31, true], [30, true]])) {
    stretches = painted(stretches, cell, open);
    assert.equal(cellsOf(stretches)[cell], open);
  }
});

test("a night stays a night", () => {
  const night = stretchOf("22:00", "02:00");
  assert.deepEqual(night, { from: 1320, until: 1560 });
  assert.equal(timeOf(1560), "02:00");
  assert.deepEqual(painted([/** @type {import("./week.js").Stretch} */ (night)], 31, true), [{ from: 1290, until: 1560 }]);
  assert.equal(stretchOf("", "02:00"), null);
});

test("stretches that touch are one", () => {
  assert.deepEqual(joined([{ from: 600, until: 660 }, { from: 540, until: 600 }]), [{ from: 540, until: 660 }]);
});
