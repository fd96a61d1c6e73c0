"""What the pages hand to their templates."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.types import PracticeRef
from bloom.kernel.registry import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A person's first page: the day and the part of it where they are, and the cards of the rooms."""

    today: date
    part_of_day: str
    role: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What waits for somebody in a practice of theirs for which they do not act now: of which kinds."""

    practice: PracticeRef
    alert: bool
    message: bool
    request: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """One token in the style guide."""

    name: str
    meaning: Any
