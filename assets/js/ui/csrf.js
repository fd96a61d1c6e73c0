/** The token that Django wants to see in `X-CSRFToken`, or nothing. @returns {string} */
export function csrfToken() {
  return document.cookie.match(/(?:^|; )(?:__Host-)?bloom_csrf=([^;]+)/)?.[1] ?? "";
}
