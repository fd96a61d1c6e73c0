/** What a page must hold. */

/** @param {ParentNode} parent @param {string} selector @returns {HTMLElement} */
export function one(parent, selector) {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`no ${selector} on this page`);
  return found;
}

/** What is in the template of this id. @param {string} id */
export function template(id) {
  const found = document.getElementById(id);
  if (!(found instanceof HTMLTemplateElement)) throw new Error(`no template ${id}`);
  return found.content;
}
