// The open conversation: what comes by the socket, what is read, and who is told of it.
import { Away } from "./away.js";
import { Later } from "./later.js";
import { announce } from "../ui/toast.js";
import { loadAnew } from "../realtime/anew.js";
import { UNATTENDED } from "../ui/unattended.js";
import { Actions, textOf } from "./actions.js";
import { Changing } from "./changing.js";
import { one } from "./find.js";
import { History } from "./history.js";
import { Jump } from "./jump.js";
import { partial } from "./list.js";
import { News } from "./news.js";
import { EmojiPicker, emojiInto } from "./picker.js";
import { Recent } from "./recent.js";
import { focusOn } from "./redraw.js";
import { messageList, messageReveal } from "./rest.js";
import { Thread } from "./thread.js";
import { Timeline } from "./timeline.js";
import { TypingLine, TypingTeller } from "./typing.js";
import { openWriting, showStranded } from "./writing.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("../realtime/socket.js").Frame} Frame */
/**
 * @typedef {{
 *   person: string, zone: string, socket: import("../realtime/socket.js").BloomSocket,
 *   store: import("./pending.js").PendingStore, list: import("./list.js").ConversationList, keep: import("./keep.js").Keep,
 * }} Page
 */

const GAP_HEALS_WITHIN_MS = 2_000;
/** The socket brings at most this many changes of a conversation; past that the page is loaded anew. */
const MOST_MISSED = 500;

/**
 * @param {HTMLElement} root
 * @param {string} id
 * @param {Page} page
 */
