"""Who says it, and when: what a match becomes before excuses look at it.

A wish that stands in the first person and the present ("I want to M") is not taken back by a story of the
past or by another person in the same sentence, and what its speaker insists on ("I used to, and now I do
again") is taken back by nothing. The capitals are free for this: the views are lower case.
"""

from dataclasses import dataclass
from typing import Any

FOUND, MINE, NOW, FIRM = b"M", b"I", b"P", b"F"
"""A match; one that begins with "I"; one in the first person and the present; one that nothing excuses."""

ANY, NOT_NOW, NOT_MINE = "[MIP]", "[MI]", "M"
"""The same in an excuse's pattern, where a template says {match}, {not_now} or {not_mine}."""


@dataclass(frozen=True, slots=True)
class Senses:
    """The compiled `senses` of the data files. None of them: every match is just that."""

    mine: Any | None = None  # RE2's compiled expressions; the library has no types
    now: Any | None = None
    now_before: Any | None = None
    firm: Any | None = None

    def mark(self, found: bytes) -> bytes:
        """The letter for a match, between the pauses at its ends: an excuse sees where a sentence ends."""
        before = found[:1] + b" " if found[:1] in b"SC" else b""
        after = b" " + found[-1:] if found[-1:] in b"SC" else b""
        letter = FOUND
        if self.now is not None and self.now.match(found) is not None:
            letter = NOW
        elif self.mine is not None and self.mine.match(found) is not None:
            letter = MINE
        return before + letter + after

    def read(self, marked: bytes) -> bytes:
        """Look at what stands around the letters, and change those that it makes stronger."""
        if self.now_before is not None:
            marked = self.now_before.sub(_now, marked)
        if self.firm is not None:
            marked = self.firm.sub(_firm, marked)
        return marked


def _now(match: Any) -> bytes:
    found: bytes = match.group()
    return found[:-1] + NOW


def _firm(match: Any) -> bytes:
    return FIRM
