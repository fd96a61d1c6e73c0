"""The tables of messaging, by noun."""

from messaging.models.conversations import (
    OUTCOMES,
    Conversation,
    CrisisAlert,
    Member,
    Message,
    MessageAudit,
    MessageVersion,
    Reveal,
)
from messaging.models.moderation import ModerationChoice, Recheck

__all__ = [
    "OUTCOMES",
    "Conversation",
    "CrisisAlert",
    "Member",
    "Message",
    "MessageAudit",
    "MessageVersion",
    "ModerationChoice",
    "Recheck",
    "Reveal",
]
