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
const said = Intl.DateTimeFormat().resolvedOptions().timeZone;
// Some browsers say names that a zone had before.
/** @type {Record<string, string>} */
const CALLED_NOW = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Coral_Harbour": "America/Atikokan",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
};
const zone = CALLED_NOW[said] ?? said;
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
  const option = [...select.options].find((each) => each.value === zone);
  if (!option) continue;
  // It stands first from now on, before the whole world; and each zone stands once.
  select.querySelector("optgroup")?.before(option);
  name.textContent = option.text;
  offer.hidden = false;
  offer.querySelector("button")?.addEventListener("click", () => {
    select.value = zone;
    offer.hidden = true;
    select.focus();
  });
}

// <input type="file" data-preview="where the avatar is">: the chosen picture, before it is sent. A file that
// is no picture leaves the one that counts; what is wrong with it is said when it is sent.
for (const input of document.querySelectorAll("[data-preview]")) {
  if (!(input instanceof HTMLInputElement)) continue;
  const avatar = document.getElementById(input.dataset.preview ?? "")?.querySelector(".avatar, .logo");
  const kept = [...(avatar?.childNodes ?? [])];
  input.addEventListener("change", () => {
    avatar?.replaceChildren(...kept);
    const file = input.files?.[0];
    if (!avatar || !file || !file.type.startsWith("image/")) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const picture = document.createElement("img");
      picture.alt = "";
      picture.addEventListener("load", () => {
        if (input.files?.[0] === file) avatar.replaceChildren(picture);
      });
      picture.src = String(reader.result);
    });
    reader.readAsDataURL(file);
  });
}

// What was refused comes first when a page is back: its summary, or the one field that is wrong.
const summary = document.querySelector("[data-error-summary]");
const refused = summary ?? document.querySelector('main [aria-invalid="true"]');
if (refused instanceof HTMLElement) refused.focus();
summary?.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const target = document.getElementById(link?.hash.slice(1) ?? "");
  const field = target?.matches("fieldset") ? target.querySelector("input, select, textarea") : target;
  if (!target || !(field instanceof HTMLElement)) return;
  event.preventDefault();
  (target.closest(".field") ?? target).scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
});

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
