/**
 * A message that the server put on the page, read back as far as the page can tell.
 *
 * @param {HTMLElement} article
 * @returns {import("./types.js").Message}
 */
export function shape(article) {
  const { message = "", seq, change, client = "", sent = "", kind } = article.dataset;
  return {
    id: message,
    conversation: "",
    seq: Number(seq),
    change: Number(change),
    client_id: client,
    sender: { id: "", name: "" },
    body: article.querySelector("[data-text]")?.textContent ?? null,
    blurred: kind === "hidden",
    moderation: { outcome: "", categories: [] },
    sent_at: sent,
    edited_at: null,
    deleted_at: null,
    reactions: [],
    attachments: [],
  };
}
