// htmx, tamed for our Content-Security-Policy. A page that wants it adds js/htmx.js in its block "scripts".
import htmx from "htmx.org";
import { csrfToken } from "../ui/csrf.js";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // nothing that was on a page stays in the browser's storage
htmx.config.scrollBehavior = "auto";

document.addEventListener("htmx:configRequest", (event) => {
  if (!(event instanceof CustomEvent)) return;
  const token = csrfToken();
  if (token) event.detail.headers["X-CSRFToken"] = token;
});

document.addEventListener("htmx:sendError", () => {
  const detail = { text: document.body.dataset.offline ?? "", variant: "error" };
  if (detail.text) document.dispatchEvent(new CustomEvent("bloom:toast", { detail }));
});
