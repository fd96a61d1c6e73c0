"""What can happen in conversations: one function for each."""

from messaging.services.absence import absent_tell
from messaging.services.alerts import (
    crisis_alert_acknowledge,
    crisis_alert_raise,
    crisis_alert_take,
    crisis_alerts_widen,
)
from messaging.services.arranging import conversation_arrange
from messaging.services.attachments import attachment_fetch
from messaging.services.changes import amessage_edit, message_delete, message_edit, message_history_open
from messaging.services.conversations import conversation_follow, conversation_open
from messaging.services.due import scheduled_forget, scheduled_send, scheduled_send_due
from messaging.services.hours import away_end, away_set, office_hours_change, spans_say
from messaging.services.later import scheduled_cancel, scheduled_change, scheduled_plan
from messaging.services.moderation import messages_remoderate, moderation_switch
from messaging.services.queue import case_assign, case_decide, case_note, case_take
from messaging.services.reactions import reaction_toggle
from messaging.services.reading import conversation_read, message_reveal
from messaging.services.sending import FEED, amessage_send, message_send
from messaging.services.typing import typing_tell

__all__ = [
    "FEED",
    "absent_tell",
    "amessage_edit",
    "amessage_send",
    "attachment_fetch",
    "away_end",
    "away_set",
    "case_assign",
    "case_decide",
    "case_note",
    "case_take",
    "conversation_arrange",
    "conversation_follow",
    "conversation_open",
    "conversation_read",
    "crisis_alert_acknowledge",
    "crisis_alert_raise",
    "crisis_alert_take",
    "crisis_alerts_widen",
    "message_delete",
    "message_edit",
    "message_history_open",
    "message_reveal",
    "message_send",
    "messages_remoderate",
    "moderation_switch",
    "office_hours_change",
    "reaction_toggle",
    "scheduled_cancel",
    "scheduled_change",
    "scheduled_forget",
    "scheduled_plan",
    "scheduled_send",
    "scheduled_send_due",
    "spans_say",
    "typing_tell",
]
