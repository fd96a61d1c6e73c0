// The command palette: Ctrl K, type, arrows, Enter.
import { dialogOpen } from "./dialog.js";

const dialog = document.querySelector("[data-palette]");
const input = dialog?.querySelector("input");

if (dialog instanceof HTMLDialogElement && input) {
  const options = [...dialog.querySelectorAll('[role="option"]')].filter((each) => each instanceof HTMLElement);
  const none = dialog.querySelector("[data-palette-none]");
  const shown = () => options.filter((option) => !option.hidden);

  /** @param {HTMLElement | undefined} chosen */
  const select = (chosen) => {
    for (const option of options) option.setAttribute("aria-selected", String(option === chosen));
    if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
    else input.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  };

  const filter = () => {
    const wanted = input.value.trim().toLocaleLowerCase();
    for (const option of options) option.hidden = !option.textContent?.toLocaleLowerCase().includes(wanted);
    none?.classList.toggle("hidden", shown().length > 0);
    select(shown()[0]);
  };

  /** @param {HTMLElement | undefined} option */
  const go = (option) => {
    if (option?.dataset.href) location.assign(option.dataset.href);
  };

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    dialogOpen(dialog.id);
  });
  // The attribute changes for every way to open: the key, the button, another script.
  new MutationObserver(() => {
    if (!dialog.open) return;
    input.value = "";
    filter();
    input.focus();
  }).observe(dialog, { attributeFilter: ["open"] });

  input.addEventListener("input", filter);
  input.addEventListener("keydown", (event) => {
    const list = shown();
    const at = list.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") select(list[(at + 1) % list.length]);
    else if (event.key === "ArrowUp") select(list[(at - 1 + list.length) % list.length]);
    else if (event.key === "Enter") go(list[at]);
    else return;
    event.preventDefault();
  });
  for (const option of options) {
    option.addEventListener("click", () => go(option));
    option.addEventListener("pointermove", () => select(option));
  }
}
