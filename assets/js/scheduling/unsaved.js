// A form that was changed and not saved: whoever leaves is asked, and the small forms beside it, which bring the
// page anew, do not lose what it held.

const KEPT = "bloom:unsaved";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/**
 * The fields of the form that somebody may have changed, by name. Its tools, which are no part of it, are not.
 * @param {HTMLFormElement} form
 * @returns {Control[]}
 */
function controlsOf(form) {
  return [...form.elements].filter(
    /** @returns {element is Control} */
    (element) =>
      (element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement) &&
      element.type !== "hidden" && element.type !== "radio",
  );
}

/** @param {Control} control */
function isChanged(control) {
  if (control instanceof HTMLInputElement && control.type === "checkbox") return control.checked !== control.defaultChecked;
  if (!(control instanceof HTMLSelectElement)) return control.value !== control.defaultValue;
  const first = [...control.options].findIndex((option) => option.defaultSelected);
  return control.selectedIndex !== Math.max(first, 0);
}

/**
 * Keep what is typed in `form` until it is saved. Call it before anything reads the form. `data-unsaved-of` says
 * whose it is and which version: what was kept of another is forgotten. `data-unsaved` says that the server gave
 * it back and kept nothing of it.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} notice says that something is not saved, after the page came anew
 */
export function unsavedKeep(form, notice) {
  let leaves = false;
  const changed = () => "unsaved" in form.dataset || controlsOf(form).some(isChanged);

  const kept = read();
  if (kept && kept.of === form.dataset.unsavedOf) {
    for (const control of controlsOf(form)) {
      const value = kept.values[control.name];
      if (value === undefined) continue;
      if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = value === "on";
      else control.value = value;
    }
    if (notice) notice.hidden = !changed();
  }

  form.addEventListener("submit", () => (leaves = true));
  for (const other of document.querySelectorAll("[data-keeps-unsaved]")) {
    other.addEventListener("submit", () => {
      if (changed()) write(form);
      leaves = true;
    });
  }
  window.addEventListener("pageshow", () => (leaves = false));
  window.addEventListener("beforeunload", (event) => {
    if (!leaves && changed()) event.preventDefault();
  });
}

/** What the page before this one kept, once. @returns {{of: string, values: Record<string, string>} | null} */
function read() {
  try {
    const text = sessionStorage.getItem(KEPT);
    sessionStorage.removeItem(KEPT);
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** @param {HTMLFormElement} form */
function write(form) {
  const values = Object.fromEntries(
    controlsOf(form).map((control) => [
      control.name,
      control instanceof HTMLInputElement && control.type === "checkbox" ? (control.checked ? "on" : "") : control.value,
    ]),
  );
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ of: form.dataset.unsavedOf ?? "", values }));
  } catch {
    // The browser keeps nothing for us: then the page comes back as it was saved.
  }
}
