import assert from "node:assert/strict";
import test from "node:test";

import { PresenceTeller } from "./presence.js";

const wait = (/** @type {number} */ milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("who touches nothing is away, and back at the first touch, each said once", async () => {
  /** @type {string[]} */
  const told = [];
  const teller = new PresenceTeller((status) => told.push(status), 30);
  teller.again();
  teller.touched();
  assert.deepEqual(told, ["available"]);
  await wait(90);
  assert.deepEqual(told, ["available", "away"]);
  teller.again();
  teller.touched();
  teller.touched();
  assert.deepEqual(told, ["available", "away", "away", "available"]);
  teller.stop();
});
