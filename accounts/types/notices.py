"""What Bloom tells people, in which ways, and what they want of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

# What the bell counts up to; beyond it there are "more".
NOTICES_COUNTED = 9
# The kind of what touches the security of an account, whichever room sends it.
SECURITY_NOTICES = "security"


class NoticeChannel(StrEnum):
    """The ways in which a notice comes."""

    APP = "app"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeChoiceView:
    """One kind of notice by one way, as its person has it. `locked` says why it cannot be turned off."""

    kind: str
    channel: NoticeChannel
    title: Any
    hint: Any
    is_wanted: bool
    locked: Any

    @property
    def key(self) -> str:
        """Its name in a form."""
        return f"{self.kind}.{self.channel}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSaid:
    """A notice in its reader's words; `url` is the page that it leads to, or nothing."""

    title: str
    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A notice as its person reads it."""

    id: UUID
    kind: str
    code: str
    kind_title: Any
    said: NoticeSaid
    created_at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLetter:
    """A notice that is about to be mailed, and to whom."""

    id: UUID
    person_id: UUID
    kind: str
    code: str
    params: Mapping[str, Any]
    created_at: datetime
    email: str
    locale: str
    time_zone: str
