/**
 * Draw something anew where it stands: what is the same stays the same element, so that whoever is in it with the
 * focus, a selection or a finger that is just pressing a link is not thrown out.
 */

/**
 * Make `standing` look like `fresh`. The focus stays inside: on what has it, or else on the whole.
 * @param {HTMLElement} standing
 * @param {HTMLElement | DocumentFragment} fresh is taken apart; of a fragment only what it holds counts
 */
export function redraw(standing, fresh) {
  const focused = document.activeElement;
  const isInside = focused instanceof HTMLElement && standing.contains(focused);
  if (fresh instanceof HTMLElement) matchAttributes(standing, fresh);
  matchChildren(standing, fresh);
  if (!isInside || document.activeElement === focused) return;
  // It was moved, or it is gone.
  if (standing.contains(focused)) focused.focus({ preventScroll: true });
  if (document.activeElement !== focused) focusOn(standing);
}

/** Put the focus on something that is no control. @param {HTMLElement} element */
export function focusOn(element) {
  if (!element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
  element.focus({ preventScroll: true });
}

/** @param {Element} standing @param {Element} fresh */
function matchAttributes(standing, fresh) {
  for (const { name } of [...standing.attributes]) {
    // That it can be focused was the page's own doing.
    if (name !== "tabindex" && !fresh.hasAttribute(name)) standing.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (standing.getAttribute(name) !== value) standing.setAttribute(name, value);
  }
}

/** @param {Element} standing @param {ParentNode & Node} fresh */
function matchChildren(standing, fresh) {
  /** @type {ChildNode | null} */
  let place = standing.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = counterpart(standing, place, child);
    if (!same) {
      standing.insertBefore(child, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else standing.insertBefore(same, place);
    if (same instanceof Element && child instanceof Element) {
      matchAttributes(same, child);
      matchChildren(same, child);
    } else if (same.nodeValue !== child.nodeValue) same.nodeValue = child.nodeValue;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

/**
 * What stands for this child already: that of the same id, else whatever of its kind has the place.
 * @param {Element} standing @param {ChildNode | null} place @param {ChildNode} child
 * @returns {ChildNode | null}
 */
function counterpart(standing, place, child) {
  const key = keyOf(child);
  if (key) return [...standing.children].find((each) => each.nodeName === child.nodeName && keyOf(each) === key) ?? null;
  return place && place.nodeName === child.nodeName && !keyOf(place) ? place : null;
}

/** Its id, or that of the thing that it is there for: the item of a list for a link. @param {Node} node */
function keyOf(node) {
  if (!(node instanceof Element)) return "";
  return node.id || (node.nodeName === "LI" ? (node.firstElementChild?.id ?? "") : "");
}
