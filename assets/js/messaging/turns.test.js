import assert from "node:assert/strict";
import test from "node:test";
import { Turns } from "./turns.js";

test("a few at a time, in order, and the place of one that failed goes on", async () => {
  const turns = new Turns(2);
  /** @type {number[]} */
  const begun = [];
  let now = 0;
  let most = 0;
  const work = async (/** @type {number} */ number) => {
    begun.push(number);
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 2));
    now -= 1;
    if (number === 0) throw new Error("lost");
    return number;
  };
  const ends = await Promise.allSettled([0, 1, 2, 3, 4].map((number) => turns.take(() => work(number))));
  assert.equal(most, 2);
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
  assert.deepEqual(ends.map(({ status }) => status), ["rejected", "fulfilled", "fulfilled", "fulfilled", "fulfilled"]);
});
