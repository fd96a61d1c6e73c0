"""What a reader sees of a text. Pure."""

import unicodedata
from typing import Any, Final
from uuid import UUID

# Separators, controls and formatting.
_UNSEEN: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
# Empty, yet a letter, a mark or a sign to Unicode, or reserved to be ignored: joiners and fillers of several
# scripts, the braille cell without a dot, the null notehead, variation selectors.
_EMPTY: Final = frozenset(
    map(
        chr,
        (
            0x034F,
            *(0x115F, 0x1160, 0x3164, 0xFFA0),
            *(0x17B4, 0x17B5),
            *range(0x180B, 0x1810),
            0x2065,
            0x2800,
            *range(0xFE00, 0xFE10),
            *range(0xFFF0, 0xFFF9),
            0x1D159,
            *range(0xE0000, 0xE1000),
        ),
    )
)

_RTL: Final = frozenset({"R", "AL", "AN"})


def is_blank(text: str) -> bool:
    """True when nothing of it can be seen, as of a text of spaces, zero-width characters or fillers."""
    return all(char in _EMPTY or unicodedata.category(char) in _UNSEEN for char in text)


def isolated(text: str) -> str:
    """A name for running text: one that is written from right to left is closed off, so that what stands
    around it keeps its order.
    """
    if text.isascii() or not any(unicodedata.bidirectional(each) in _RTL for each in text):
        return text
    return f"\u2068{text}\u2069"


def row_name(row: Any) -> str:
    """What a row is called in the admin: by its own words, or what it is, where those are only its id."""
    words = str(row)
    try:
        UUID(words)
    except ValueError:
        return words
    return str(row._meta.verbose_name) if hasattr(row, "_meta") else words
