/**
 * The shapes of the wire contract that the messages page uses (docs/socket.md).
 *
 * @typedef {{ emoji: string, count: number, mine: boolean }} Reaction
 *
 * @typedef {{
 *   id: string, name: string, content_type: string, size: number, url: string, thumbnail: string | null,
 *   width: number | null, height: number | null,
 * }} Attachment
 *
 * A file that was sent and checked, and waits for its message.
 * @typedef {{ id: string, name: string, size: number }} Attached
 *
 * @typedef {{
 *   id: string, status: "waiting" | "arrived" | "checking" | "ready" | "held" | "refused", name: string, content_type: string,
 *   size: number, reason?: string, detail?: string,
 * }} Upload
 *
 * @typedef {{
 *   id: string, conversation: string, seq: number, change: number, client_id: string,
 *   sender: { id: string, name: string }, body: string | null, blurred: boolean,
 *   moderation: { outcome: string, categories: string[] },
 *   sent_at: string, edited_at: string | null, deleted_at: string | null,
 *   reactions: Reaction[], attachments: Attachment[],
 * }} Message
 *
 * What was written but is not confirmed yet; `why` stands there when it was stopped and says
 * what did it (perhaps in no words), until it is tried again. One that `isLost` can no longer be read: it has no
 * words, is stopped for good, and waits only to be discarded.
 * @typedef {{ client_id: string, body: string, at: string, why?: string, attachments?: Attached[], isLost?: true }} Pending
 */

export {};
