// Writing in a conversation: the field, its files, and what waits to be sent.
import { Attaching, sendWhenChecked } from "./attaching.js";
import { Composer } from "./composer.js";
import { Outbox } from "./outbox.js";
import { Full } from "./pending.js";

/** @typedef {import("./types.js").Message} Message */

/**
 * @param {HTMLFormElement} form
 * @param {{
 *   root: HTMLElement, thread: import("./thread.js").Thread, socket: import("../realtime/socket.js").BloomSocket,
 *   store: import("./pending.js").PendingStore, keep: import("./keep.js").Keep, conversation: string,
 *   sent: (message: Message) => void, written: () => void, change: (message: string, body: string) => void,
 * }} about
 */
export function openWriting(form, { root, thread, socket, store, keep, conversation, sent, written, change }) {
  const said = (/** @type {string} */ key, /** @type {string} */ inside = "") => thread.word(key, inside);
  const composer = new Composer(
    form,
    keep,
    said,
    async (body) => {
      const attached = files.take();
      try {
        await outbox.add(body, attached);
        written();
      } catch (failure) {
        files.giveBack(attached);
        if (!(failure instanceof Full)) throw failure;
        return thread.word("full");
      }
      return "";
    },
    change,
  );
  const files = new Attaching(root, form, keep, said);
  sendWhenChecked(form, composer, files, said);
  const outbox = new Outbox(socket, conversation, store, {
    changed: (pending) => thread.showPending(pending),
    sent,
    refused: async (pending, error) => {
      if (error.code !== "message_blocked" && error.code !== "invalid") {
        await outbox.stop(pending, error.detail || thread.word("unavailable"));
        return;
      }
      await giveBack(pending.client_id);
      const details = Object.values(error.errors ?? {}).flat();
      composer.complain(
        error.code === "invalid" ? details.join(" ") || (error.detail ?? "") : thread.word("blocked"),
        thread.words.reasons(error.categories ?? []),
      );
    },
  });

  /** @param {string} clientId */
  async function giveBack(clientId) {
    thread.removePending(clientId);
    files.giveBack(outbox.pending.find((each) => each.client_id === clientId)?.attachments ?? []);
    composer.giveBack(await outbox.take(clientId));
  }

  const arrivedBefore = new Set(thread.shown().map((message) => message.client_id));
  void outbox.load().then((waiting) => {
    for (const pending of waiting) {
      if (arrivedBefore.has(pending.client_id)) void outbox.take(pending.client_id);
      else thread.showPending(pending);
    }
  });
  root.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const article = event.target.closest("[data-waiting]");
    if (!(article instanceof HTMLElement)) return;
    const clientId = article.dataset.client ?? "";
    if (event.target.closest("[data-retry]")) void outbox.retry(clientId);
    if (event.target.closest("[data-edit]")) void giveBack(clientId);
    if (event.target.closest("[data-discard]")) {
      thread.removePending(clientId);
      void outbox.take(clientId);
      composer.body.focus();
    }
  });
  return { composer, outbox, files };
}

/**
 * What could not be sent before the conversation ended: its words stay until they are discarded.
 * @param {HTMLElement} root
 * @param {import("./thread.js").Thread} thread
 * @param {import("./pending.js").PendingStore} store
 * @param {string} conversation
 */
export async function showStranded(root, thread, store, conversation) {
  root.addEventListener("click", (event) => {
    const article = event.target instanceof Element && event.target.closest("[data-discard]")?.closest("[data-waiting]");
    if (!(article instanceof HTMLElement)) return;
    void store.remove(article.dataset.client ?? "");
    article.remove();
  });
  const arrived = new Set(thread.shown().map((message) => message.client_id));
  for (const pending of await store.list(conversation)) {
    if (arrived.has(pending.client_id)) await store.remove(pending.client_id);
    else thread.showStranded(pending);
  }
}
