import assert from "node:assert/strict";
import { test } from "node:test";
import { reachOf } from "./reach.js";

for (const [kinds, said] of [
  [["host", "srflx", "relay"], "network_relay"],
  [["host", "srflx"], "network_good"],
  [["host"], "network_local"],
  [[], "network_none"],
]) {
  test(`${kinds.join(", ") || "nothing"}: ${said}`, () => assert.equal(reachOf(new Set(kinds)), said));
}
