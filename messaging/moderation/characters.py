"""Tables of characters: which are invisible, and which only look like a plain letter.

Built once at import from the Unicode database and from Unicode's own table of confusables.
"""

import unicodedata
from collections.abc import Iterator

from confusable_homoglyphs import confusables

_ASCII_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # blank, yet letters or marks to Unicode
LAUGHTER = "😂🤣😆😹💀☠"
"""What says that it was a joke, or ends one: it is read as "lol"."""

_GROWS_TOO_MUCH = 4
_QUOTES = {
    "‘": "'",
    "’": "'",
    "‛": "'",
    "ʼ": "'",
    "′": "'",
    "`": "'",
    "´": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
}

_SMALL_CAPITAL = "LATIN LETTER SMALL CAPITAL "

# Letters near enough to read, though Unicode lists only their capitals, or none of them, as look-alikes.
_READS_AS = dict(zip("вкмнтўиαβεζηικνορσςτυχωγμ", "bkmhtyuabezniknopsstuxwyu", strict=True))


def _assigned() -> Iterator[str]:
    """Every character of the planes in use: 0, 1 and the one of tags and variation selectors."""
    for start, end in ((0, 0xD800), (0xD800, 0x20000), (0xE0000, 0xE1000)):
        yield from map(chr, range(start, end))


def _is_invisible(char: str) -> bool:
    """Whether a reader sees nothing of it: format and control characters, surrogates, marks that stack."""
    category = unicodedata.category(char)
    if category in ("Cc", "Cf", "Cs", "Co", "Me") or char in _FILLERS:
        return True
    if category == "Mn":
        return (
            unicodedata.combining(char) > 0
            or 0xFE00 <= ord(char) <= 0xFE0F
            or 0xE0100 <= ord(char) <= 0xE01EF
        )
    return category == "Cc" or char in _FILLERS


def _removed() -> dict[int, str]:
    table = {ord(char): "" for char in _assigned() if _is_invisible(char)}
    table |= {ord(char): " " for char in "\t\x0b\x0c\x1c\x1d\x1e\x1f\u2800"}
    table |= {ord(char): "\n" for char in "\n\r\x85\u2028\u2029"}
    table |= {ord(char): " " for char in _assigned() if _is_phrase(char)}
    return table


def _is_phrase(char: str) -> bool:
    """Whether compatibility makes more than a few characters of it: U+FDFA alone is 18."""
    return len(unicodedata.normalize("NFKC", char)) > _GROWS_TOO_MUCH


def _plain_letter(char: str) -> str:
    """The plain letter that this character is drawn from ("é", "ł"), or nothing."""
    base = unicodedata.normalize("NFKD", char)[0].lower()
    return base if base in _ASCII_LETTERS else ""


def _lookalike_letter(char: str) -> str:
    for candidate in (char, char.lower(), char.upper()):
        if candidate in _READS_AS:
            return _READS_AS[candidate]
        for entry in confusables.confusables_data.get(candidate, ()):
            if entry["c"].lower() in _ASCII_LETTERS:
                return str(entry["c"].lower())
    return ""


def _disguises() -> tuple[dict[int, str], dict[int, str]]:
    always: dict[int, str] = {ord(char): plain for char, plain in _QUOTES.items()}
    by_context: dict[int, str] = {}
    for char in _assigned():
        if char.isascii() or ord(char) in always or 0xD800 <= ord(char) < 0xE000:
            continue
        category, name = unicodedata.category(char), unicodedata.name(char, "")
        if category[0] == "L":
            if name.startswith(_SMALL_CAPITAL) and len(name) == len(_SMALL_CAPITAL) + 1:
                always[ord(char)] = name[-1].lower()
            elif plain := _plain_letter(char):
                always[ord(char)] = plain
            elif plain := _lookalike_letter(char):
                (always if name.startswith("LATIN") else by_context)[ord(char)] = plain
        elif category in ("Zs", "Pd"):
            always[ord(char)] = " " if category == "Zs" else "-"
        elif "LATIN CAPITAL LETTER" in name or "REGIONAL INDICATOR" in name:  # 🅺 and 🇰 are symbols to Unicode
            always[ord(char)] = name[-1].lower()
    return always, by_context


REMOVED = _removed()
DISGUISES, LOOKALIKES = _disguises()
"""What always reads as plain characters; and what does so only in a word that is not one of its script."""


def _is_picture(char: str) -> bool:
    """Emoji, the tones of their skin, and other symbols."""
    return (
        unicodedata.category(char) in ("So", "Sk")
        and not char.isascii()
        and ord(char) not in DISGUISES
        and char not in LAUGHTER
    )


PICTURES = "".join(filter(_is_picture, _assigned()))
"""What people put between sentences, or between words."""
