// Tabs: arrows move and select, one tab stop for the list.

/** @param {Element} root @param {HTMLElement} chosen */
function select(root, chosen) {
  for (const tab of root.querySelectorAll('[role="tab"]')) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.setAttribute("tabindex", isChosen ? "0" : "-1");
    document.getElementById(tab.getAttribute("aria-controls") ?? "")?.toggleAttribute("hidden", !isChosen);
  }
}

document.addEventListener("click", (event) => {
  const tab = event.target instanceof Element ? event.target.closest('[data-tabs] [role="tab"]') : null;
  const root = tab?.closest("[data-tabs]");
  if (root && tab instanceof HTMLElement) select(root, tab);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target instanceof Element ? event.target.closest('[data-tabs] [role="tab"]') : null;
  const root = tab?.closest("[data-tabs]");
  if (!tab || !root) return;
  const tabs = [...root.querySelectorAll('[role="tab"]')].filter((each) => each instanceof HTMLElement);
  const at = tabs.findIndex((each) => each === tab);
  const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const back = document.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
  const next = { [forward]: at + 1, [back]: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (next === undefined) return;
  const chosen = tabs[(next + tabs.length) % tabs.length];
  select(root, chosen);
  chosen.focus();
  event.preventDefault();
});
