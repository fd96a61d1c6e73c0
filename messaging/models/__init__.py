"""The tables of messaging, by noun."""

from messaging.models.conversations import (
    OUTCOMES,
    Conversation,
    CrisisAlert,
    Member,
    Message,
    MessageAudit,
    MessageVersion,
    Reaction,
    Reveal,
)
from messaging.models.moderation import ModerationCase, ModerationChoice, QueueItem, Recheck

__all__ = [
    "OUTCOMES",
    "Conversation",
    "CrisisAlert",
    "Member",
    "Message",
    "MessageAudit",
    "MessageVersion",
    "ModerationCase",
    "ModerationChoice",
    "QueueItem",
    "Reaction",
    "Recheck",
    "Reveal",
]
