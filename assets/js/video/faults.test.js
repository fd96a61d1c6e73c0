import assert from "node:assert/strict";
import { test } from "node:test";
import { faultOf } from "./faults.js";

for (const [name, fault] of [
  ["NotAllowedError", "denied"],
  ["NotFoundError", "missing"],
  ["NotReadableError", "busy"],
  ["TypeError", "insecure"],
  ["SomethingNew", "failed"],
]) {
  test(`${name} is told as ${fault}`, () => assert.equal(faultOf({ name }), fault));
}

test("what is no error is told all the same", () => {
  assert.equal(faultOf(undefined), "failed");
  assert.equal(faultOf("no"), "failed");
});
