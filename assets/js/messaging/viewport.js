/**
 * On a phone the keyboard covers half of the page, and not every browser makes the page smaller for it: the
 * conversation takes the height that can be seen, so that the composer stands on the keyboard.
 */

/** @param {VisualViewport | null} seen @param {HTMLElement} root */
export function followKeyboard(seen, root) {
  if (!seen) return;
  const follow = () => {
    // Whoever has enlarged the page sees less of it, and no keyboard.
    const isCovered = seen.scale === 1 && window.innerHeight - seen.height > 1;
    if (isCovered) root.style.setProperty("--seen-height", `${Math.round(seen.height)}px`);
    else root.style.removeProperty("--seen-height");
    // Some push the page up instead, and leave its head out of sight.
    if (isCovered && seen.offsetTop > 0) window.scrollTo(0, 0);
  };
  seen.addEventListener("resize", follow);
  follow();
}
