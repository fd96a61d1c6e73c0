// htmx, tamed for our Content-Security-Policy. A page that wants it adds js/htmx.js in its block "scripts".
import htmx from "htmx.org";
import { csrfToken } from "../ui/csrf.js";
import { UNATTENDED } from "../ui/unattended.js";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // nothing that was on a page stays in the browser's storage
htmx.config.refreshOnHistoryMiss = true; // the way back is a page of its own, with its scripts
htmx.config.scrollBehavior = "auto";

/** No event of a person's has led to it: a page that looks again by itself. @param {any} asked */
const isUnattended = (asked) => !asked?.triggeringEvent;

document.addEventListener("htmx:configRequest", (event) => {
  if (!(event instanceof CustomEvent)) return;
  const token = csrfToken();
  if (token) event.detail.headers["X-CSRFToken"] = token;
  if (isUnattended(event.detail)) Object.assign(event.detail.headers, UNATTENDED);
});

// Refused, or sent on to another page, such as sign-in: load the page anew, which says what is true now.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!(event instanceof CustomEvent)) return;
  const { xhr, pathInfo, requestConfig } = event.detail;
  // It looks again in a while; loading the page for it would count as somebody's being there.
  if ((xhr.status >= 500 || xhr.status === 429) && isUnattended(requestConfig)) return;
  const asked = new URL(pathInfo.finalRequestPath, location.href).pathname;
  const answered = xhr.responseURL ? new URL(xhr.responseURL).pathname : asked;
  if (xhr.status < 400 && answered === asked) return;
  event.detail.shouldSwap = false;
  location.reload();
});

document.addEventListener("htmx:sendError", (event) => {
  if (event instanceof CustomEvent && isUnattended(event.detail.requestConfig)) return;
  const detail = { text: document.body.dataset.offline ?? "", variant: "error" };
  if (detail.text) document.dispatchEvent(new CustomEvent("bloom:toast", { detail }));
});
