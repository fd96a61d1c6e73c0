import assert from "node:assert/strict";
import { test } from "node:test";
import { spent } from "./clock.js";

for (const [seconds, shown] of [
  [-1, "0:00"],
  [65.9, "1:05"],
  [3_599, "59:59"],
  [3_845, "1:04:05"],
]) {
  test(`${seconds} seconds are ${shown}`, () => assert.equal(spent(seconds), shown));
}
