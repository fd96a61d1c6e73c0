import assert from "node:assert/strict";
import { test } from "node:test";

import { AT_ONCE, MOST, leaving, wanted } from "./stretch.js";

const middle = { isBeginning: false, isNewest: false };

test("near an edge more comes, on the nearer side first", () => {
  assert.equal(wanted({ above: 100, below: 9000 }, middle), "older");
  assert.equal(wanted({ above: 9000, below: 100 }, middle), "newer");
  assert.equal(wanted({ above: 200, below: 100 }, middle), "newer");
  assert.equal(wanted({ above: 9000, below: 9000 }, middle), "");
});

test("nothing comes before the beginning or after the newest", () => {
  assert.equal(wanted({ above: 0, below: 9000 }, { isBeginning: true, isNewest: false }), "");
  assert.equal(wanted({ above: 9000, below: 0 }, { isBeginning: false, isNewest: true }), "");
  assert.equal(wanted({ above: 0, below: 0 }, { isBeginning: true, isNewest: true }), "");
});

test("what is farther out of sight leaves, and no more than is too much", () => {
  assert.deepEqual(leaving(MOST + AT_ONCE, { above: 500, below: 20_000 }), { side: "bottom", count: AT_ONCE });
  assert.deepEqual(leaving(MOST + 1, { above: 20_000, below: 0 }), { side: "top", count: 1 });
  assert.equal(leaving(MOST, { above: 20_000, below: 0 }).count, 0);
});
