// A page that no longer shows what is true.

const LOADS_APART_MS = 30_000;

/**
 * Load the page anew, unless that was done less than half a minute ago: a server whose page and whose socket say
 * different things would have it load for ever.
 */
export function loadAnew() {
  const [visit] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  if (visit?.type === "reload" && performance.now() < LOADS_APART_MS) return;
  window.location.reload();
}
