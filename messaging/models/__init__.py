"""The tables of messaging, by noun."""

from messaging.models.absence import AbsenceNotice
from messaging.models.alerts import AlertBeyond, CrisisAlert
from messaging.models.attachments import Attachment
from messaging.models.conversations import (
    OUTCOMES,
    Conversation,
    Member,
    Message,
    MessageVersion,
    Reaction,
    Reveal,
    seat_holds,
)
from messaging.models.hours import AwayPeriod, PracticeHours
from messaging.models.later import ScheduledMessage
from messaging.models.moderation import CaseNote, ModerationCase, ModerationChoice, QueueItem, Recheck
from messaging.models.record import MessageAudit

__all__ = [
    "OUTCOMES",
    "AbsenceNotice",
    "AlertBeyond",
    "Attachment",
    "AwayPeriod",
    "CaseNote",
    "Conversation",
    "CrisisAlert",
    "Member",
    "Message",
    "MessageAudit",
    "MessageVersion",
    "ModerationCase",
    "ModerationChoice",
    "PracticeHours",
    "QueueItem",
    "Reaction",
    "Recheck",
    "Reveal",
    "ScheduledMessage",
    "seat_holds",
]
