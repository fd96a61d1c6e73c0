"""The one question that messaging asks of a moderator."""

from typing import Protocol

from messaging.moderation.types import Verdict


class Moderator(Protocol):
    """Decides about a text before anyone but its author sees it."""

    def judge(self, text: str) -> Verdict:
        """Return the decision about `text`. Any string is a valid question."""
        ...
