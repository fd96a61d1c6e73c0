// <form data-passkey="create|get">: the device is asked first, its answer travels in the field "credential".
// The options stand in data-options, or are fetched from data-options-at when the button is pressed.
import { answerOf, creationOptions, requestOptions } from "./encoding.js";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (form instanceof HTMLFormElement) prepare(form);
}

/** @param {HTMLFormElement} form */
function prepare(form) {
  if (!window.PublicKeyCredential) {
    say(form, "missing");
    return;
  }
  // Until now the button was off: without a script, or before it is there, the form has nothing to send.
  for (const button of form.querySelectorAll("[data-passkey-button]")) button.removeAttribute("disabled");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(form, null);
    const button = event.submitter;
    button?.setAttribute("aria-busy", "true");
    try {
      const field = form.elements.namedItem("credential");
      if (field instanceof HTMLInputElement) field.value = JSON.stringify(await ask(form));
      form.submit();
    } catch (error) {
      say(form, reason(error));
      button?.removeAttribute("aria-busy");
    }
  });
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const { publicKey } = await options(form);
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: creationOptions(publicKey) })
      : await navigator.credentials.get({ publicKey: requestOptions(publicKey) });
  if (!(credential instanceof PublicKeyCredential)) throw new Error("no passkey");
  return answerOf(credential);
}

/** @param {HTMLFormElement} form */
async function options(form) {
  if (!form.dataset.optionsAt) return JSON.parse(form.dataset.options ?? "{}");
  const answer = await fetch(form.dataset.optionsAt, { headers: { "X-Requested-With": "XMLHttpRequest" } });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return (await answer.json()).request_options;
}

/** @param {unknown} error */
function reason(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return "cancelled";
  return name === "InvalidStateError" ? "known" : "failed";
}

/**
 * @param {HTMLFormElement} form
 * @param {string | null} what
 */
function say(form, what) {
  const words = form.querySelector("[data-passkey-words]");
  if (!(words instanceof HTMLElement)) return;
  words.hidden = what === null;
  words.textContent = what === null ? "" : (words.dataset[what] ?? "");
}
