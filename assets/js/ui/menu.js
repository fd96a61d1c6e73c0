// Menus are <details>: this adds arrows, Escape, and closing when one turns elsewhere.

/** @param {HTMLElement} menu @returns {HTMLElement[]} */
const items = (menu) => [...menu.querySelectorAll(".menu-item")].filter((item) => item instanceof HTMLElement);

/** @param {HTMLDetailsElement} menu @param {boolean} refocus */
function close(menu, refocus) {
  menu.open = false;
  if (refocus) menu.querySelector("summary")?.focus();
}

/** @param {EventTarget | null} target @returns {HTMLDetailsElement | null} */
function menuOf(target) {
  const menu = target instanceof Element ? target.closest("details[data-menu]") : null;
  return menu instanceof HTMLDetailsElement ? menu : null;
}

function closeOthers(/** @type {HTMLDetailsElement | null} */ kept) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== kept && menu instanceof HTMLDetailsElement) close(menu, false);
  }
}

document.addEventListener("click", (event) => closeOthers(menuOf(event.target)));
document.addEventListener("focusin", (event) => closeOthers(menuOf(event.target)));

document.addEventListener("keydown", (event) => {
  const menu = menuOf(event.target);
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    close(menu, true);
    event.preventDefault();
    return;
  }
  const list = items(menu);
  const at = list.findIndex((item) => item === document.activeElement);
  const next =
    event.key === "ArrowDown" ? at + 1
    : event.key === "ArrowUp" ? (at === -1 ? list.length : at) - 1
    : event.key === "Home" ? 0
    : event.key === "End" ? list.length - 1
    : null;
  if (next === null) return;
  const wasOpen = menu.open;
  menu.open = true;
  const item = list[(next + list.length) % list.length];
  // What a <details> holds can take the focus only once it has been painted.
  if (wasOpen) item?.focus();
  else requestAnimationFrame(() => requestAnimationFrame(() => item?.focus()));
  event.preventDefault();
});
