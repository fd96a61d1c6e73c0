"""One text, read the way a person reads it, however it was typed.

`normalise` gives two views. `surface` is the text in lower case without disguise of characters: compatibility
forms, look-alikes, accents and invisible characters are gone; numbers, links and punctuation are still there.
`words` goes on: spaced-out letters are joined, digits for letters are letters again, drawn-out words
are shortened. What is left is words with one space between them, with `.` and `,` as words of their own. It
begins and ends with `.`.

Each view is its own normal form, and each step is one pass over the text: tables are looked up per character,
and the patterns are RE2's, which knows no backtracking.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any

import re2

from messaging.moderation.characters import DISGUISES, LOOKALIKES, PICTURES, REMOVED


@dataclass(frozen=True, slots=True)
class Reading:
    """The two views of a text that rules look at."""

    surface: str
    words: str


def normalise(text: str) -> Reading:
    """Return both views of `text`. Never raises; linear in its length."""
    surface = _surface(text)
    return Reading(surface, _words(surface))


_WORD = re2.compile(r"[\pL\pN']+")
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
    foreign = any(
        not word.isascii() and _LATIN.isdisjoint(word) and not _may_be_latin(word)
        for word in _WORD.findall(text)
    )

    def fold(match: Any) -> str:  # RE2's match; the library has no types
        word: str = match.group()
        disguised = not _LATIN.isdisjoint(word) or (not foreign and _may_be_latin(word))
        return word.translate(LOOKALIKES) if disguised else word

    return str(_WORD.sub(fold, text))


def _may_be_latin(word: str) -> bool:
    return all(ord(char) in LOOKALIKES or char.isascii() for char in word)


# A digit or sign for a letter, in a word that begins with a letter: "k1ll", "di3", "pa$$". Not "5mg", "die!".
_LEET = re2.compile(r"\b[a-z][a-z013457@$!]{0,30}(?:[013457]|[@$!][a-z])[a-z013457]{0,30}\b")
_LEET_LETTERS = str.maketrans("013457@$!", "oieastasi")

_DRAWN_OUT = re2.compile("|".join(f"{letter}{{3,}}" for letter in sorted(_LATIN)))
_OFTEN_DOUBLE = frozenset("eol")

# "k i l l", "k.i.l.l", "k-1-l-l": single letters and what stands between them. A last "i" may be a word.
_GAP = r"[\s!-/:-@\[-`{-~]+"
_SPACED = re2.compile(rf"\b[a-z](?:{_GAP}[a-z013457])+{_GAP}[a-hj-z]\b")
_SEPARATOR = re2.compile(_GAP)

# "iwanttodie", "#endmylife": words that are only run together by people who hide them, or hurry.
_RUN_WORDS = (
    "wanna|want|gonna|going|think|thinking|about|kill|killing|die|dying|dead|end|ending|life|myself|hurt|cut|cutting"
    "|hate|suicide|suicidal|unalive|dont|not|live|living|alive|anymore|here|feel|like|just|please|help|thoughts"
    "|send|nudes|kys|you|stupid|bitch|to|my|be|me|im|it|all|of"
)
_RUN = re2.compile(rf"\b(?:iwant|iwanna|(?:i?(?:{_RUN_WORDS})){{2,20}})\b")
_RUN_PART = re2.compile(rf"{_RUN_WORDS}|i")

_STARRED = re2.compile(r"([a-z])\*{1,6}([a-z])")
_APART = {ord(char): "," for char in f"、،{PICTURES}"} | {ord("。"): ".", ord("_"): "-", ord("'"): ""}
_PUNCTUATION = {ord(char): " " for char in '"#$%&()+-/<=>@[\\]^`{|}~*'}
_PUNCTUATION |= {ord(char): " . " for char in ".!?;\n"} | {ord(char): " , " for char in ",:"}
_PUNCTUATION |= {ord("\x1a"): "*"}
_PAUSES = frozenset(".,")


# One look for all of these: most texts hold none of them.
_DISGUISED = re2.compile("|".join(p.pattern for p in (_LEET, _DRAWN_OUT, _SPACED, _STARRED, _RUN)))


def _words(surface: str) -> str:
    text = surface.translate(_APART)
    if _DISGUISED.search(text) is None:
        return " ".join(_pauses_once(text.translate(_PUNCTUATION).split()))
    text = _LEET.sub(lambda match: match.group().translate(_LEET_LETTERS), text)
    text = _DRAWN_OUT.sub(_letters_shorten, text)
    text = _SPACED.sub(_spaced_join, text)
    text = _STARRED.sub("\\1\x1a\\2", text)  # a control character, which the surface cannot hold
    text = " ".join(_pauses_once(text.translate(_PUNCTUATION).split()))
    return str(_RUN.sub(_run_split, text))


def _letters_shorten(match: Any) -> str:
    """Two letters where English often doubles them ("feeel", "killl"), else one ("dieee", "myyyself")."""
    letter: str = match.group()[0]
    goes_on = match.string[match.end() : match.end() + 1].isalpha()
    return letter * 2 if letter in _OFTEN_DOUBLE and (letter == "l" or goes_on) else letter


def _spaced_join(match: Any) -> str:
    """Join the letters of one run; an unusual gap with a space in it stands between words."""
    run: str = match.group()
    gaps = _SEPARATOR.findall(run)
    usual = Counter(gaps).most_common(1)[0][0]
    letters = _SEPARATOR.split(run)
    words = [letters[0]]
    for gap, letter in zip(gaps, letters[1:], strict=True):
        if gap != usual and " " in gap:
            words.append(letter)
        else:
            words[-1] += letter
    joined = " ".join(words) if all(len(word) > 1 for word in words) else "".join(words)
    return str(_DRAWN_OUT.sub(_letters_shorten, joined.translate(_LEET_LETTERS)))


def _run_split(match: Any) -> str:
    run: str = match.group()
    return run if len(run) < 7 and not run.startswith("iw") else " ".join(_RUN_PART.findall(run))


def _pauses_once(words: list[str]) -> list[str]:
    """Keep one pause of several in a row, a full stop rather than a comma, and one at either end."""
    kept = ["."]
    for word in [*words, "."]:
        if word not in _PAUSES or kept[-1] not in _PAUSES:
            kept.append(word)
        elif word == ".":
            kept[-1] = word
    return kept
