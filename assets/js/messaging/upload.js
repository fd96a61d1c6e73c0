/**
 * Sending one file: a form is asked for, the file goes where the form says, and the server looks at it.
 *
 * @typedef {import("./types.js").Upload} Upload
 * @typedef {{ id: string, url: string, fields: Record<string, string>, expires_at: string }} Form
 */
import { Refused } from "../realtime/socket.js";
import { uploadAsk, uploadComplete, uploadGet } from "./rest.js";
import { Turns } from "./turns.js";

const LOOK_AGAIN_MS = 400;
const LOOK_AT_MOST_MS = 3_000;
const AGAIN_AFTER_MS = 1_000;
const AGAIN_AT_MOST_MS = 30_000;

// The server takes only a few files at once, from everybody together.
const sending = new Turns(2);

/**
 * Send a file. `told` learns what becomes of it: its id, the part that has been sent, that it is being checked.
 * @param {File} file
 * @param {{ asked: (id: string) => void, sent: (part: number) => void, checking: () => void }} told
 * @param {AbortSignal} signal
 * @returns {Promise<Upload>} ready or refused; rejects with Refused
 */
export async function upload(file, told, signal) {
  const id = await sending.take(async () => {
    signal.throwIfAborted();
    const form = await uploadAsk(file.name, file.size, file.type);
    told.asked(form.id);
    signal.throwIfAborted();
    await formPost(form, file, told.sent, signal);
    return form.id;
  });
  told.checking();
  await patiently(() => uploadComplete(id), signal);
  return follow(id, signal);
}

/**
 * Wait until an upload has been looked at.
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<Upload>} ready or refused; rejects with Refused
 */
export async function follow(id, signal) {
  for (let pause = LOOK_AGAIN_MS; ; pause = Math.min(LOOK_AT_MOST_MS, pause * 1.5)) {
    let now = await patiently(() => uploadGet(id), signal);
    // The page went before it could say that all was sent. Twice is once; refused when the file is not there.
    if (now.status === "waiting" || now.status === "arrived") now = await patiently(() => uploadComplete(id), signal);
    // Held: it was planned, and the answer was lost; whoever plans it again plans the same.
    if (now.status === "held") return { ...now, status: "ready" };
    if (now.status === "ready" || now.status === "refused") return now;
    if (now.status !== "checking") throw new Refused({ code: "upload_missing" });
    await after(pause);
  }
}

/**
 * Ask until there is an answer: the file is at the server, and one lost request makes it no less so.
 * @template T
 * @param {() => Promise<T>} ask
 * @param {AbortSignal} signal
 * @returns {Promise<T>} rejects with Refused
 */
async function patiently(ask, signal) {
  for (let pause = AGAIN_AFTER_MS; ; pause = Math.min(AGAIN_AT_MOST_MS, pause * 2)) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (failure) {
      if (!(failure instanceof Refused) || !["unavailable", "rate_limited"].includes(failure.error.code)) throw failure;
      await after((failure.error.retry_after ?? 0) * 1000 + pause);
    }
  }
}

/** @param {number} milliseconds @returns {Promise<void>} */
const after = (milliseconds) => new Promise((resolve) => window.setTimeout(resolve, milliseconds));

/**
 * Only the old request tells how much has gone out.
 * @param {Form} form @param {File} file @param {(part: number) => void} sent @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function formPost(form, file, sent, signal) {
  const data = new FormData();
  for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
  data.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const lost = () => reject(signal.aborted ? signal.reason : new Refused({ code: "unavailable" }));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.upload.addEventListener("progress", (event) => event.lengthComputable && sent(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new Refused({ code: request.status === 413 ? "file_too_large" : "unavailable" }));
    });
    for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, lost);
    request.open("POST", form.url);
    request.send(data);
  });
}
