"""The one statement that stores messages on PostgreSQL, one for each of some conversations.

Its parts run in the order of their data. `place` takes the conversations' row locks, in the order of their
ids, so that numbers have no gaps and no rivals, for who takes part: as the patient, or in the practice that
they act for. `seat` then updates the sender's membership and thereby reads it as it stands after that wait:
somebody who was removed meanwhile has no seat, and nothing after it happens. `known` finds an earlier message
with the same client_id; one that is committed during the wait is caught by a unique constraint, and the
statement runs again. What the record says of a message is what is stored of it: `draft` has it once.
"""

from typing import Final, NamedTuple
from uuid import UUID

from bloom.kernel.prepared import Prepared

# What a second message with a client_id breaks; where it is the same draft a second time, its own key first.
RACE_CONSTRAINTS: Final = frozenset({"messaging_message_pkey", "messaging_message_client_id"})

SQL: Final = """
WITH draft AS %(rows)s, place AS (
    SELECT c.id, c.last_seq, c.read_only_at
    FROM messaging_conversation c JOIN draft ON draft.conversation_id = c.id
    WHERE EXISTS (
        SELECT 1 FROM messaging_member m
        WHERE m.conversation_id = c.id AND m.user_id = draft.sender_id AND m.left_at IS NULL
            AND (m.role = 'patient' OR m.practice_id IS NOT DISTINCT FROM draft.acts_for)
    )
    ORDER BY c.id
    FOR NO KEY UPDATE OF c
), known AS (
    SELECT draft.number, m.id
    FROM draft JOIN messaging_message m USING (conversation_id, sender_id, client_id)
), seat AS (
    UPDATE messaging_member m SET
        read_seq = CASE WHEN m.read_seq + m.own_unread = place.last_seq
            THEN place.last_seq + 1 ELSE m.read_seq END,
        own_unread = CASE WHEN m.read_seq + m.own_unread = place.last_seq
            THEN 0 ELSE m.own_unread + 1 END
    FROM place JOIN draft ON draft.conversation_id = place.id
    WHERE m.conversation_id = place.id AND m.user_id = draft.sender_id AND m.left_at IS NULL
        AND place.read_only_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM known WHERE known.number = draft.number)
    RETURNING draft.number, m.conversation_id, draft.at
), numbered AS (
    UPDATE messaging_conversation c SET
        last_seq = c.last_seq + 1,
        last_change = c.last_change + 1,
        last_sent_at = greatest(c.last_sent_at, seat.at)
    FROM seat
    WHERE c.id = seat.conversation_id
    RETURNING seat.number, c.last_seq AS seq, c.last_change AS change
), stored AS (
    INSERT INTO messaging_message (
        id, practice_id, conversation_id, seq, change, sent_change, client_id, sender_id,
        body, body_hash, outcome, categories, sent_at
    )
    SELECT message_id, practice_id, conversation_id, seq, change, change, client_id, sender_id,
        body, body_hash, outcome, categories, at
    FROM numbered JOIN draft USING (number)
    RETURNING conversation_id, seq, change
), audited AS (
    INSERT INTO messaging_messageaudit (
        id, practice_id, action, conversation_id, message_id, subject_id, body_hash, outcome, categories,
        source, rules, actor_user_id, session_id, token_id, system, via, ip, device, request_id, at,
        recorded_at, mac
    )
    SELECT audit_id, practice_id, action, conversation_id, message_id, subject_id, body_hash, outcome,
        categories, source, rules, actor_user_id, session_id, token_id, system, via, ip, device, request_id,
        at, recorded_at, mac
    FROM stored JOIN draft USING (conversation_id)
)
SELECT
    place.id IS NOT NULL AS is_member, place.read_only_at IS NOT NULL AS is_read_only,
    stored.seq AS seq, stored.change AS change,
    known.id AS known_id,
    ARRAY(
        SELECT user_id FROM messaging_member m
        WHERE m.conversation_id = draft.conversation_id AND left_at IS NULL
    ) AS recipients
FROM draft
    LEFT JOIN place ON place.id = draft.conversation_id
    LEFT JOIN known ON known.number = draft.number
    LEFT JOIN stored ON stored.conversation_id = draft.conversation_id
ORDER BY draft.number
"""

_TYPES: Final = {
    "conversation_id": "uuid",
    "practice_id": "uuid",
    "message_id": "uuid",
    "client_id": "uuid",
    "sender_id": "uuid",
    "acts_for": "uuid",
    "body": "bytea",
    "body_hash": "bytea",
    "outcome": "text",
    "categories": "jsonb",
    "at": "timestamptz",
    "audit_id": "uuid",
    "action": "text",
    "subject_id": "uuid",
    "source": "text",
    "rules": "jsonb",
    "actor_user_id": "uuid",
    "session_id": "text",
    "token_id": "uuid",
    "system": "text",
    "via": "text",
    "ip": "inet",
    "device": "text",
    "request_id": "uuid",
    "recorded_at": "timestamptz",
    "mac": "bytea",
}

STORE: Final = Prepared("message_store", SQL, _TYPES, apart="conversation_id")


class Row(NamedTuple):
    """What the statement says of one draft: stored when `seq` is there, a repeat when `known_id` is."""

    is_member: bool
    is_read_only: bool
    seq: int | None
    change: int | None
    known_id: UUID | None
    recipients: list[UUID]
