// Settings, Notifications: whether this device shows that a message came. What is chosen stays on the device.
import { Alarm } from "../messaging/alarm.js";

const card = document.querySelector("[data-device-notices]");
const choice = card?.querySelector("input");
const said = card?.querySelector("[data-device-said]");

if (card instanceof HTMLElement && choice && said) {
  const alarm = new Alarm(card.dataset.person ?? "", card.dataset.words ?? "", window.Notification, localStorage);
  const draw = () => {
    const { standing } = alarm;
    choice.checked = standing === "on";
    choice.disabled = standing === "none" || standing === "refused";
    said.textContent = card.dataset[standing] ?? "";
  };
  choice.addEventListener("change", () => void alarm.toggle().then(draw));
  // It may have been chosen on the messages page, or in the browser's own settings, meanwhile.
  window.addEventListener("storage", draw);
  window.addEventListener("focus", draw);
  draw();
  card.hidden = false;
}
