// The room of an appointment: try one's devices, wait, meet, come back after a break.
import { Refused } from "../realtime/socket.js";
import { Chat } from "./chat.js";
import { Check } from "./check.js";
import { spent } from "./clock.js";
import { Devices } from "./devices.js";
import { part, parts, room, video } from "./find.js";
import { Hint } from "./hint.js";
import { Peer, signalRead } from "./peer.js";
import { Screen } from "./screen.js";
import { Seat } from "./seat.js";
import { Where } from "./where.js";
import { word } from "./words.js";

/** @typedef {"check" | "wait" | "call" | "over"} View */
/** @typedef {import("./seat.js").Room} Room */

const QUALITY_MS = 3_000;
/** A connection that broke may mend by itself; after so long another way is looked for. */
const MENDS_MS = 4_000;
const SAID_MS = 5_000;

const isHost = room.dataset.role === "therapist";
const other = isHost ? "patient" : "therapist";
const seat = new Seat(room.dataset.appointment ?? "");
const devices = new Devices();
const check = new Check(devices, seat);
const chat = new Chat(seat);
const screen = new Screen();
const hint = new Hint();
if (isHost) new Where(seat, () => say(word("where_changed")));
const remote = video("[data-remote]");
const status = part("[data-status]");

/** @type {View} */
let view = "check";
/** @type {Peer | null} */
let peer = null;
/** The other's page. */
let device = "";
let wasHere = false;
let isPatientWaiting = false;
let began = 0;
let mendTimer = 0;
let saidTimer = 0;

// What is shown ----------------------------------------------------------------------------------------------

/** @param {View} next */
function show(next) {
  if (view === next) return;
  view = room.dataset.view = next;
  if (next !== "check") check.stop();
  const title = room.querySelector(`[data-of="${next}"] [tabindex="-1"]`);
  if (title instanceof HTMLElement) title.focus();
  else if (next === "call") part("#main").focus();
}

/** Say something once: for who listens, and for the eye for a while. @param {string} text */
function say(text) {
  if (status.textContent !== text) status.textContent = text;
  status.toggleAttribute("data-shown", true);
  window.clearTimeout(saidTimer);
  saidTimer = window.setTimeout(() => status.removeAttribute("data-shown"), SAID_MS);
}

/** @param {string} key the words of an end; `detail` in the place of its second sentence @param {string} [detail] */
function over(key, detail) {
  peerDrop();
  screen.stop();
  devices.stop();
  began = 0;
  wasHere = false;
  part("[data-over-title]").textContent = word(key);
  part("[data-over-said]").textContent = detail ?? word(`${key}_said`);
  say(word(key));
  show("over");
}

function selfShow() {
  const track = screen.track ?? devices.camera;
  for (const each of parts("[data-self]")) {
    if (!(each instanceof HTMLVideoElement)) continue;
    const shown = /** @type {MediaStream | null} */ (each.srcObject)?.getVideoTracks()[0] ?? null;
    if (shown !== track) each.srcObject = track ? new MediaStream([track]) : null;
    each.toggleAttribute("data-mirrored", !screen.track);
  }
  for (const each of parts("[data-no-picture]")) each.hidden = track !== null;
  press("microphone", devices.canBeHeard);
  press("camera", devices.canBeSeen);
  press("share", screen.track === null);
  part('[data-tag="own-sharing"]').hidden = screen.track === null;
}

/** @param {string} what @param {boolean} isOn */
function press(what, isOn) {
  for (const each of parts(`.room-control[data-do="${what}"]`)) {
    each.dataset.is = isOn ? "on" : "off";
    each.setAttribute("aria-pressed", String(!isOn));
  }
}

function absentShow() {
  const isConnected = peer?.state === "connected";
  const hasPicture = isConnected && (peer?.manner.camera || peer?.manner.sharing);
  part("[data-absent]").hidden = Boolean(hasPicture);
  remote.toggleAttribute("data-off", !hasPicture);
  const knock = document.querySelector("[data-knock]");
  if (knock instanceof HTMLElement) knock.hidden = !isPatientWaiting;
  const key = isConnected
    ? "camera_off_there"
    : isPatientWaiting && isHost
      ? "knocks"
      : device
        ? wasHere
          ? "reconnecting"
          : "connecting"
        : wasHere
          ? "gone"
          : "absent";
  part("[data-absent-said]").textContent = word(key);
  part('[data-tag="muted"]').hidden = !isConnected || peer?.manner.microphone !== false;
  part('[data-tag="sharing"]').hidden = !isConnected || !peer?.manner.sharing;
}

