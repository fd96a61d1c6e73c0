/** The same conversation without a socket, for networks that let none through. */
import { Refused } from "../realtime/socket.js";
import { csrfToken } from "../ui/csrf.js";

/** @typedef {import("./types.js").Message} Message */

/**
 * @param {string} conversation
 * @param {string} client_id
 * @param {string} body
 * @returns {Promise<Message>} rejects with Refused
 */
export function messageSend(conversation, client_id, body) {
  return call("POST", `/api/v1/conversations/${conversation}/messages/`, { client_id, body });
}

/**
 * @param {string} conversation
 * @param {string} query
 * @returns {Promise<{ results: Message[], next: string | null }>} rejects with Refused
 */
export function messageList(conversation, query) {
  return call("GET", `/api/v1/conversations/${conversation}/messages/?${query}`);
}

/** @param {string} message @param {string} body @returns {Promise<Message>} rejects with Refused */
export function messageEdit(message, body) {
  return call("PATCH", `/api/v1/messages/${message}/`, { body });
}

/** @param {string} message @returns {Promise<Message>} rejects with Refused */
export function messageDelete(message) {
  return call("DELETE", `/api/v1/messages/${message}/`, {});
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

/** @param {string} method @param {string} address @param {object} [content] @returns {Promise<any>} */
async function call(method, address, content) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (content) {
    headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = csrfToken();
  }
  let response;
  try {
    response = await fetch(address, { method, headers, body: content && JSON.stringify(content) });
  } catch {
    throw new Refused({ code: "unavailable" });
  }
  const data = await response.json().catch(() => ({ code: "unavailable" }));
  if (!response.ok) throw new Refused(data);
  return data;
}
