import assert from "node:assert/strict";
import test from "node:test";
import { sizeOf } from "./size.js";

test("a size is said shortly", () => {
  assert.deepEqual([0, 1023, 1024, 15_400, 1_500_000, 20_971_520].map(sizeOf), ["0 B", "1023 B", "1.0 kB", "15 kB", "1.4 MB", "20 MB"]);
});
