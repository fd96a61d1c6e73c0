// The messages page, live: one socket for all conversations, one of them open. Everything here stands on markup
// that works without it (templates/messaging/).
import { BloomSocket, Refused } from "../realtime/socket.js";
import { announce, toast } from "../ui/toast.js";
import { Actions, textOf } from "./actions.js";
import { Composer } from "./composer.js";
import { Keep, forgetOthers, waiting } from "./keep.js";
import { ConversationList, partial } from "./list.js";
import { Outbox } from "./outbox.js";
import { messageDelete, messageEdit, messageList, reactionToggle } from "./rest.js";
import { Thread, one } from "./thread.js";
import { Timeline } from "./timeline.js";
import { TypingLine, TypingTeller } from "./typing.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("../realtime/socket.js").Frame} Frame */

const GAP_HEALS_WITHIN_MS = 2_000;
/** The socket brings at most this many changes of a conversation; past that the page is loaded anew. */
const MOST_MISSED = 500;
const OLDER_AT_ONCE = 50;
const MOMENTARY = new Set(["user:typing", "presence:update", "reaction:update"]);

const page = one(document, "#messages");
const { open: opened = "", person = "", zone = "", list: listAddress = "" } = page.dataset;
const list = new ConversationList(one(page, "[data-conversations]"), listAddress, opened);
const socket = new BloomSocket(`${location.origin.replace(/^http/, "ws")}/ws/v1/`);
forgetOthers(person);

/** The open conversation, or nothing when none is. */
const conversation = opened ? openConversation(one(page, "[data-thread]"), opened) : null;

socket.addEventListener("frame", (event) => {
  if (!(event instanceof CustomEvent)) return;
  /** @type {Frame} */
  const frame = event.detail;
  if (conversation && frame.conversation === opened) conversation.receive(frame);
  // How far others have read is not in the list.
  // Nor is who types, who is there, and who liked what.
  const isInList = frame.type === "receipt:update" ? frame.person === person : !MOMENTARY.has(frame.type);
  if (isInList) list.refresh();
});

// What was written elsewhere and could not be sent then goes out, too.
const elsewhere = waiting(person)
  .filter((id) => id !== opened)
  .map((id) => {
    const outbox = new Outbox(socket, id, new Keep(person, id), {
      changed: () => markWaiting(),
      sent: () => list.refresh(),
      // Whoever opens the conversation finds it there, with the reason.
      refused: (pending, error) => outbox.stop(pending, error.detail ?? ""),
    });
    return outbox;
  });

/** Say in the list where something is still to be sent. */
function markWaiting() {
  const mark = document.getElementById("not-sent");
  if (!(mark instanceof HTMLTemplateElement)) return;
  for (const outbox of elsewhere) {
    const row = document.getElementById(`conversation-${outbox.conversation}`)?.querySelector(".conversation-last");
    if (row && outbox.keep.pending.length) row.replaceChildren(mark.content.cloneNode(true));
  }
}
list.drawn = markWaiting;
markWaiting();

socket.addEventListener("stuck", () => {
  list.refresh();
  void conversation?.fetchNew();
});

let wasOpen = false;
socket.addEventListener("state", () => {
  for (const banner of page.querySelectorAll("[data-banner]")) {
    if (!(banner instanceof HTMLElement)) continue;
    // The first opening is no news.
    banner.hidden = banner.dataset.banner !== socket.state || (socket.state === "waiting" && !wasOpen && navigator.onLine);
  }
  if (socket.state !== "open") return;
  if (wasOpen) list.refresh();
  wasOpen = true;
  conversation?.resume();
});
socket.connect();

/**
 * @param {HTMLElement} root
 * @param {string} id
 */