// Who is here ------------------------------------------------------------------------------------------------

/** @param {Room} now */
function roomIs(now) {
  if (!seat.wants && !now.ended) return;
  if (now.ended) {
    if (view === "wait" || view === "call") over("over_ended");
    return;
  }
  const isInside = now.here.some((each) => each.role === room.dataset.role && each.device === seat.device);
  const guest = now.here.find((each) => each.role === other);
  if (isHost && now.waiting && !isPatientWaiting) say(word("knocks"));
  isPatientWaiting = now.waiting;
  if (isInside) {
    if (view !== "call") {
      show("call");
      say(word(guest ? "connecting" : isHost && now.waiting ? "knocks" : "absent"));
    }
    guestIs(guest?.device ?? "");
  } else if (!isHost && now.waiting) {
    if (view === "call") peerDrop();
    device = "";
    part("[data-wait-said]").textContent = word(guest ? "waiting_here" : "waiting_alone");
    show("wait");
  }
  absentShow();
}

/** @param {string} next */
function guestIs(next) {
  if (next === device) {
    if (next && !peer) peerStart();
    return;
  }
  device = next;
  peerDrop();
  if (next) peerStart();
  else if (wasHere) say(word("gone"));
}

// The connection ---------------------------------------------------------------------------------------------

function peerStart() {
  peerDrop();
  const to = device;
  const made = new Peer({
    polite: seat.polite,
    iceServers: seat.iceServers,
    relayed: seat.relayed,
    send: (signal) => seat.signal(to, signal),
  });
  peer = made;
  hint.follow(made);
  made.ownManner = manner();
  made.addEventListener("stream", () => {
    if (remote.srcObject !== made.stream) remote.srcObject = made.stream;
    void remote.play().catch(() => undefined);
  });
  made.addEventListener("state", () => {
    if (peer === made) peerIs(made);
  });
  made.addEventListener("manner", () => {
    if (peer !== made) return;
    if (!made.manner.microphone) say(word("muted_there"));
    absentShow();
  });
  void tracksSend();
  return made;
}

function peerDrop() {
  window.clearTimeout(mendTimer);
  peer?.close();
  peer = null;
  hint.follow(null);
  remote.srcObject = null;
}

/** @param {Peer} now */
function peerIs(now) {
  window.clearTimeout(mendTimer);
  if (now.state === "connected") {
    wasHere = true;
    if (!began) began = Date.now();
    say(word("connected"));
  } else if (now.state === "disconnected" || now.state === "failed") {
    say(word("reconnecting"));
    // The two need not both ask for another way; should the one who does be deaf, the other does a little later.
    const wait = now.state === "failed" ? 0 : MENDS_MS;
    mendTimer = window.setTimeout(() => mend(now), wait + (seat.polite ? MENDS_MS / 2 : 0));
  }
  absentShow();
}

/** @param {Peer} now */
function mend(now) {
  if (peer !== now || now.state === "connected" || now.state === "closed") return;
  now.restart(seat.iceServers);
  mendTimer = window.setTimeout(() => mend(now), 2 * MENDS_MS);
}

/** @param {{ from: string, data: string }} frame */
function signalIs(frame) {
  const signal = signalRead(frame.data);
  if (!signal || view !== "call") return;
  if (frame.from !== device) {
    // Their page is another than we know of; who sits there now, the server says in a moment.
    device = frame.from;
    peerDrop();
  }
  let now = peer ?? peerStart();
  if (now.other && now.other !== signal.of) now = peerStart();
  now.other = signal.of;
  now.receive(signal);
}

function manner() {
  return { microphone: devices.canBeHeard, camera: devices.canBeSeen, sharing: screen.track !== null };
}

async function tracksSend() {
  const now = peer;
  if (!now) return;
  await now.trackSet("audio", devices.microphone);
  await now.trackSet("video", screen.track ?? devices.camera);
  now.ownManner = manner();
  now.mannerTell();
}

