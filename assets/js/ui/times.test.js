import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = /** @type {any} */ ({ documentElement: { lang: "en" } });
const { hourSaid, timeSaid, timesIn } = await import("./times.js");

test("a moment is told by the clock of a zone, as the server tells it", () => {
  const moment = new Date("2026-11-24T20:30:00Z");
  assert.equal(timesIn("America/Chicago")(moment), "2:30\u00a0PM");
  assert.equal(timesIn("Asia/Kolkata")(moment), "2:00\u00a0AM");
});

test("midnight and noon are twelve", () => {
  assert.equal(timeSaid(0), "12:00\u00a0AM");
  assert.equal(timeSaid(12 * 60), "12:00\u00a0PM");
  assert.equal(timeSaid(26 * 60), "2:00\u00a0AM");
});

test("a full hour needs no minutes", () => {
  assert.equal(hourSaid(9 * 60), "9\u00a0AM");
});
