/**
 * The shapes of the wire contract that the messages page uses.
 *
 * @typedef {{ id: string, name: string, role: string }} Person
 * @typedef {{
 *   id: string, conversation: string, seq: number, change: number, client_id: string,
 *   sender: { id: string, name: string }, body: string | null, blurred: boolean,
 *   moderation: { outcome: "allow" | "blur" | "block" | "crisis", categories: string[] },
 *   sent_at: string, edited_at: string | null, deleted_at: string | null,
 * }} Message
 * @typedef {{
 *   client_id: string, conversation: string, body: string, at: string,
 *   state: "sending" | "failed", detail?: string,
 * }} Pending
 */

export {};
