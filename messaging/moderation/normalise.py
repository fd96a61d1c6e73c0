"""One text, read the way a person reads it, however it was typed.

`normalise` gives three views. `surface` is the text in lower case without disguise of characters: it has no
look-alikes, compatibility forms, accents or invisible characters, but still numbers, links and punctuation.
`words` goes on: spaced-out letters are joined, digits for letters are letters again, drawn-out words are
shortened. What is left is words with one space between them, with `.` and `,` as words of their own. It
begins and ends with `.`.

A new line, an emoji or a dot inside "i.want" may end a sentence or stand for a space; nobody can tell. So
`words` takes it for a pause and `joined` for a space. Whoever looks for danger looks at both.

Each view is its own normal form, and each step is one pass over the text: tables are looked up per character,
and the patterns are RE2's, or such as never go far back. No character grows to more than four.
"""

import re
import unicodedata
from dataclasses import dataclass

from messaging.moderation.characters import DISGUISES, LAUGHTER, LOOKALIKES, PICTURES, REMOVED
from messaging.moderation.disguises import RESPELT, undisguise


@dataclass(frozen=True, slots=True)
class Reading:
    """The views of a text that rules look at. `joined` is most often the same as `words`."""

    surface: str
    words: str
    joined: str


def normalise(text: str) -> Reading:
    """Return all views of `text`. Never raises; linear in its length."""
    surface = _surface(text)
    words = _words(surface, _PAUSE_OR_SPACE_AS_PAUSE)
    return Reading(surface, words, _joined(text, surface, words))


# Characters -------------------------------------------------------------------------------------------------

_WORD = re.compile(r"[\w']++")
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz")


def _surface(text: str) -> str:
    # Stacked marks go first: sorting a long run of them is the one quadratic step of Unicode normalisation.
    text = text.translate(REMOVED)
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).translate(DISGUISES).lower().translate(REMOVED)
    return text if text.isascii() else _lookalikes_fold(text)


def _lookalikes_fold(text: str) -> str:
    """Fold letters of other scripts that stand in for Latin ones, and leave real Russian or Greek alone.

    A word that mixes such letters with Latin ones is a disguise. So is a word of nothing but look-alikes,
    unless the same text has words that cannot be Latin: then it is taken at its word.
    """
    mixed: dict[str, str] = {}
    foreign = False
    for word in set(_WORD.findall(text)):
        if word.isascii():
            continue
        folded = word.translate(LOOKALIKES)
        if not _LATIN.isdisjoint(word):
            mixed[word] = folded
        elif not folded.isascii():
            foreign = True
    if not foreign:
        return text.translate(LOOKALIKES)
    return _WORD.sub(lambda match: mixed.get(match[0], match[0]), text) if mixed else text


# Words ------------------------------------------------------------------------------------------------------

_APART = {ord("。"): ".", ord("_"): "-", ord("'"): "", ord("、"): ",", ord("،"): ","}
_PAUSE_OR_SPACE_AS_PAUSE = (
    _APART | {ord(char): "," for char in PICTURES} | {ord(char): " lol " for char in LAUGHTER}
)
_PAUSE_OR_SPACE_AS_SPACE = _PAUSE_OR_SPACE_AS_PAUSE | {ord(char): " " for char in PICTURES}
_PUNCTUATION = {ord(char): " " for char in '"#$%&()+-/<=>@[\\]^`{|}~*'}
_PUNCTUATION |= {ord(char): " . " for char in ".!?;\n"} | {ord(char): " , " for char in ",:"}
_PUNCTUATION |= {ord("\x1a"): "*"}
_PAUSES = frozenset(".,")
LONGEST_WORD = 20
"""Longer ones are cut: no rule asks for such a word, and each may then count on it."""
_TAG = re.compile(r"</?+[a-z][^<>]{0,80}+>")


def _words(surface: str, apart: dict[int, str]) -> str:
    if "<" in surface:
        surface = _TAG.sub(" ", surface)
    plain = surface.isascii()  # most texts: two replacements then do what the table says
    text = surface.replace("'", "").replace("_", "-") if plain else surface.translate(apart)
    text = undisguise(text).translate(_PUNCTUATION)
    words = text.split()
    if max(map(len, words), default=0) > LONGEST_WORD:
        words = [word[:LONGEST_WORD] for word in words]
    return " ".join(_pauses_once(words))


def _pauses_once(words: list[str]) -> list[str]:
    """Keep one pause of several in a row, a full stop rather than a comma, and one at either end."""
    kept = ["."]
    for word in [*words, "."]:
        if word not in _PAUSES or kept[-1] not in _PAUSES:
            kept.append(RESPELT.get(word, word))
        elif word == ".":
            kept[-1] = word
    return kept


# What may be a space ----------------------------------------------------------------------------------------

_DOT_IN_WORD = re.compile(r"(?<=[a-z])[.,]++(?=[a-z])")
_LAUGHTER_BETWEEN = re.compile(rf"(?<![{LAUGHTER}])[{LAUGHTER}]++\s*+(?=[a-z])")
_L_LOOKS_LIKE_I = re.compile(r"(?<=[a-z])I++")
_ONE_WORD_SENTENCES = re.compile(r"(?:[.,] [^ .,]++ (?=[.,])){3,}[.,]")


def _joined(text: str, surface: str, words: str) -> str:
    """The words once more, with spaces for what may be one, and "kiII myseIf" read as it looks."""
    joined = words
    disguised = "I" in text and _L_LOOKS_LIKE_I.search(text) is not None
    if disguised:
        surface = _surface(_L_LOOKS_LIKE_I.sub(lambda match: "l" * len(match[0]), text))
    if disguised or "\n" in surface or not surface.isascii() or _DOT_IN_WORD.search(surface):
        spaced = _DOT_IN_WORD.sub(
            " ", _LAUGHTER_BETWEEN.sub(" ", surface.replace("\n\n", ". ").replace("\n", " "))
        )
        joined = _words(spaced, _PAUSE_OR_SPACE_AS_SPACE)
    return _ONE_WORD_SENTENCES.sub(_sentences_join, joined)


def _sentences_join(match: re.Match[str]) -> str:
    """Make one sentence of "I. want. to. die."."""
    return f". {' '.join(word for word in match[0].split() if word not in _PAUSES)} ."
