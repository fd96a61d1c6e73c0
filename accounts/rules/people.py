"""Names, addresses and time zones."""

import unicodedata
from uuid import UUID
from zoneinfo import available_timezones

from accounts.types import NAME_LENGTH
from bloom.kernel.text import is_blank

_ZONES = frozenset(available_timezones())


def email_normal(email: str) -> str:
    """The one spelling under which an address is stored and looked up."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def name_problem(name: str) -> str | None:
    """Why `name` cannot be a person's name ("blank", "long", "characters"), or None when it can."""
    if is_blank(name):
        return "blank"
    if len(name) > NAME_LENGTH:
        return "long"
    # Direction overrides and control characters would let one name pass for another's.
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for character in name):
        return "characters"
    if any(character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for character in name):
        return "characters"
    return None


def time_zone_is_known(name: str) -> bool:
    return name in _ZONES


def time_zone_or_utc(name: str) -> str:
    """`name` when it is a time zone, else "UTC": what a browser claims is only a hint."""
    return name if time_zone_is_known(name) else "UTC"


def person_is_seeded(person_id: UUID) -> bool:
    """Was this person made by seed_demo? Those have derived ids (version 5), and all others random ones."""
    return person_id.version == 5
