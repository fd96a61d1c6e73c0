"""A live service for moderation, in our words."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Protocol

Scores = Mapping[str, float]
"""How sure the service is, from 0 to 1, for each of its categories: all of them, always."""


class LiveUnavailable(Exception):
    """No verdict of the live service. `reason` is one of the codes below, `retry_after` seconds if told."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    FULL = "full"
    FAILED = "failed"
    MALFORMED = "malformed"
    INCOMPLETE = "incomplete"
    REFUSED_KEY = "refused_key"
    REJECTED = "rejected"

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after

    @property
    def is_about_text(self) -> bool:
        """The service is well, and does not take this one text."""
        return self.reason == self.REJECTED

    @property
    def is_ours(self) -> bool:
        """Too many questions of this process wait already: the service was not asked at all."""
        return self.reason == self.FULL


class LiveModerator(Protocol):
    def ask(self, text: str, *, deadline: float) -> "Future[Scores]":
        """The scores of `text`, which holds no names or ids, within `deadline` seconds from now in total.

        Returns at once; the future raises LiveUnavailable, and nothing else.
        """
        ...
