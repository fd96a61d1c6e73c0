/** Words of the page's own language, which the server put there. */
const kept = document.querySelector("[data-words]");

/** @param {string} key @returns {string} */
export function word(key) {
  return kept?.querySelector(`[data-word="${key}"]`)?.textContent?.trim() ?? "";
}
