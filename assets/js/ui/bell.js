/** The bell of the shell: how much of what one was told is unread. The server draws it; a push changes it. */

const COUNTED = 9;

/** What the bell says of so many. @param {number} unread */
export function bellWords(unread) {
  return unread > COUNTED ? `${COUNTED}+` : String(unread);
}

/** Show so many on each bell of the page. @param {number} unread */
export function bellShow(unread) {
  for (const badge of document.querySelectorAll("[data-notices]")) {
    if (!(badge instanceof HTMLElement)) continue;
    badge.hidden = unread === 0;
    const count = badge.querySelector("[data-notices-count]");
    if (count) count.textContent = bellWords(unread);
  }
}
