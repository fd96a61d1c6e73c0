/** The same conversation without a socket, for networks that let none through. */
import { Refused } from "../realtime/socket.js";
import { csrfToken } from "../ui/csrf.js";
import { UNATTENDED } from "../ui/unattended.js";

/** @typedef {import("./types.js").Message} Message */

/**
 * @param {string} conversation
 * @param {string} client_id
 * @param {string} body
 * @param {string[]} [attachments]
 * @returns {Promise<Message>} rejects with Refused
 */
export function messageSend(conversation, client_id, body, attachments) {
  return call("POST", `/api/v1/conversations/${conversation}/messages/`, { client_id, body, ...(attachments ? { attachments } : {}) });
}

/** @param {string} name @param {number} size @param {string} content_type @returns {Promise<import("./upload.js").Form>} rejects with Refused */
export function uploadAsk(name, size, content_type) {
  return call("POST", "/api/v1/uploads/", { name, size, content_type });
}

/** @param {string} id @returns {Promise<import("./types.js").Upload>} rejects with Refused */
export function uploadComplete(id) {
  return call("POST", `/api/v1/uploads/${id}/complete/`, {});
}

/** @param {string} id @returns {Promise<import("./types.js").Upload>} rejects with Refused */
export function uploadGet(id) {
  return call("GET", `/api/v1/uploads/${id}/`, undefined, UNATTENDED);
}

/** @param {string} id @returns {Promise<void>} rejects with Refused */
export function uploadDrop(id) {
  return call("DELETE", `/api/v1/uploads/${id}/`, {});
}

/**
 * @param {string} conversation
 * @param {string} query
 * @param {Record<string, string>} [more] headers, where the page asks by itself
 * @returns {Promise<{ results: Message[], next: string | null }>} rejects with Refused
 */
export function messageList(conversation, query, more) {
  return call("GET", `/api/v1/conversations/${conversation}/messages/?${query}`, undefined, more);
}

/** @param {string} message @param {string} body @returns {Promise<Message>} rejects with Refused */
export function messageEdit(message, body) {
  return call("PATCH", `/api/v1/messages/${message}/`, { body });
}

/** @param {string} message @returns {Promise<Message>} rejects with Refused */
export function messageDelete(message) {
  return call("DELETE", `/api/v1/messages/${message}/`, {});
}

/** Show a hidden message to oneself. @param {string} message @returns {Promise<Message>} rejects with Refused */
export function messageReveal(message) {
  return call("POST", `/api/v1/messages/${message}/reveal/`, {});
}

/**
 * @param {string} message
 * @param {string} emoji
 * @param {boolean} on
 * @returns {Promise<{ message: string, change: number, reactions: import("./types.js").Reaction[] }>} rejects with Refused
 */
export function reactionToggle(message, emoji, on) {
  return call("POST", `/api/v1/messages/${message}/reactions/`, { emoji, on });
}

/** @param {string} method @param {string} address @param {object} [content] @param {Record<string, string>} [more] headers @returns {Promise<any>} */
async function call(method, address, content, more) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...more };
  if (content) {
    headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = csrfToken();
  }
  let response;
  try {
    response = await fetch(address, { method, headers, body: content && JSON.stringify(content) });
  } catch {
    throw new Refused({ code: "unavailable" }, false);
  }
  if (response.status === 204) return undefined;
  const data = await response.json().catch(() => null);
  // Something in between spoke in its place: a proxy without a server behind it, or a network that asks to sign in.
  if (data === null) throw new Refused({ code: "unavailable" }, false);
  if (!response.ok) throw new Refused(data);
  return data;
}
