/**
 * Of a history without end a page holds one stretch. Where it stands, and what has to come or go while somebody
 * scrolls: without a page.
 */

/** So many messages stand on the page at most, before what is out of sight goes. */
export const MOST = 300;
export const AT_ONCE = 50;
/** How far from its edges the stretch grows, in pixels. */
const NEAR = 1200;

/**
 * @typedef {{ above: number, below: number }} Room what lies out of sight on either side, in pixels
 * @typedef {{ isBeginning: boolean, isNewest: boolean }} Ends
 */

/** What to ask for now. @param {Room} room @param {Ends} ends @returns {"older" | "newer" | ""} */
export function wanted({ above, below }, { isBeginning, isNewest }) {
  const older = !isBeginning && above < NEAR;
  const newer = !isNewest && below < NEAR;
  if (older && newer) return above <= below ? "older" : "newer";
  return older ? "older" : newer ? "newer" : "";
}

/**
 * How many messages go, and from which side: the one that is farther out of sight.
 * @param {number} count @param {Room} room
 * @returns {{ side: "top" | "bottom", count: number }}
 */
export function leaving(count, { above, below }) {
  return { side: above >= below ? "top" : "bottom", count: Math.max(0, count - MOST) };
}
