/** The parts of the room's page. */
const page = document.querySelector("[data-room]");
if (!(page instanceof HTMLElement)) throw new Error("this page is no room");

export const room = page;

/** @param {string} selector @param {ParentNode} [inside] @returns {HTMLElement} */
export function part(selector, inside = document) {
  const found = inside.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`nothing here is ${selector}`);
  return found;
}

/** @param {string} selector @param {ParentNode} [inside] @returns {HTMLElement[]} */
export function parts(selector, inside = document) {
  return [...inside.querySelectorAll(selector)].filter((each) => each instanceof HTMLElement);
}

/** @param {string} selector @returns {HTMLVideoElement} */
export function video(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLVideoElement)) throw new Error(`no video is ${selector}`);
  return found;
}
