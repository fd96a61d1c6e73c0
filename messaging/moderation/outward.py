"""What of a text may leave for a live service: the words, and nothing that says whose they are. Pure.

The text goes out as the rules read it (`normalise.surface`: lower case, without look-alikes, invisible
characters or accents), so a disguise fools neither reader. In it are replaced: the names of the people in
the conversation, each word of them; addresses of mail and pages; handles; dates; street addresses; numbers of
five digits or more, however they are grouped. Shorter numbers stay ("30 pills", "in 2 hours"): the
verdict may hang on them. Names of other people cannot be told from words, and stay (docs/moderation.md).
"""

import re
from collections.abc import Iterable

import re2

from messaging.moderation.normalise import normalise

# No part of a name that stands for a person.
_NO_NAMES = frozenset(
    (
        *("dr", "mr", "mrs", "ms", "mx", "prof", "phd", "md", "lcsw", "lmft", "lpc", "jr", "sr"),
        *("de", "del", "la", "le", "van", "von", "der", "den", "da", "di", "dos", "du", "the", "and", "of"),
    )
)
_SHORTEST_NAME = 2
_WORD = re.compile(r"[^\W\d_]+")

_HOST = r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})"
_ENDINGS = "com|org|net|edu|gov|io|co|me|us|app"
_SIDES = "north|south|east|west|[nsew]"
_STREETS = "street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|court|ct|place|way|terrace"
_REPLACED = [
    (re2.compile(pattern), by)
    for pattern, by in (
        (rf"[a-z0-9._%+-]{{1,64}}\s?(?:@|\(at\)|\[at\])\s?{_HOST}{{1,5}}", "[email]"),
        (r"(?:https?://|www\.)[^\s<>]{1,500}", "[link]"),
        (rf"\b{_HOST}{{0,3}}\.(?:{_ENDINGS})\b(?:/[^\s<>]{{0,300}})?", "[link]"),
        (r"@[a-z0-9_.]{2,40}", "[handle]"),
        (
            rf"\b[0-9]{{1,6}}(?: (?:{_SIDES}))?(?: [a-z0-9']{{2,20}}){{1,3}} (?:{_STREETS})\b",
            "[address]",
        ),
        (r"\b[0-9]{4}[/.-][0-9]{1,2}[/.-][0-9]{1,2}\b", "[date]"),
        (r"\b[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}\b", "[date]"),
        (r"\+?(?:[0-9][\s().-]{0,3}){4,40}[0-9]", "[number]"),
    )
]


def text_outward(text: str, names: Iterable[str]) -> str:
    """`text` as it may be sent to a live service; `names` are those of the people in the conversation."""
    outward = normalise(text).surface
    for pattern, by in _REPLACED:
        outward = pattern.sub(by, outward)
    hidden = _parts(names)
    if not hidden:
        return outward
    return _WORD.sub(lambda match: "[name]" if _is_hidden(match[0], hidden) else match[0], outward)


def _parts(names: Iterable[str]) -> frozenset[str]:
    """The words of all names as the surface of a text would have them."""
    return frozenset(
        part
        for name in names
        for part in _WORD.findall(normalise(name).surface)
        if len(part) >= _SHORTEST_NAME and part not in _NO_NAMES
    )


def _is_hidden(word: str, hidden: frozenset[str]) -> bool:
    return word in hidden or (word.endswith("s") and word[:-1] in hidden)
