import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf, qualityOf } from "./quality.js";

const none = { lost: 0, received: 0, roundTrip: 0.05 };

for (const [now, said] of [
  [{ lost: 0, received: 300, roundTrip: 0.05 }, "good"],
  [{ lost: 12, received: 288, roundTrip: 0.05 }, "fair"],
  [{ lost: 0, received: 300, roundTrip: 0.4 }, "fair"],
  [{ lost: 60, received: 240, roundTrip: 0.05 }, "poor"],
  [{ lost: 0, received: 300, roundTrip: 1.2 }, "poor"],
  // Nothing comes at all.
  [{ lost: 0, received: 0, roundTrip: 0.05 }, "poor"],
]) {
  test(`${JSON.stringify(now)} is ${said}`, () => assert.equal(qualityOf(none, now), said));
}

test("only what comes in and the way that is used count", () => {
  const report = [
    { type: "inbound-rtp", packetsLost: 2, packetsReceived: 98 },
    { type: "inbound-rtp", packetsLost: -1, packetsReceived: 50 },
    { type: "outbound-rtp", packetsSent: 1_000 },
    { type: "candidate-pair", nominated: false, state: "succeeded", currentRoundTripTime: 9 },
    { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.12 },
  ];
  assert.deepEqual(countOf(report), { lost: 2, received: 148, roundTrip: 0.12 });
});
