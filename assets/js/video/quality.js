/** How good the connection is, from what the browser counts of it. Pure. */

/** @typedef {"good" | "fair" | "poor"} Quality */
/** @typedef {{ lost: number, received: number, roundTrip: number | null }} Count */

const POOR = { loss: 0.08, roundTrip: 0.6 };
const FAIR = { loss: 0.02, roundTrip: 0.3 };

/**
 * What stands in an RTCStatsReport of what comes in, and how long it takes.
 * @param {Iterable<any>} stats
 * @returns {Count}
 */
export function countOf(stats) {
  let lost = 0;
  let received = 0;
  /** @type {number | null} */
  let roundTrip = null;
  for (const each of stats) {
    if (each.type === "inbound-rtp") {
      lost += Math.max(0, each.packetsLost ?? 0);
      received += each.packetsReceived ?? 0;
    }
    if (each.type === "candidate-pair" && each.nominated && each.state === "succeeded") {
      roundTrip = each.currentRoundTripTime ?? roundTrip;
    }
  }
  return { lost, received, roundTrip };
}

/**
 * Between two counts.
 * @param {Count} before
 * @param {Count} now
 * @returns {Quality}
 */
export function qualityOf(before, now) {
  const lost = Math.max(0, now.lost - before.lost);
  const received = Math.max(0, now.received - before.received);
  const loss = lost + received ? lost / (lost + received) : 1;
  const roundTrip = now.roundTrip ?? 0;
  if (loss > POOR.loss || roundTrip > POOR.roundTrip) return "poor";
  if (loss > FAIR.loss || roundTrip > FAIR.roundTrip) return "fair";
  return "good";
}
