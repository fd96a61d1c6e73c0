"""The one statement that stores a message on PostgreSQL.

Its parts run in the order of their data. `place` takes the conversation's row lock, so that numbers have no
gaps and no rivals, for who takes part: as the patient, or in the practice that they act for. `seat` then
updates the sender's membership and thereby reads it as it stands after that wait: somebody who was removed
meanwhile has no seat, and nothing after it happens. `known` finds an earlier message with the same client_id;
one that is committed during the wait is caught by a unique constraint, and the statement runs again.
"""

from typing import Final, NamedTuple
from uuid import UUID

from bloom.kernel.prepared import Prepared

# What a second message with a client_id breaks; where it is the same draft a second time, its own key first.
RACE_CONSTRAINTS: Final = frozenset({"messaging_message_pkey", "messaging_message_client_id"})

SQL: Final = """
WITH place AS (
    SELECT id, last_seq, read_only_at
    FROM messaging_conversation c
    WHERE id = %(conversation_id)s AND EXISTS (
        SELECT 1 FROM messaging_member m
        WHERE m.conversation_id = c.id AND m.user_id = %(sender_id)s AND m.left_at IS NULL
            AND (m.role = 'patient' OR m.practice_id IS NOT DISTINCT FROM %(acts_for)s)
    )
    FOR NO KEY UPDATE
), known AS (
    SELECT id FROM messaging_message
    WHERE conversation_id = %(conversation_id)s AND sender_id = %(sender_id)s AND client_id = %(client_id)s
), seat AS (
    UPDATE messaging_member m SET
        read_seq = CASE WHEN m.read_seq + m.own_unread = place.last_seq
            THEN place.last_seq + 1 ELSE m.read_seq END,
        own_unread = CASE WHEN m.read_seq + m.own_unread = place.last_seq
            THEN 0 ELSE m.own_unread + 1 END
    FROM place
    WHERE m.conversation_id = place.id AND m.user_id = %(sender_id)s AND m.left_at IS NULL
        AND place.read_only_at IS NULL AND NOT EXISTS (SELECT 1 FROM known)
    RETURNING m.conversation_id
), numbered AS (
    UPDATE messaging_conversation c SET
        last_seq = c.last_seq + 1,
        last_change = c.last_change + 1,
        last_sent_at = greatest(c.last_sent_at, %(at)s)
    FROM seat
    WHERE c.id = seat.conversation_id
    RETURNING c.last_seq, c.last_change
), stored AS (
    INSERT INTO messaging_message (
        id, practice_id, conversation_id, seq, change, sent_change, client_id, sender_id,
        body, body_hash, outcome, categories, sent_at
    )
    SELECT %(message_id)s, %(practice_id)s, %(conversation_id)s, last_seq, last_change, last_change,
        %(client_id)s, %(sender_id)s, %(body)s, %(body_hash)s, %(outcome)s, %(categories)s, %(at)s
    FROM numbered
    RETURNING seq, change
), audited AS (
    INSERT INTO messaging_messageaudit (
        id, practice_id, action, conversation_id, message_id, subject_id, body_hash, outcome, categories,
        source, rules, actor_user_id, session_id, token_id, system, via, ip, device, request_id, at,
        recorded_at, mac
    )
    SELECT %(audit_id)s, %(audit_practice_id)s, %(audit_action)s, %(audit_conversation_id)s,
        %(audit_message_id)s, %(audit_subject_id)s, %(audit_body_hash)s, %(audit_outcome)s,
        %(audit_categories)s, %(audit_source)s, %(audit_rules)s, %(audit_actor_user_id)s,
        %(audit_session_id)s, %(audit_token_id)s, %(audit_system)s, %(audit_via)s, %(audit_ip)s,
        %(audit_device)s, %(audit_request_id)s, %(audit_at)s, %(audit_recorded_at)s, %(audit_mac)s
    FROM stored
)
SELECT
    place.id IS NOT NULL AS is_member, place.read_only_at IS NOT NULL AS is_read_only,
    stored.seq AS seq, stored.change AS change,
    known.id AS known_id,
    ARRAY(
        SELECT user_id FROM messaging_member WHERE conversation_id = %(conversation_id)s AND left_at IS NULL
    ) AS recipients
FROM (VALUES (1)) AS always
    LEFT JOIN place ON true LEFT JOIN known ON true LEFT JOIN stored ON true
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
    "audit_practice_id": "uuid",
    "audit_action": "text",
    "audit_conversation_id": "uuid",
    "audit_message_id": "uuid",
    "audit_subject_id": "uuid",
    "audit_body_hash": "bytea",
    "audit_outcome": "text",
    "audit_categories": "jsonb",
    "audit_source": "text",
    "audit_rules": "jsonb",
    "audit_actor_user_id": "uuid",
    "audit_session_id": "text",
    "audit_token_id": "uuid",
    "audit_system": "text",
    "audit_via": "text",
    "audit_ip": "inet",
    "audit_device": "text",
    "audit_request_id": "uuid",
    "audit_at": "timestamptz",
    "audit_recorded_at": "timestamptz",
    "audit_mac": "bytea",
}

STORE: Final = Prepared("message_store", SQL, _TYPES)


class Row(NamedTuple):
    """What the statement says of one draft: stored when `seq` is there, a repeat when `known_id` is."""

    is_member: bool
    is_read_only: bool
    seq: int | None
    change: int | None
    known_id: UUID | None
    recipients: list[UUID]
