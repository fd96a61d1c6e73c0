import assert from "node:assert/strict";
import test from "node:test";

import { isNamed } from "./names.js";

test("a name is found by any part of it, in any case and with any white space", () => {
  assert.ok(isNamed("Maya Torres", "maya"));
  assert.ok(isNamed("Maya Torres", " a  t"));
  assert.ok(isNamed("Zo\u0065\u0308 Ng", "zo\u00eb"));
  assert.ok(isNamed("Maya Torres", ""));
  assert.ok(!isNamed("Maya Torres", "may t"));
});
