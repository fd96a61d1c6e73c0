import assert from "node:assert/strict";
import test from "node:test";

import { bellWords } from "./bell.js";

test("the bell counts to nine", () => {
  assert.equal(bellWords(1), "1");
  assert.equal(bellWords(9), "9");
  assert.equal(bellWords(10), "9+");
});
