"""Moderation: what may be shown, and who needs help now. `moderator_default().judge(text)` is the way in."""

from messaging.moderation.port import Moderator
from messaging.moderation.rules import DETERMINISTIC


def moderator_default() -> Moderator:
    """The moderator that decides offline: no network, no clock, the same answer to the same text."""
    return DETERMINISTIC