export function openConversation(root, id, { person, zone, socket, store, list, keep }) {
  const thread = new Thread(root, person, zone);
  const timeline = new Timeline(Number(root.dataset.change));
  for (const message of thread.shown()) timeline.takeOld(message);
  const history = new History(thread, timeline, id, Number(root.dataset.last));
  const jump = new Jump(one(root, "[data-jump]"), () => void history.toNewest(), history.isNewest ? 0 : Number(root.dataset.missed));
  const news = new News(announce, (count, name) => thread.word(name ? "new_many" : "new_many_of_all", name).replace("%n", String(count)));
  let read = Number(root.dataset.read);
  let gapTimer = 0;

  const isAtEnd = () => history.isNewest && thread.place.isAtEnd;
  const isLooking = () => document.visibilityState === "visible" && document.hasFocus();

  /** @param {Message} message @param {boolean} isNew that it was sent just now */
  function take(message, isNew) {
    const what = timeline.take(message, isNew);
    if (what === "known" || what === "unseen") return;
    const isOwn = message.sender.id === person;
    if (isOwn) {
      void writing?.outbox.take(message.client_id);
      // It may be one that was to go later.
      if (what === "new") void later?.refresh();
    }
    if (what === "changed") {
      thread.show(message);
      return;
    }
    // Somebody who has left this page's end learns of it at most once.
    if (message.seq <= history.newest && !history.isNewest) {
      timeline.forget(message.id);
      return;
    }
    const wasAtEnd = isAtEnd();
    const isShown = history.take(message);
    if (isOwn) {
      thread.markUnread(0);
      thread.removePending(message.client_id);
      if (!isShown) void history.toNewest();
    } else arrived(message, wasAtEnd);
  }

  /** @param {Message} message somebody else's, new @param {boolean} wasAtEnd */
  function arrived(message, wasAtEnd) {
    line.show("");
    const name = message.sender.name;
    news.add(name, message.body === null ? thread.word("new_hidden", name) : `${thread.word("new", name)} ${message.body}`);
    // Whoever looks elsewhere finds on coming back where they had stopped.
    if (!wasAtEnd || !isLooking()) thread.markUnread(unreadFrom(message.seq));
    if (!wasAtEnd) jump.missed();
    jump.show(isAtEnd());
    if (message.moderation.outcome === "crisis") void refreshAlerts();
    markRead();
  }

  let unread = Number(root.dataset.unreadFrom);
  /** The line stays where it stands until all beyond it was read. @param {number} seq */
  function unreadFrom(seq) {
    if (!unread || read >= unread) unread = seq;
    return unread;
  }

  async function refreshAlerts() {
    const html = await partial(root.dataset.alerts ?? "");
    if (html) one(root, "[data-alerts-here]").replaceChildren(html);
  }

  function markRead() {
    if (!isLooking() || !isAtEnd() || history.newest <= read) return;
    const seq = history.newest;
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
      .then(({ behind, read_only: ended = [] }) => {
        // It ended, or began anew, before this page could hear of it.
        if (ended.includes(id) !== root.hasAttribute("data-ended")) return loadAnew();
        const newestChange = behind[id] ?? 0;
        if (newestChange - timeline.change > MOST_MISSED) location.reload();
        timeline.expect(newestChange);
        markRead();
      })
      .catch(() => undefined);
  }

  /** What has come since, where no socket brings it. */
  async function fetchNew() {
    const { results } = await messageList(id, `after_seq=${history.newest}`, UNATTENDED).catch(() => ({ results: [] }));
    for (const message of results) take(message, true);
  }

  /** @param {Frame} frame */
  function receive(frame) {
    if (frame.type === "message:receive") take(frame.message, true);
    if (frame.type === "message:update") take(frame.message, false);
    if (frame.type === "reaction:update") changing.reacted(/** @type {any} */ (frame));
    if (frame.type === "receipt:update") seenBy(frame.person, frame.seq);
    if (frame.type === "user:typing") line.show(frame.typing ? thread.word("typing", nameOf(frame.person)) : "");
    if (frame.type === "conversation:update") {
      // One keeps it otherwise, here or on another device.
      if ("archived" in frame) arranged(frame.archived, frame.muted);
      // It began or ended: what may be done here is another matter now.
      else location.reload();
    }
    window.clearTimeout(gapTimer);
    if (timeline.hasGap) gapTimer = window.setTimeout(resume, GAP_HEALS_WITHIN_MS);
  }

  /** @param {boolean} isArchived @param {boolean} isMuted */
  function arranged(isArchived, isMuted) {
    root.toggleAttribute("data-archived", isArchived);
    root.toggleAttribute("data-muted", isMuted);
  }

  // Writing and changing -------------------------------------------------------------------------------------

  const form = root.querySelector("[data-composer]");
  const writing =
    form instanceof HTMLFormElement
      ? openWriting(form, {
          root,
          thread,
          socket,
          store,
          keep,
          conversation: id,
          sent: (message) => {
            // A repeat of what the page knows already changes nothing else.
            thread.removePending(message.client_id);
            take(message, true);
            announce(thread.word("sent"));
            void away?.sent();
            list.refresh();
          },
          written: () => void history.toNewest(),
          change: (message, body) => void changing.edit(message, body),
        })
      : null;
  const awayRoot = root.querySelector("[data-away]");
  const away = awayRoot instanceof HTMLElement ? new Away(awayRoot) : null;
  const laterRoot = root.querySelector("[data-later-here]");
  const laterForm = root.querySelector("[data-composer]");
  const later =
    writing && laterRoot instanceof HTMLElement && laterForm instanceof HTMLFormElement
      ? new Later(laterRoot, laterForm, writing.composer, writing.files, (key) => thread.word(key))
      : null;
  if (later)
    later.sent = () => {
      // Without a socket nobody else brings what has just gone.
      if (socket.state !== "open") void fetchNew();
      void away?.sent();
      list.refresh();
    };
  if (!writing) void showStranded(root, thread, store, id);
  const composer = writing?.composer ?? null;

  const changing = new Changing(socket, thread, timeline, composer, (message) => {
    take(message, false);
    list.refresh();
  });

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

  const pickerRoot = root.querySelector("#emoji-picker");
  const picker = composer && EmojiPicker.isPossible && pickerRoot instanceof HTMLElement ? new EmojiPicker(pickerRoot, new Recent(person, localStorage)) : null;
  if (picker && composer) emojiInto(composer, picker, root);

  new Actions(root, {
    pick: picker && ((more, choose) => void picker.open(more, one(root, "[data-scroll]"), choose)),
    react: composer && ((article, emoji, on) => void changing.toggle(article.dataset.message ?? "", emoji, on)),
    edit: composer && ((article) => composer.edit(article.dataset.message ?? "", textOf(article))),
    remove: composer && ((article) => void changing.remove(article.dataset.message ?? "")),
    copied: () => announce(thread.word("copied")),
  });

  // Reading ------------------------------------------------------------------------------------------------

  root.addEventListener("submit", (event) => {
    const target = event.target;
    if (!(target instanceof HTMLFormElement) || !target.matches("[data-reveal-message]")) return;
    const article = target.closest("article");
    if (!article) return;
    event.preventDefault();
    const named = article.dataset.message ?? "";
    (socket.state === "open" ? socket.ask("message:reveal", { message: named }) : messageReveal(named))
      .then((message) => {
        take(message, false);
        const shown = document.getElementById(article.id);
        if (shown) focusOn(shown);
      })
      .catch(() => target.submit());
  });

  /** Go to the message that the address names, however far back it is. */
  function goToNamed() {
    const seq = Number(location.hash.match(/^#message-(\d+)$/)?.[1]);
    if (seq) void history.toMessage(seq);
  }
  window.addEventListener("hashchange", goToNamed);
  if (location.hash) goToNamed();
  else {
    const mark = root.querySelector("[data-unread-mark]");
    if (mark) thread.place.toMiddle(mark);
  }

  history.moved = () => {
    jump.show(isAtEnd());
    markRead();
  };
  window.addEventListener("focus", markRead);
  document.addEventListener("visibilitychange", markRead);

  return { receive, resume, fetchNew };
}
