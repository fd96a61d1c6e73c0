import assert from "node:assert/strict";
import { test } from "node:test";

import { titled } from "./title.js";

test("the title counts what is unread, and counts anew", () => {
  assert.equal(titled("Messages · Bloom", 2), "(2) Messages · Bloom");
  assert.equal(titled("(2) Messages · Bloom", 120), "(99+) Messages · Bloom");
  assert.equal(titled("(99+) Messages · Bloom", 0), "Messages · Bloom");
  assert.equal(titled("Messages · Bloom", 0), "Messages · Bloom");
});
