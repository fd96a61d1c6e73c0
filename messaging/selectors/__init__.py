"""What may be asked about conversations. One function per question; every answer is for its viewer."""

from messaging.selectors.alerts import crisis_alert_list, crisis_alert_total
from messaging.selectors.conversations import (
    conversation_get,
    conversation_heads,
    conversation_list,
    unread_total,
)
from messaging.selectors.messages import message_changes, message_get, message_list

__all__ = [
    "conversation_get",
    "conversation_heads",
    "conversation_list",
    "crisis_alert_list",
    "crisis_alert_total",
    "message_changes",
    "message_get",
    "message_list",
    "unread_total",
]
