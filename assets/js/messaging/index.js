// The messages page, live: one socket for all conversations, one of them open. Everything here stands on markup
// that works without it (templates/messaging/).
import { BloomSocket } from "../realtime/socket.js";
import { bellShow } from "../ui/bell.js";
import { toast } from "../ui/toast.js";
import { Alarm, alarmButton } from "./alarm.js";
import { openConversation } from "./conversation.js";
import { one } from "./find.js";
import { forgetOthers, Keep } from "./keep.js";
import { ConversationList } from "./list.js";
import { Outbox } from "./outbox.js";
import { PendingStore } from "./pending.js";
import { PresenceBoard, PresenceTeller } from "./presence.js";
import { Seal } from "./seal.js";
import { PersonSearch } from "./search.js";
import { followKeyboard } from "./viewport.js";

/** @typedef {import("../realtime/socket.js").Frame} Frame */

const MOMENTARY = new Set(["user:typing", "presence:update", "reaction:update"]);

const page = one(document, "#messages");
const { open: opened = "", person = "", practice = "", zone = "", list: listAddress = "", show = "", seal: secret = "" } = page.dataset;
const list = new ConversationList(one(page, "[data-conversations]"), listAddress, opened, show);
const searchForm = page.querySelector("[data-search]");
const search = searchForm instanceof HTMLFormElement ? new PersonSearch(searchForm, list, one(page, "[data-found]")) : null;
const socket = new BloomSocket(`${location.origin.replace(/^http/, "ws")}/ws/v1/`);
forgetOthers(person);
const seal = await Seal.of(secret);
// From here on it is in no hands but the cipher's.
delete page.dataset.seal;
const store = await PendingStore.open(person, practice, seal);

/** The open conversation, or nothing when none is. */
const conversation = opened
  ? openConversation(one(page, "[data-thread]"), opened, { person, zone, socket, store, list, keep: await Keep.open(seal, person, opened) })
  : null;

// Who is here. What is said of it in this page's markup stands empty without a script.
const presenceWords = document.getElementById("presence-words");
const board = presenceWords instanceof HTMLTemplateElement ? new PresenceBoard(page, presenceWords) : null;
const presence = new PresenceTeller((status) => socket.tell("presence:set", { status }));
presence.over(window);

// A sign on the desktop, for whoever wants it and does not look. What is muted, or was read elsewhere, gives none:
// the list knows.
const alarmPlace = one(page, "[data-alarm]");
const alarm = new Alarm(person, alarmPlace.dataset.words ?? "", window.Notification, localStorage);
alarmButton(alarmPlace, alarm, (text) => toast(text));
/** @type {Set<string>} */
const ringing = new Set();
function ring() {
  const isHeard = [...ringing].some((id) => document.getElementById(`conversation-${id}`)?.hasAttribute("data-unread-here"));
  ringing.clear();
  if (isHeard && !(document.visibilityState === "visible" && document.hasFocus())) alarm.ring(() => window.focus());
}

socket.addEventListener("frame", (event) => {
  if (!(event instanceof CustomEvent)) return;
  /** @type {Frame} */
  const frame = event.detail;
  if (frame.type === "notice:new") {
    bellShow(frame.unread);
    return;
  }
  if (frame.type === "message:receive" && frame.message.sender.id !== person) ringing.add(frame.conversation);
  if (frame.type === "presence:update") board?.take(frame.person, frame.status);
  if (conversation && frame.conversation === opened) conversation.receive(frame);
  // How far others have read is not in the list.
  // Nor is who types, who is there, and who liked what.
  const isInList = frame.type === "receipt:update" ? frame.person === person : !MOMENTARY.has(frame.type);
  if (isInList) list.refresh();
});

// What was written in other conversations of this practice and could not be sent then goes out, too.
const elsewhere = (await store.conversations())
  .filter((id) => id !== opened)
  .map((id) => {
    /** @type {Outbox} */
    const outbox = new Outbox(socket, id, store, {
      changed: () => markWaiting(),
      sent: () => list.refresh(),
      // Whoever opens the conversation finds it there, with the reason; for want of one its thread has words.
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
    if (row && outbox.pending.length) row.replaceChildren(mark.content.cloneNode(true));
  }
}
list.drawn = () => {
  markWaiting();
  search?.narrow();
  board?.draw();
  ring();
};
void Promise.all(elsewhere.map((outbox) => outbox.load())).then(markWaiting);

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
  if (socket.state !== "open") {
    board?.clear();
    return;
  }
  presence.again();
  // Also the first time: what came between this page's making and the opening, nobody has told it.
  list.refresh();
  wasOpen = true;
  conversation?.resume();
});
socket.connect();
followKeyboard(window.visualViewport, document.documentElement);
