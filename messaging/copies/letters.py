"""Text as a PDF can draw it: signs that the font lacks are replaced, lines from right to left turned.

Pure, but for the font that it is given.
"""

import unicodedata
from collections.abc import Callable, Container, Iterator

import arabic_reshaper
from bidi import get_display

# What stands for a sign that the font lacks and that has no name for people.
MISSING = "\u25a1"
_RTL = frozenset({"R", "AL"})
_STRONG = frozenset({"L", *_RTL})
# Joiners, variation selectors and skin tones change a sign before them: without it they say nothing.
_SILENT = frozenset({0x200D, 0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400)})


def drawable(text: str, glyphs: Container[int]) -> str:
    """The text in signs that the font has: an emoji becomes its name in brackets, another one a box."""
    if all(ord(each) in glyphs for each in text):
        return text
    return "".join(_sign(each, glyphs) for each in text)


def _sign(sign: str, glyphs: Container[int]) -> str:
    code, category = ord(sign), unicodedata.category(sign)
    if sign == "\n" or code in glyphs:
        return sign
    if code in _SILENT or category in {"Cf", "Cc", "Mn"}:
        return " " if sign == "\t" else ""
    if category == "Zs":
        return " "
    name = unicodedata.name(sign, "")
    return f"[{name.lower()}]" if category == "So" and name else MISSING


def is_rtl(text: str) -> bool:
    """Does this text run from right to left? Its first strong sign says so."""
    kinds = (unicodedata.bidirectional(each) for each in text)
    return next((kind in _RTL for kind in kinds if kind in _STRONG), False)


def lines_of(text: str, width: float, measure: Callable[[str], float]) -> Iterator[tuple[str, bool]]:
    """The text broken into lines of at most this width, each as it is drawn from left to right, and whether
    it stands at the right.
    """
    for paragraph in text.split("\n"):
        turned = is_rtl(paragraph)
        for line in _wrapped(paragraph, width, measure):
            yield visual(line, turned=turned), turned


def visual(line: str, *, turned: bool) -> str:
    """The signs of a line in the order in which they are drawn, Arabic letters joined."""
    if all(unicodedata.bidirectional(each) not in _RTL for each in line):
        return line
    return str(get_display(arabic_reshaper.reshape(line), base_dir="R" if turned else "L"))


def _wrapped(paragraph: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    # The font's signs stand side by side without kerning: widths add up.
    space = measure(" ")
    line, used = "", 0.0
    for word in paragraph.split(" "):
        wide = measure(word)
        if line and used + space + wide <= width:
            line, used = f"{line} {word}", used + space + wide
            continue
        if line:
            yield line
        line, used = word, wide
        while used > width:
            part = _head(line, width, measure)
            yield part
            line = line[len(part) :]
            used = measure(line)
    yield line


def _head(word: str, width: float, measure: Callable[[str], float]) -> str:
    """As much of a word as fits, one sign at least."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(word[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return word[:low]
