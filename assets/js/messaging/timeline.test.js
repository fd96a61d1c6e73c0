import assert from "node:assert/strict";
import { test } from "node:test";

import { Timeline } from "./timeline.js";

/** @returns {import("./types.js").Message} */
const message = (/** @type {number} */ seq, /** @type {object} */ more = {}) => ({
  id: `m${seq}`,
  conversation: "c",
  seq,
  change: seq,
  client_id: `k${seq}`,
  sender: { id: "p", name: "P" },
  body: `text ${seq}`,
  blurred: false,
  moderation: { outcome: "allow", categories: [] },
  sent_at: "2026-11-24T10:00:00Z",
  edited_at: null,
  deleted_at: null,
  ...more,
});

test("each message is new once", () => {
  const timeline = new Timeline(0);
  assert.equal(timeline.take(message(1), true), "new");
  assert.equal(timeline.take(message(1), true), "known");
});

test("a gap is seen and heals when the missing change arrives", () => {
  const timeline = new Timeline(4);
  timeline.take(message(6), true);
  assert.equal(timeline.hasGap, true);
  assert.equal(timeline.change, 4);
  timeline.take(message(5), true);
  assert.equal(timeline.hasGap, false);
  assert.equal(timeline.change, 6);
});

test("an older version never replaces a newer one", () => {
  const timeline = new Timeline(0);
  timeline.take(message(1, { change: 2, body: "edited" }), true);
  assert.equal(timeline.take(message(1), true), "known");
});

test("a reveal changes a message without a new change number", () => {
  const timeline = new Timeline(0);
  timeline.take(message(1, { body: null, blurred: true }), true);
  assert.equal(timeline.take(message(1, { body: "shown" }), false), "changed");
});

test("a change to a message that is not on the page is nothing new", () => {
  const timeline = new Timeline(10);
  assert.equal(timeline.take(message(3, { change: 11 }), false), "unseen");
  assert.equal(timeline.change, 11);
});

test("history does not move the cursor", () => {
  const timeline = new Timeline(10);
  assert.equal(timeline.takeOld(message(3))?.seq, 3);
  assert.equal(timeline.takeOld(message(3)), null);
  assert.equal(timeline.change, 10);
});

test("a message that changed while its page was on the way is shown as it is now", () => {
  const timeline = new Timeline(10);
  assert.equal(timeline.take(message(3, { change: 11, body: "as it is now" }), false), "unseen");
  assert.equal(timeline.takeOld(message(3))?.body, "as it is now");
  timeline.forget("m3");
  assert.equal(timeline.takeOld(message(3, { change: 12, body: "later still" }))?.body, "later still");
});

test("what left the page may come again", () => {
  const timeline = new Timeline(10);
  timeline.takeOld(message(3));
  timeline.takeOld(message(4));
  timeline.forget("m3");
  assert.equal(timeline.takeOld(message(3))?.seq, 3);
  timeline.clear();
  assert.equal(timeline.takeOld(message(4))?.seq, 4);
});

test("a resume is complete although numbers between are gone", () => {
  const timeline = new Timeline(0);
  timeline.expect(7);
  timeline.take(message(1, { change: 3 }), true);
  assert.equal(timeline.hasGap, true);
  timeline.take(message(2, { change: 7 }), true);
  assert.equal(timeline.change, 7);
  assert.equal(timeline.hasGap, false);
});

test("what a resume promises may be here already", () => {
  const timeline = new Timeline(0);
  timeline.take(message(2, { change: 7 }), true);
  timeline.expect(7);
  assert.equal(timeline.change, 7);
  assert.equal(timeline.hasGap, false);
});

test("an answer about reactions leaves the message's words still to come", () => {
  const timeline = new Timeline(1);
  timeline.take(message(1, { body: null, blurred: true }), true);
  const reactions = [{ emoji: "🌱", count: 1, mine: true }];
  assert.deepEqual(timeline.react("m1", 3, reactions, { isAnswer: true })?.reactions, reactions);
  assert.equal(timeline.change, 1);
  assert.equal(timeline.hasGap, false);
  const edited = message(1, { change: 3, body: null, blurred: true, edited_at: "2026-11-24T10:01:00Z", reactions });
  assert.equal(timeline.take(edited, false), "changed");
  assert.equal(timeline.take(edited, false), "known");
});

test("reactions that come twice are there once", () => {
  const timeline = new Timeline(1);
  timeline.take(message(1), true);
  const reactions = [{ emoji: "🌱", count: 1, mine: true }];
  timeline.react("m1", 2, reactions, { isAnswer: true });
  assert.deepEqual(timeline.react("m1", 2, reactions)?.reactions, reactions);
  assert.equal(timeline.change, 2);
  assert.equal(timeline.react("m1", 1, []), null);
});
