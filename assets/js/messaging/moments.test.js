import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = /** @type {any} */ ({ documentElement: { lang: "en" } });
const { Moments } = await import("./moments.js");

test("a moment is told in the reader's zone", () => {
  const chicago = new Moments("America/Chicago");
  const kolkata = new Moments("Asia/Kolkata");
  const moment = "2026-11-24T20:30:00Z";
  assert.equal(chicago.time(moment), "2:30\u00a0PM");
  assert.equal(kolkata.time(moment), "2:00\u00a0AM");
  assert.equal(chicago.day(moment), "2026-11-24");
  assert.equal(kolkata.day(moment), "2026-11-25");
});

test("midnight is twelve, on the day that begins", () => {
  assert.equal(new Moments("UTC").time("2026-11-24T00:00:00Z"), "12:00\u00a0AM");
});

test("a day of another year says which", () => {
  assert.equal(new Moments("UTC").dayName("2019-02-03T12:00:00Z"), "Sunday 3 February 2019");
  assert.match(new Moments("UTC").dayName(new Date().toISOString()), /^\w+day \d+ \w+$/);
});