async function qualityLook() {
  const isPoorNow = await hint.look();
  if (isPoorNow && devices.canBeSeen) say(word("quality_poor_said"));
}

// What one does ----------------------------------------------------------------------------------------------

/** @param {unknown} error @returns {string} */
function wordsOf(error) {
  return (error instanceof Refused && error.error.detail) || word("unreachable");
}

async function join() {
  const refused = part("[data-refused]");
  refused.textContent = "";
  try {
    const now = await seat.join();
    if (!devices.microphone && devices.wants.microphone) await devices.open("microphone");
    if (!devices.camera && devices.wants.camera && !devices.faults.camera) await devices.open("camera");
    roomIs(now);
    void chat.start();
  } catch (error) {
    const words = wordsOf(error);
    if (view === "check") refused.textContent = words;
    else over("over_closed", words);
  }
}

async function back() {
  seat.renew();
  await devices.start();
  await join();
}

async function microphoneTurn() {
  await devices.microphoneTurn(!devices.canBeHeard);
  say(word(devices.canBeHeard ? "unmuted" : devices.faults.microphone || "muted"));
}

async function cameraTurn() {
  await devices.cameraTurn(!devices.canBeSeen);
  say(word(devices.canBeSeen ? "camera_on" : devices.faults.camera || "camera_off"));
}

async function shareTurn() {
  if (screen.track) screen.stop();
  else if (!(await screen.start(() => view === "call"))) say(word("share_failed"));
}

async function leave() {
  const was = view;
  await seat.leave();
  if (was === "wait" || was === "call") over("over_left");
}

async function admit() {
  try {
    await seat.admit();
  } catch (error) {
    say(wordsOf(error));
  }
}

async function end() {
  for (const each of document.querySelectorAll("dialog[open]")) if (each instanceof HTMLDialogElement) each.close();
  try {
    await seat.end();
  } catch (error) {
    say(wordsOf(error));
  }
}

/** @type {Record<string, () => unknown>} */
const DEEDS = {
  join,
  back,
  leave,
  admit,
  end,
  again: () => check.run(),
  sound: () => check.sound(),
  microphone: microphoneTurn,
  camera: cameraTurn,
  share: shareTurn,
  chat: () => {
    chat.toggle();
    press("chat", !chat.isOpen);
  },
};
const KEYS = new Map([["KeyM", "microphone"], ["KeyV", "camera"], ["KeyS", "share"], ["KeyC", "chat"]]);

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
  if (!(button instanceof HTMLButtonElement) || button.hasAttribute("data-busy")) return;
  const deed = DEEDS[button.dataset.do ?? ""];
  if (!deed) return;
  button.toggleAttribute("data-busy", true);
  void Promise.resolve(deed()).finally(() => button.removeAttribute("data-busy"));
});
document.addEventListener("keydown", (event) => {
  const what = KEYS.get(event.code);
  if (!what || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return;
  if (view !== "call" && (what === "share" || what === "chat")) return;
  event.preventDefault();
  void DEEDS[what]?.();
});

devices.addEventListener("change", () => {
  selfShow();
  void tracksSend();
});
screen.addEventListener("change", () => {
  say(word(screen.track ? "sharing" : "share_over"));
  selfShow();
  void tracksSend();
});
seat.addEventListener("room", (event) => roomIs(/** @type {CustomEvent} */ (event).detail));
seat.addEventListener("signal", (event) => signalIs(/** @type {CustomEvent} */ (event).detail));
seat.addEventListener("replaced", () => over("over_replaced"));
seat.addEventListener("refused", (event) => over("over_closed", /** @type {CustomEvent} */ (event).detail));
seat.addEventListener("signedout", () => {
  if (view !== "over") over("over_signed_out");
});
seat.addEventListener("lost", () => {
  if (view === "call") say(word("socket_lost"));
});
window.setInterval(() => void qualityLook(), QUALITY_MS);
window.setInterval(() => {
  const timer = part("[data-timer]");
  timer.hidden = !began;
  if (began) timer.textContent = spent((Date.now() - began) / 1000);
}, 1_000);
window.addEventListener("pagehide", () => {
  peer?.close();
  devices.stop();
});

part('[data-do="share"]').hidden = !navigator.mediaDevices || !("getDisplayMedia" in navigator.mediaDevices);
absentShow();
selfShow();
seat.connect();
void check.run();
