// The command palette: Ctrl K, type, arrows, Enter. Pages are narrowed here; people are asked for.
import { csrfToken } from "./csrf.js";
import { dialogOpen } from "./dialog.js";

const ASK_AFTER_MS = 200;
// One letter is everybody's.
const NAME_LEAST = 2;

const dialog = document.querySelector("[data-palette]");
const input = dialog?.querySelector("input");
const people = dialog?.querySelector("[data-palette-people]");

if (dialog instanceof HTMLDialogElement && input && people) {
  const pages = optionsIn(dialog);
  const none = dialog.querySelector("[data-palette-none]");
  const away = dialog.querySelector("[data-palette-away]");
  const said = dialog.querySelector("[data-palette-said]");
  const shown = () => [...pages.filter((option) => !option.hidden), ...optionsIn(people)];
  let timer = 0;
  /** @type {AbortController | null} */
  let asking = null;

  /** @param {HTMLElement | undefined} chosen */
  const select = (chosen) => {
    for (const option of [...pages, ...optionsIn(people)]) option.setAttribute("aria-selected", String(option === chosen));
    if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
    else input.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  };

  /** @param {boolean} isWaiting */
  const emptySay = (isWaiting) => none?.classList.toggle("hidden", isWaiting || shown().length > 0);

  /** What is typed now; an answer to what was typed before is dropped. */
  const filter = () => {
    const wanted = input.value.trim();
    for (const option of pages) option.hidden = !option.textContent?.toLocaleLowerCase().includes(wanted.toLocaleLowerCase());
    window.clearTimeout(timer);
    asking?.abort();
    people.replaceChildren();
    away?.classList.add("hidden");
    if (said) said.textContent = "";
    const asks = wanted.length >= NAME_LEAST;
    if (asks) timer = window.setTimeout(() => peopleAsk(wanted), ASK_AFTER_MS);
    emptySay(asks);
    select(shown()[0]);
  };

  /** @param {string} name */
  const peopleAsk = async (name) => {
    asking = new AbortController();
    const { signal } = asking;
    const headers = { "X-CSRFToken": csrfToken() };
    try {
      const answer = await fetch(dialog.dataset.people ?? "", {
        method: "POST", body: new URLSearchParams({ q: name }), headers, signal, redirect: "error",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      if (signal.aborted) return;
      const chosen = shown().find((option) => option.getAttribute("aria-selected") === "true");
      people.innerHTML = html;
      select(chosen ?? shown()[0]);
      if (said) said.textContent = (dialog.dataset.said ?? "").replace("%s", String(shown().length));
    } catch {
      if (signal.aborted) return;
      away?.classList.remove("hidden");
    }
    emptySay(Boolean(away && !away.classList.contains("hidden")));
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
    input.value = "";
    filter();
    if (dialog.open) input.focus();
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
  /** @param {Event} event */
  const optionOf = (event) => {
    const option = event.target instanceof Element ? event.target.closest('[role="option"]') : null;
    return option instanceof HTMLElement ? option : undefined;
  };
  dialog.addEventListener("click", (event) => go(optionOf(event)));
  dialog.addEventListener("pointermove", (event) => {
    const option = optionOf(event);
    if (option) select(option);
  });
}

/** @param {Element} within @returns {HTMLElement[]} */
function optionsIn(within) {
  return [...within.querySelectorAll('[role="option"]')].filter((each) => each instanceof HTMLElement);
}
