"""What can happen in conversations: one function for each."""

from messaging.services.alerts import crisis_alert_acknowledge
from messaging.services.changes import amessage_edit, message_delete, message_edit, message_history_open
from messaging.services.conversations import conversation_follow, conversation_open
from messaging.services.moderation import messages_remoderate, moderation_switch
from messaging.services.queue import case_decide, case_take
from messaging.services.reactions import reaction_toggle
from messaging.services.reading import conversation_read, message_reveal
from messaging.services.sending import FEED, amessage_send, message_send
from messaging.services.typing import typing_tell

__all__ = [
    "FEED",
    "amessage_edit",
    "amessage_send",
    "case_decide",
    "case_take",
    "conversation_follow",
    "conversation_open",
    "conversation_read",
    "crisis_alert_acknowledge",
    "message_delete",
    "message_edit",
    "message_history_open",
    "message_reveal",
    "message_send",
    "messages_remoderate",
    "moderation_switch",
    "reaction_toggle",
    "typing_tell",
]
