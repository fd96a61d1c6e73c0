"""The address at which a calendar program reads somebody's appointments."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

# What stands in a feed: from so long ago, until so far ahead, and no more than so much.
FEED_BEHIND: Final = timedelta(days=90)
FEED_AHEAD: Final = timedelta(days=400)
FEED_MOST: Final = 2_000
# How often a program is asked to come again.
FEED_EVERY: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """Whether there is one, and when it was read last; its address is told once, when it is made."""

    id: UUID
    made_at: datetime
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedText:
    """What a program gets, and the mark by which it knows whether that is new."""

    text: str
    mark: str
