"""What may be asked about conversations. One function per question; every answer is for its viewer."""

from messaging.selectors.alerts import crisis_alert_list, crisis_alert_total
from messaging.selectors.conversations import (
    conversation_get,
    conversation_heads,
    conversation_list,
    conversation_others,
    unread_total,
)
from messaging.selectors.exports import export_parts
from messaging.selectors.messages import message_changes, message_get, message_history, message_list
from messaging.selectors.moderation import moderation_get, queue_counts
from messaging.selectors.pages import inbox_get, message_options, thread_get

__all__ = [
    "conversation_get",
    "conversation_heads",
    "conversation_list",
    "conversation_others",
    "crisis_alert_list",
    "crisis_alert_total",
    "export_parts",
    "inbox_get",
    "message_changes",
    "message_get",
    "message_history",
    "message_list",
    "message_options",
    "moderation_get",
    "queue_counts",
    "thread_get",
    "unread_total",
]
