/** Whether there is a way for picture and sound, before anybody waits for it. */

const WITHIN_MS = 6_000;

/**
 * What the kinds of addresses mean that a browser found for itself.
 * @param {ReadonlySet<string>} kinds of candidates: host, srflx, prflx, relay
 * @returns {"network_relay" | "network_good" | "network_local" | "network_none"}
 */
export function reachOf(kinds) {
  if (kinds.has("relay")) return "network_relay";
  if (kinds.has("srflx") || kinds.has("prflx")) return "network_good";
  return kinds.has("host") ? "network_local" : "network_none";
}

/**
 * Ask the STUN and TURN servers for ways, as a call would.
 * @param {RTCConfiguration} way
 * @returns {Promise<ReturnType<typeof reachOf>>}
 */
export async function reachTry(way) {
  const kinds = new Set();
  const connection = new RTCPeerConnection(way);
  try {
    const done = new Promise((resolve) => {
      connection.addEventListener("icecandidate", ({ candidate }) => {
        if (!candidate) return resolve(undefined);
        if (candidate.type) kinds.add(candidate.type);
        if (candidate.type === "relay") resolve(undefined);
      });
      window.setTimeout(resolve, WITHIN_MS);
    });
    connection.createDataChannel("try");
    await connection.setLocalDescription();
    await done;
  } finally {
    connection.close();
  }
  return reachOf(kinds);
}
