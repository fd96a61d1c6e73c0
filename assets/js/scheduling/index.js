// Booking: how long a time is still held; a week to paint; a calendar. The pages work without it.
import { calendarStart } from "./calendar.js";
import { painterStart } from "./painter.js";
import { secondsLeft, shown } from "./countdown.js";
import { unsavedKeep } from "./unsaved.js";

/** What was said while the time was held makes way for what is so from now on, and that is heard. */
function heldNoMore() {
  document.querySelector("[data-while-held]")?.remove();
  const over = document.querySelector("[data-when-over]");
  const words = over?.querySelector("template");
  if (over && words) over.replaceChildren(words.content.cloneNode(true));
}

for (const element of document.querySelectorAll("[data-countdown]")) {
  if (!(element instanceof HTMLElement)) continue;
  const ends = Date.parse(element.dataset.countdown ?? "");
  if (Number.isNaN(ends)) continue;
  element.hidden = false;
  const tick = () => {
    const left = secondsLeft(ends, Date.now());
    element.textContent = left > 0 ? shown(left) : "";
    // Every second is for the eye; who listens hears of the minutes and of the end.
    element.setAttribute("aria-live", left <= 0 || left % 60 === 0 ? "polite" : "off");
    if (left > 0) setTimeout(tick, 1000 - (Date.now() % 1000));
    else heldNoMore();
  };
  tick();
}

for (const form of document.querySelectorAll("form[data-unsaved-of]")) {
  if (form instanceof HTMLFormElement) unsavedKeep(form, document.querySelector("[data-unsaved-notice]"));
}

const painter = document.querySelector("[data-painter]");
const week = document.querySelector("[data-week]");
if (painter instanceof HTMLElement && week instanceof HTMLElement) {
  painterStart(painter, week);
  // What is painted need not be read twice; what was refused is there to be seen.
  const rows = week.closest("details");
  if (rows && !week.querySelector('[aria-invalid="true"]')) rows.open = false;
}

const calendar = document.getElementById("calendar");
if (calendar?.dataset.calendar) calendarStart(calendar);
