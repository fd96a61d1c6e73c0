/** How much is unread, said in the title of the window. */

const COUNTED = 99;

/** The same title with this number before it; with none when nothing is unread. @param {string} title @param {number} unread */
export function titled(title, unread) {
  const plain = title.replace(/^\(\d+\+?\) /, "");
  return unread > 0 ? `(${unread > COUNTED ? `${COUNTED}+` : unread}) ${plain}` : plain;
}
