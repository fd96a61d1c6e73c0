// Toasts: short notices in the region #toasts. Errors stay until they are closed; others leave after eight seconds,
// not while the pointer or the focus is on them.

const SECONDS = 8;

/** @param {Element} toast */
function close(toast) {
  toast.classList.add("opacity-0");
  setTimeout(() => toast.remove(), 160);
}

/** @param {HTMLElement} toast */
function watch(toast) {
  toast.querySelector("[data-toast-close]")?.addEventListener("click", () => close(toast));
  if (toast.dataset.variant === "error" || "waits" in toast.dataset) return;
  let timer = setTimeout(close, SECONDS * 1000, toast);
  const hold = () => clearTimeout(timer);
  const release = () => {
    hold();
    timer = setTimeout(close, SECONDS * 1000, toast);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusout", release);
}

/**
 * Show a notice. Anything may also dispatch the event "bloom:toast" with {text, variant} on the document.
 * @param {string} text
 * @param {"success" | "info" | "warning" | "error"} [variant]
 * @param {{label: string, run: () => unknown}} [action] something that can still be done about it, once; the
 *   notice waits for it
 */
export function toast(text, variant = "info", action) {
  const template = document.getElementById("toast-template");
  const region = document.getElementById("toasts");
  if (!(template instanceof HTMLTemplateElement) || !region) return;
  const element = /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild;
  if (!(element instanceof HTMLElement)) return;
  element.dataset.variant = variant;
  if (variant === "error") element.setAttribute("role", "alert");
  const words = element.querySelector("p");
  if (words) words.textContent = text;
  region.append(element);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.dataset.variant = "outline";
    button.dataset.size = "sm";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      close(element);
      action.run();
    });
    words?.after(button);
    element.dataset.waits = "";
  }
  watch(element);
}

/** Say something to a screen reader alone. @param {string} text */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

document.addEventListener("bloom:toast", (event) => {
  if (event instanceof CustomEvent) toast(event.detail.text, event.detail.variant);
});
for (const element of document.querySelectorAll("[data-toast]")) if (element instanceof HTMLElement) watch(element);
