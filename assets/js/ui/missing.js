// What is missing in a form is said beside its field before the form is sent, in the words that the server would
// use (data-missing; data-mistyped for an address; data-too-large of a file, as soon as it is chosen): nothing typed is lost, a password least of all. The server
// says it to who has no script, and whatever else is wrong.

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/** @param {Element} element @returns {element is Control} */
function isControl(element) {
  return (
    element instanceof HTMLInputElement ||
    element instanceof HTMLSelectElement ||
    element instanceof HTMLTextAreaElement
  );
}

/** What is to be said of a field, if anything; of one that is put out of sight, nothing. @param {Control} control */
function wordsFor(control) {
  const holder = holderOf(control);
  if (!holder || !control.willValidate || !control.checkVisibility()) return "";
  if (isTooLarge(control)) return control.dataset.tooLarge ?? "";
  if (control.validity.valueMissing) return holder.dataset.missing ?? "";
  if (control.type === "email" && control.value && !/\S@\S/.test(control.value)) return holder.dataset.mistyped ?? "";
  return "";
}

/** Has it a file that would not be read at all, whatever is sent with it? @param {Control} control */
function isTooLarge(control) {
  const most = Number(control.dataset.bytesMost);
  return most > 0 && control instanceof HTMLInputElement && [...(control.files ?? [])].some(({ size }) => size > most);
}

/** @param {Control} control @returns {HTMLElement | null} */
function holderOf(control) {
  return control.closest(control.dataset.tooLarge ? ".field" : "[data-missing], [data-mistyped]");
}

/** @param {Control} control @param {string} words */
function say(control, words) {
  const holder = holderOf(control);
  const template = document.getElementById("error-template");
  if (!holder || !(template instanceof HTMLTemplateElement)) return;
  let error = holder.querySelector(":scope > .error");
  if (!error) {
    error = document.importNode(template.content, true).firstElementChild;
    if (!error) return;
    error.id = `${control.id || control.name}_error`;
    // Of many choices the last may be out of sight.
    const legend = holder.querySelector(":scope > legend");
    if (legend) legend.after(error);
    else holder.append(error);
  }
  const text = document.createElement("p");
  text.textContent = words;
  error.querySelector("div")?.replaceChildren(text);
  error.setAttribute("data-said", "");
  holder.dataset.invalid = "true";
  control.setAttribute("aria-invalid", "true");
  const described = new Set((control.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (error.id) described.add(error.id);
  control.setAttribute("aria-describedby", [...described].join(" "));
}

/** What was said here is taken back as soon as it is no longer so. @param {Control} control */
function unsay(control) {
  const holder = holderOf(control);
  const error = holder?.querySelector(":scope > .error[data-said]");
  if (!holder || !error || wordsFor(control)) return;
  error.remove();
  delete holder.dataset.invalid;
  for (const each of holder.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!(form instanceof HTMLFormElement) || !form.noValidate) return;
    // A button that says what it is for may need less than the form holds: the server knows.
    const needsLess =
      (button instanceof HTMLButtonElement && (button.name || button.formNoValidate)) || button?.hasAttribute("formaction");
    const isWrong = needsLess ? isTooLarge : wordsFor;
    const controls = [...form.elements].filter(isControl).filter((control) => isWrong(control));
    const [first] = controls;
    if (!first) return;
    event.preventDefault();
    // Nobody else is to take it for sent.
    event.stopImmediatePropagation();
    for (const control of controls) say(control, wordsFor(control));
    first.scrollIntoView({ block: "center" });
    first.focus({ preventScroll: true });
  },
  true,
);

document.addEventListener("input", (event) => {
  if (!(event.target instanceof Element) || !isControl(event.target)) return;
  unsay(event.target);
  if (isTooLarge(event.target)) say(event.target, wordsFor(event.target));
});
