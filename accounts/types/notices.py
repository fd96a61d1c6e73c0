"""What Bloom writes to people about, and what they want of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class NoticeChannel(StrEnum):
    """The ways in which a notice comes."""

    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
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