function openConversation(root, id) {
  const thread = new Thread(root, person, zone);
  const timeline = new Timeline(Number(root.dataset.change));
  const keep = new Keep(person, id);
  const isNewest = root.hasAttribute("data-newest");
  let newest = Number(root.dataset.last);
  let read = Number(root.dataset.read);
  let gapTimer = 0;
  for (const message of thread.shown()) timeline.takeOld(message);

  /** @param {Message} message @param {boolean} isNew that it was sent just now */
  function take(message, isNew) {
    const what = timeline.take(message, isNew);
    if (what === "known" || what === "unseen") return;
    newest = Math.max(newest, message.seq);
    const isOwn = message.sender.id === person;
    if (isOwn) outbox?.take(message.client_id);
    const isShown = isNewest || what === "changed";
    if (isShown) thread.show(message);
    // This page shows a stretch of the past: one's own new words stand on the newest.
    else if (isOwn) location.assign(location.pathname);
    if (!isOwn && what === "new") arrived(message);
  }

  /** @param {Message} message somebody else's, new */
  function arrived(message) {
    line.show("");
    const name = message.sender.name;
    announce(message.body === null ? thread.word("new_hidden", name) : `${thread.word("new", name)} ${message.body}`);
    if (isNewest) thread.offerJump(true);
    if (message.moderation.outcome === "crisis") void refreshAlerts();
    markRead();
  }

  async function refreshAlerts() {
    const html = await partial(root.dataset.alerts ?? "");
    if (html) one(root, "[data-alerts-here]").replaceChildren(html);
  }

  function markRead() {
    if (document.visibilityState !== "visible" || !document.hasFocus() || !isNewest || !thread.isAtEnd || newest <= read) return;
    const seq = newest;
    socket
      .ask("receipt:read", { conversation: id, seq })
      .then(() => {
        read = Math.max(read, seq);
        list.refresh();
      })
      .catch(() => undefined);
  }

  function resume() {
    socket
      .ask("session:resume", { cursors: { [id]: timeline.change } })
      .then(({ behind }) => {
        const newestChange = behind[id] ?? 0;
        if (newestChange - timeline.change > MOST_MISSED) location.reload();
        timeline.expect(newestChange);
        markRead();
      })
      .catch(() => undefined);
  }

  /** What has come since, where no socket brings it. */
  async function fetchNew() {
    const { results } = await messageList(id, `after_seq=${newest}`).catch(() => ({ results: [] }));
    for (const message of results) take(message, true);
  }

  /** @param {Frame} frame */
  function receive(frame) {
    if (frame.type === "message:receive") take(frame.message, true);
    if (frame.type === "message:update") take(frame.message, false);
    if (frame.type === "reaction:update") react(/** @type {any} */ (frame));
    if (frame.type === "receipt:update") seenBy(frame.person, frame.seq);
    if (frame.type === "user:typing") line.show(frame.typing ? thread.word("typing", nameOf(frame.person)) : "");
    // It began or ended: what may be done here is another matter now.
    if (frame.type === "conversation:update") location.reload();
    window.clearTimeout(gapTimer);
    if (timeline.hasGap) gapTimer = window.setTimeout(resume, GAP_HEALS_WITHIN_MS);
  }

  // Writing ------------------------------------------------------------------------------------------------

  const form = root.querySelector("[data-composer]");
  /** @type {Outbox | null} */
  let outbox = null;
  /** @type {Composer | null} */
  let composer = null;
  if (form instanceof HTMLFormElement) {
    const said = (/** @type {string} */ key, /** @type {string} */ inside = "") => thread.word(key, inside);
    composer = new Composer(
      form,
      keep,
      said,
      (body) => {
        outbox?.add(body);
        thread.toEnd();
      },
      (message, body) => void edit(message, body),
    );
    const writing = composer;
    outbox = new Outbox(socket, id, keep, {
      changed: (pending) => thread.showPending(pending),
      sent: (message) => {
        // A repeat of what the page knows already changes nothing else.
        thread.removePending(message.client_id);
        take(message, true);
        announce(thread.word("sent"));
        list.refresh();
      },
      refused: (pending, error) => {
        if (error.code !== "message_blocked" && error.code !== "invalid") {
          outbox?.stop(pending, error.detail || thread.word("unavailable"));
          return;
        }
        giveBack(pending.client_id);
        const details = Object.values(error.errors ?? {}).flat();
        writing.complain(
          error.code === "invalid" ? details.join(" ") || (error.detail ?? "") : thread.word("blocked"),
          thread.reasons(error.categories ?? []),
        );
      },
    });
    /** @param {string} clientId */
    const giveBack = (clientId) => {
      thread.removePending(clientId);
      writing.giveBack(outbox?.take(clientId) ?? "");
    };
    const arrivedBefore = new Set(thread.shown().map((message) => message.client_id));
    for (const pending of keep.pending) {
      if (arrivedBefore.has(pending.client_id)) outbox.take(pending.client_id);
      else thread.showPending(pending);
    }
    root.addEventListener("click", (event) => {
      if (!(event.target instanceof Element)) return;
      const article = event.target.closest("[data-waiting]");
      if (!(article instanceof HTMLElement)) return;
      const clientId = article.dataset.client ?? "";
      if (event.target.closest("[data-retry]")) outbox?.retry(clientId);
      if (event.target.closest("[data-edit]")) giveBack(clientId);
    });
  }

  // Changing what was sent -----------------------------------------------------------------------------------

  /** @param {string} message @param {string} body */
  async function edit(message, body) {
    try {
      take(await (socket.state === "open" ? socket.ask("message:edit", { message, body }) : messageEdit(message, body)), false);
      if (composer?.editing === message) composer.endEdit();
      announce(thread.word("edited"));
      list.refresh();
    } catch (failure) {
      const error = failure instanceof Refused ? failure.error : { code: "unavailable" };
      const details = Object.values(error.errors ?? {}).flat();
      const text =
        error.code === "message_blocked" ? thread.word("blocked_edit")
        : error.code === "unavailable" ? thread.word("not_changed")
        : details.join(" ") || (error.detail ?? "");
      composer?.complain(text, thread.reasons(error.categories ?? []));
    }
  }

  /** @param {string} message */
  async function remove(message) {
    try {
      take(await (socket.state === "open" ? socket.ask("message:delete", { message }) : messageDelete(message)), false);
      if (composer?.editing === message) composer.endEdit();
      announce(thread.word("deleted"));
      list.refresh();
    } catch (failure) {
      const detail = failure instanceof Refused ? failure.error.detail : "";
      toast(detail || thread.word("not_changed"), "error");
    }
  }

  /** @param {{ message: string, change: number, reactions: import("./types.js").Reaction[] }} told @param {boolean} [isAnswer] */
  function react(told, isAnswer = false) {
    if (timeline.react(told.message, told.change, told.reactions, { isAnswer })) thread.showReactions(told.message, told.reactions);
  }

  /** @param {string} message @param {string} emoji @param {boolean} on */
  async function toggle(message, emoji, on) {
    try {
      const told = await (socket.state === "open" ? socket.ask("reaction:toggle", { message, emoji, on }) : reactionToggle(message, emoji, on));
      react(told, true);
    } catch (failure) {
      const detail = failure instanceof Refused ? failure.error.detail : "";
      toast(detail || thread.word("not_changed"), "error");
    }
  }

  const line = new TypingLine(one(root, "[data-typing]"), announce);
  if (composer) {
    const teller = new TypingTeller((typing) => socket.tell("user:typing", { conversation: id, typing }));
    composer.typed = (isEmpty) => teller.typed(isEmpty);
  }
  /** How far each of the others has read. @type {Map<string, { name: string, read: number }>} */
  const others = new Map();
  for (const each of root.querySelectorAll("[data-member]")) {
    if (each instanceof HTMLElement) others.set(each.dataset.member ?? "", { name: each.dataset.name ?? "", read: Number(each.dataset.read) });
  }
  const nameOf = (/** @type {string} */ other) => others.get(other)?.name ?? "";
  /** @param {string} reader @param {number} seq */
  function seenBy(reader, seq) {
    const other = others.get(reader);
    if (!other) return;
    other.read = Math.max(other.read, seq);
    thread.seen(Math.min(...[...others.values()].map(({ read: far }) => far)));
  }

  new Actions(root, {
    react: composer && ((article, emoji, on) => void toggle(article.dataset.message ?? "", emoji, on)),
    edit: composer && ((article) => composer.edit(article.dataset.message ?? "", textOf(article))),
    remove: composer && ((article) => void remove(article.dataset.message ?? "")),
    copied: () => announce(thread.word("copied")),
  });

  // Reading ------------------------------------------------------------------------------------------------

  root.addEventListener("submit", (event) => {
    const target = event.target;
    if (!(target instanceof HTMLFormElement) || !target.matches("[data-reveal-message]")) return;
    const article = target.closest("article");
    if (!article || socket.state !== "open") return; // The form itself does it.
    event.preventDefault();
    socket
      .ask("message:reveal", { message: article.dataset.message })
      .then((message) => {
        take(message, false);
        const shown = document.getElementById(article.id);
        shown?.setAttribute("tabindex", "-1");
        shown?.focus();
      })
      .catch(() => target.submit());
  });

  let isLoading = false;
  async function loadOlder() {
    const before = thread.olderThan;
    if (!before || isLoading) return;
    isLoading = true;
    try {
      const { results, next } = await messageList(id, `before_seq=${before}&limit=${OLDER_AT_ONCE}`);
      thread.olderThan = String(results[0]?.seq ?? 0);
      thread.showOlder(results.filter((message) => timeline.takeOld(message)), next === null);
    } catch {
      return; // The link is still there.
    } finally {
      isLoading = false;
    }
  }
  const older = root.querySelector("[data-older]");
  if (older) {
    new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void loadOlder(), {
      root: thread.scroller,
      rootMargin: "400px",
    }).observe(older);
    older.addEventListener("click", (event) => {
      event.preventDefault();
      void loadOlder();
    });
  }

  /** Go to the message that the address names, however far back it is. */
  async function goToNamed() {
    const seq = Number(location.hash.match(/^#message-(\d+)$/)?.[1]);
    if (!seq) return;
    while (!document.getElementById(`message-${seq}`) && Number(thread.olderThan) > seq) {
      const before = thread.olderThan;
      await loadOlder();
      if (thread.olderThan === before) return;
    }
    document.getElementById(`message-${seq}`)?.scrollIntoView({ block: "center" });
  }
  window.addEventListener("hashchange", () => void goToNamed());
  if (location.hash) void goToNamed();
  else document.getElementById("unread")?.scrollIntoView({ block: "center" });

  thread.scroller.addEventListener("scroll", markRead, { passive: true });
  window.addEventListener("focus", markRead);
  document.addEventListener("visibilitychange", markRead);

  return { receive, resume, fetchNew };
}
