"""Words that hide: "k1ll", "kiiill", "k i l l", "k*ll", "iwanttodie"."""

import re
from collections import Counter
from typing import Any

import re2

# A digit or sign for a letter, in a word that begins with a letter: "k1ll", "di3", "pa$$". Not "5mg", "die!".
_LEET = re.compile(r"\b[a-z]++[013457@$!][a-z013457@$!]*+(?![a-z0-9])")
_LEET_LETTERS = str.maketrans("013457@$!", "oieastasi")
_SIGNS = "@$!"

_DRAWN_OUT = re.compile(r"([a-z])\1\1++")
_OFTEN_DOUBLE = frozenset("eol")

# "k i l l", "k.i.l.l", "k-1-l-l": single letters and what stands between them. The group is not possessive:
# in a process that has run for long Python 3.11's `re` was seen to pass over the look ahead within such a
# group, and read "k.m.s\nThanks" as "kmst hanks". Nothing follows it, so there is nothing to go back for.
_GAP = r"[\s!-/:-@\[-`{-~]++"
_SPACED = re.compile(rf"\b[a-z]{_GAP}[a-z013457](?!\w)(?:{_GAP}[a-z013457](?!\w))+")
_SEPARATOR = re.compile(_GAP)
_MAY_BE_A_WORD = frozenset("i013457")
"""What is no letter of the word when it comes last: "see item A or B, C, I"."""

# "iwanttodie", "#endmylife": words that are only run together by people who hide them, or hurry.
_RUN_WORDS = (
    "wanna|want|gonna|going|think|thinking|about|kill|killing|die|dying|dead|end|ending|life|myself|hurt|cut|cutting"
    "|hate|suicide|suicidal|unalive|dont|not|live|living|alive|anymore|here|feel|like|just|please|help|thoughts"
    "|send|nudes|kys|you|stupid|bitch|to|my|be|me|im|it|all|of"
)
_RUN = re2.compile(rf"\b(?:iwant|iwanna|(?:i?(?:{_RUN_WORDS})){{2,20}})\b".encode())
_RUN_PART = re2.compile(rf"{_RUN_WORDS}|i".encode())

_STARRED = re.compile(r"(?<=[a-z])\*{1,6}+(?=[a-z])")
_STAR_KEPT = "\x1a"  # a control character, which the text cannot hold

RESPELT = {
    wrong: right
    for right, all_wrong in {
        "want": "wantt wannt wamt wnat wnt wantd",
        "wanna": "wana wnna wannna wanan wannaa",
        "anymore": "anymor anymre nemore animore anymo",
        "dont": "dnt dunt dontt",
        "cant": "cnt cantt",
        "myself": "myslef mysef myslf myelf mself mysel meself myselff myslelf",
        "suicide": "sucide suicde suiside siucide suidice suicid suiced",
        "suicidal": "sucidal suicidle suisidal suicdal suidical siucidal suicial",
        "killing": "killin kiling killn killign",
        "kill": "kil kll kilk",
        "die": "diee",
        "thinking": "thinkin thiking",
        "about": "abt abut bout",
        "really": "rly rlly realy",
        "tonight": "tonite tonigt",
        "because": "bc cuz coz bcuz",
        "quiero": "kiero qiero",
    }.items()
    for wrong in all_wrong.split()
}
"""Words as they are often mistyped where it matters. What rules see is the right one."""

# One look for all of these: most texts hold none of them.
_DISGUISED = re2.compile(
    "|".join(
        (
            r"[a-z][013457@$!]",
            "|".join(f"{letter}{letter}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
            r"\b[a-z][\s!-/:-@\[-`{-~]+[a-z013457][\s!-/:-@\[-`{-~]+[a-z013457]\b",
            r"[a-z]\*",
            r"\b(?:iwant|iwanna|(?:i?(?:" + _RUN_WORDS + r")){2,20})\b",
        )
    ).encode()
)


def undisguise(text: str) -> str:
    """Return the text with its words as they are meant; a star inside a word becomes a control character."""
    if _DISGUISED.search(text.encode()) is None:
        return text
    text = _LEET.sub(_leet_read, text)
    text = _DRAWN_OUT.sub(_letters_shorten, text)
    text = _SPACED.sub(_spaced_join, text)
    text = _STARRED.sub(_STAR_KEPT, text)
    return _runs_split(text)


def _leet_read(match: re.Match[str]) -> str:
    word = match[0]
    letters = word.rstrip(_SIGNS)
    return letters.translate(_LEET_LETTERS) + word[len(letters) :]


def _letters_shorten(match: re.Match[str]) -> str:
    """Two letters where English often doubles them ("feeel", "killl"), else one ("dieee", "myyyself")."""
    letter = match[1]
    goes_on = match.string[match.end() : match.end() + 1].isalpha()
    return letter * 2 if letter in _OFTEN_DOUBLE and (letter == "l" or goes_on) else letter


def _spaced_join(match: re.Match[str]) -> str:
    """Join the letters of one run; an unusual gap with a space in it stands between words."""
    letters, gaps = _SEPARATOR.split(match[0]), _SEPARATOR.findall(match[0])
    rest = ""
    while letters and letters[-1] in _MAY_BE_A_WORD:
        rest = gaps[len(letters) - 2] + letters.pop() + rest if len(letters) > 1 else letters.pop() + rest
    if len(letters) < 3:
        return match[0]
    gaps = gaps[: len(letters) - 1]
    usual = Counter(gaps).most_common(1)[0][0]
    words = [letters[0]]
    for gap, letter in zip(gaps, letters[1:], strict=True):
        if gap != usual and " " in gap:
            words.append(letter)
        else:
            words[-1] += letter
    joined = " ".join(words) if all(len(word) > 1 for word in words) else "".join(words)
    return _DRAWN_OUT.sub(_letters_shorten, joined.translate(_LEET_LETTERS)) + rest


def _runs_split(text: str) -> str:
    encoded = text.encode()
    if _RUN.search(encoded) is None:
        return text
    seen: dict[bytes, bytes] = {}

    def split(match: Any) -> bytes:  # RE2's match; the library has no types
        run: bytes = match.group()
        if run not in seen:
            short = len(run) < 7 and not run.startswith(b"iw")
            seen[run] = run if short else b" ".join(_RUN_PART.findall(run))
        return seen[run]

    read: bytes = _RUN.sub(split, encoded)
    return read.decode()
