/**
 * The shapes of the wire contract that the messages page uses (docs/socket.md).
 *
 * @typedef {{ emoji: string, count: number, mine: boolean }} Reaction
 *
 * @typedef {{
 *   id: string, conversation: string, seq: number, change: number, client_id: string,
 *   sender: { id: string, name: string }, body: string | null, blurred: boolean,
 *   moderation: { outcome: string, categories: string[] },
 *   sent_at: string, edited_at: string | null, deleted_at: string | null,
 *   reactions: Reaction[],
 * }} Message
 *
 * What was written but is not confirmed yet; `why` says what stopped it, until it is tried again.
 * @typedef {{ client_id: string, body: string, at: string, why?: string }} Pending
 */

export {};
