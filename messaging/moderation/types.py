"""What a moderator answers, whichever moderator it is."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What happens to a text, mildest first. The wire values are public (the wire contract names them)."""

    ALLOW = "allow"
    BLUR = "blur"
    BLOCK = "block"
    CRISIS = "crisis"

    @property
    def rank(self) -> int:
        """How strong this outcome is: when several apply, the highest rank wins."""
        return _RANKS[self]


_RANKS = {outcome: rank for rank, outcome in enumerate(Outcome)}


class Source(StrEnum):
    """Who decided. The rules take part in every decision."""

    DETERMINISTIC = "deterministic"
    """The rules alone, as they should: no live service is used here, or nothing could be stricter."""
    LIVE = "deterministic+openai"
    """The rules and the live service: the stricter of both."""
    PERSON = "person"
    """Somebody of the staff lifted what was decided."""
    FALLBACK = "fallback"
    """The rules alone, because the live service did not answer: it is asked again later."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decision about one text. It holds names only, never the text or a part of it.

    `categories` are keys of `categories.CATEGORIES`, in that table's order; `source` names the moderator that
    decided; `rules` are the ids of the rules that fired, for the audit and for whoever mends a rule.
    """

    outcome: Outcome
    categories: tuple[str, ...] = ()
    source: str = Source.DETERMINISTIC.value
    rules: tuple[str, ...] = ()
