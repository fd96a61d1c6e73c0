import assert from "node:assert/strict";
import { test } from "node:test";
import { secondsLeft, shown } from "./countdown.js";

test("what is left never goes below nothing, and the last second is one", () => {
  assert.equal(secondsLeft(10_000, 0), 10);
  assert.equal(secondsLeft(10_000, 9_001), 1);
  assert.equal(secondsLeft(10_000, 10_000), 0);
  assert.equal(secondsLeft(10_000, 99_000), 0);
});

test("minutes and seconds are shown as a clock does", () => {
  assert.equal(shown(600), "10:00");
  assert.equal(shown(545), "9:05");
  assert.equal(shown(9), "0:09");
  assert.equal(shown(3599), "59:59");
  assert.equal(shown(3600), "1:00:00");
  assert.equal(shown(3609), "1:00:09");
  assert.equal(shown(40_000), "11:06:40");
});
