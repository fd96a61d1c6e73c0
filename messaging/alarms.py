"""What other rooms ask of moderation: does a text say that somebody may be in danger? (registry.alarm)"""

from messaging.moderation import moderator_default
from messaging.moderation.types import Outcome


def text_alarms(text: str) -> bool:
    """By the same rules as a message."""
    return moderator_default().judge(text).outcome is Outcome.CRISIS
