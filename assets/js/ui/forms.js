// Small helps in forms: show a password, name the time zone, send once.

for (const button of document.querySelectorAll("[data-reveal]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  const input = document.getElementById(button.dataset.reveal ?? "");
  if (!(input instanceof HTMLInputElement)) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
}

// <input name="time_zone" data-time-zone>: what this machine says, where the person has not said anything.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const field of document.querySelectorAll("[data-time-zone]")) {
  if (field instanceof HTMLInputElement && zone && !field.dataset.chosen) field.value = zone;
  if (field instanceof HTMLSelectElement && [...field.options].some((option) => option.value === zone)) field.value = zone;
}

// <p data-zone-offer="the select" hidden>: what this machine says, when it is another zone than the chosen one.
for (const offer of document.querySelectorAll("[data-zone-offer]")) {
  if (!(offer instanceof HTMLElement)) continue;
  const select = document.getElementById(offer.dataset.zoneOffer ?? "");
  const name = offer.querySelector("[data-zone-name]");
  if (!(select instanceof HTMLSelectElement) || !name || select.value === zone) continue;
  if (![...select.options].some((option) => option.value === zone)) continue;
  name.textContent = zone.replaceAll("_", " ");
  offer.hidden = false;
  offer.querySelector("button")?.addEventListener("click", () => {
    select.value = zone;
    offer.hidden = true;
    select.focus();
  });
}

// <input type="file" data-preview="where the avatar is">: the chosen picture, before it is sent.
for (const input of document.querySelectorAll("[data-preview]")) {
  if (!(input instanceof HTMLInputElement)) continue;
  const avatar = document.getElementById(input.dataset.preview ?? "")?.querySelector(".avatar, .logo");
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (!avatar || !file || !file.type.startsWith("image/")) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const picture = document.createElement("img");
      picture.alt = "";
      picture.src = String(reader.result);
      avatar.replaceChildren(picture);
    });
    reader.readAsDataURL(file);
  });
}

// A form is sent once: a second press while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  event.submitter?.setAttribute("aria-busy", "true");
});
// The page may come back from the browser's cache, as it was when it was left.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) form.removeAttribute("data-sent");
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});
