"""What may be asked about conversations. One function per question; every answer is for its viewer."""

from messaging.selectors.absence import absent_members
from messaging.selectors.alerts import (
    alerts_beyond_elsewhere,
    alerts_beyond_list,
    crisis_alert_conversations,
    crisis_alert_list,
    crisis_alert_total,
    crisis_alert_words,
)
from messaging.selectors.attachments import attachment_seen, thumbnail_link
from messaging.selectors.conversations import (
    conversation_circles,
    conversation_get,
    conversation_heads,
    conversation_list,
    conversation_others,
    conversations_ended,
    unread_total,
)
from messaging.selectors.elsewhere import waiting_elsewhere
from messaging.selectors.exports import export_parts
from messaging.selectors.hooks import CONVERSATIONS, MESSAGES, conversations_hooked, messages_hooked
from messaging.selectors.hours import (
    away_get,
    away_notices,
    away_view,
    notice_preview,
    office_hours_get,
    office_hours_view,
)
from messaging.selectors.later import (
    scheduled_beside,
    scheduled_get,
    scheduled_list,
    scheduled_own,
    scheduled_view,
)
from messaging.selectors.messages import (
    message_changes,
    message_get,
    message_history,
    message_list,
    message_seq_at,
)
from messaging.selectors.moderation import case_get, moderation_get, queue_counts
from messaging.selectors.pages import device_key, inbox_get, message_options, page_before, thread_get

__all__ = [
    "CONVERSATIONS",
    "MESSAGES",
    "absent_members",
    "alerts_beyond_elsewhere",
    "alerts_beyond_list",
    "attachment_seen",
    "away_get",
    "away_notices",
    "away_view",
    "case_get",
    "conversation_circles",
    "conversation_get",
    "conversation_heads",
    "conversation_list",
    "conversation_others",
    "conversations_ended",
    "conversations_hooked",
    "crisis_alert_conversations",
    "crisis_alert_list",
    "crisis_alert_total",
    "crisis_alert_words",
    "device_key",
    "export_parts",
    "inbox_get",
    "message_changes",
    "message_get",
    "message_history",
    "message_list",
    "message_options",
    "message_seq_at",
    "messages_hooked",
    "moderation_get",
    "notice_preview",
    "office_hours_get",
    "office_hours_view",
    "page_before",
    "queue_counts",
    "scheduled_beside",
    "scheduled_get",
    "scheduled_list",
    "scheduled_own",
    "scheduled_view",
    "thread_get",
    "thumbnail_link",
    "unread_total",
    "waiting_elsewhere",
]
