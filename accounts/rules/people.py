"""Names, addresses and time zones."""

import contextlib
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources
from uuid import UUID
from zoneinfo import available_timezones

from confusable_homoglyphs import categories, confusables

from accounts.types import EMAIL_LENGTH, NAME_LENGTH
from bloom.kernel.text import is_blank

# Scripts that one word may mix: Japanese, Korean and Chinese, each with Latin.
_WRITTEN_TOGETHER = frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
# A link as mail programs see one: a word, a dot, letters, and then an end or a path. Before the dot of a name
# stands a title or an initial.
_WWW = re.compile(r"\bwww\.", re.IGNORECASE)
_DOMAIN = re.compile(r"([^\W_][\w-]+)\.[^\W\d_]{2,}(?=[/:?#,;!)\s]|\.?$|\.\s)")
_TITLES = frozenset(
    {"dr", "st", "ste", "mr", "mrs", "ms", "mx", "prof", "dipl", "med", "phil", "psych", "jr", "sr"}
)
_WORD_ENDS = re.compile(r"[\W_]+")
# What may stand before the @ (RFC 5321, section 4.5.3.1.1).
_LOCAL_LENGTH = 64
_ZONES = frozenset(available_timezones())
_REGIONS = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
]


def email_normal(email: str) -> str:
    """The one spelling under which an address is stored and looked up: its domain as the DNS knows it."""
    local, at, domain = unicodedata.normalize("NFKC", email).strip().lower().rpartition("@")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode() if not domain.isascii() else domain
    return f"{local}{at}{domain}"


def email_is_lookalike(email: str) -> bool:
    """Could somebody take this address for another one? Its domain mixes scripts, or is written in letters of
    another script that all look like Latin ones, or holds what cannot be seen. (Unicode Technical Standard
    39, sections 4 and 5.)
    """
    if any(unicodedata.category(letter).startswith("C") for letter in email):
        return True
    return any(_label_misleads(label) for label in email.rpartition("@")[2].split("."))


def email_problem(email: str) -> str | None:
    """Why nobody can have this address, in its normal spelling, as theirs ("lookalike", "long",
    "unreachable"), or None when they can.

    Only plain letters stand before the @: mail goes out without SMTPUTF8 (RFC 6531), and a letter that looks
    like another would make a second account of one address. After it stands what the DNS can look up.
    """
    if email_is_lookalike(email):
        return "lookalike"
    if not email.isascii():
        return "unreachable"
    too_long = len(email) > EMAIL_LENGTH or len(email.rpartition("@")[0]) > _LOCAL_LENGTH
    return "long" if too_long else None


def _label_misleads(label: str) -> bool:
    if label.startswith("xn--"):
        try:
            label = label.encode().decode("idna")
        except UnicodeError:
            return True
    foreign = [letter for letter in label if letter.isalpha() and not letter.isascii()]
    if not foreign:
        return False
    scripts = categories.unique_aliases(label) - {"COMMON", "INHERITED"}
    if len(scripts) > 1 and not scripts <= _WRITTEN_TOGETHER:
        return True
    looks = confusables.is_confusable(label, greedy=True, preferred_aliases=["latin"]) or []
    alike = {
        found["character"] for found in looks if any(other["c"].isascii() for other in found["homoglyphs"])
    }
    return set(foreign) <= alike


def name_normal(name: str) -> str:
    """A name as it is stored: one spelling of each letter, single blanks."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def name_problem(name: str, most: int = NAME_LENGTH) -> str | None:
    """Why `name` cannot be a person's name ("blank", "long", "characters", "mixed"), or None when it can. At
    most `most` characters.
    """
    if is_blank(name):
        return "blank"
    if len(name) > most:
        return "long"
    # Direction overrides and control characters would let one name pass for another's.
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for character in name):
        return "characters"
    # Of what cannot be seen, only the two joiners that some scripts need.
    if any(unicodedata.category(character) == "Cf" and character not in "\u200c\u200d" for character in name):
        return "characters"
    if any(_word_mixes(word) for word in _WORD_ENDS.split(name)):
        return "mixed"
    return None


def holds_web_address(text: str) -> bool:
    """Would a mail program make a link of some word in this? Titles with a dot (Dr.Torres) are none."""
    if "://" in text or _WWW.search(text):
        return True
    return any(found[1].casefold() not in _TITLES for found in _DOMAIN.finditer(text))


def _word_mixes(word: str) -> bool:
    """Is this one word written in letters of several alphabets, as no language writes them? Then it is most
    likely made to be read as another one. (Unicode Technical Standard 39, section 5.1.)
    """
    scripts = categories.unique_aliases(word) - {"COMMON", "INHERITED"}
    return len(scripts) > 1 and not scripts <= _WRITTEN_TOGETHER


def time_zone_is_known(name: str) -> bool:
    return name in _ZONES


def time_zones_by_region() -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """Regions of the world, each with the names of its time zones and how they are read; a zone that goes by
    several names stands there once.
    """
    found: dict[str, list[tuple[str, str]]] = {region: [] for region in _REGIONS}
    for name in sorted(_zones_current()):
        region, slash, _place = name.partition("/")
        if slash and region in found:
            found[region].append((name, time_zone_place(name)))
    return list(found.items())


@cache
def _zones_current() -> frozenset[str]:
    """The names that the zones go by today, one for each zone of each country; others are kept for old times'
    sake, and still known.
    """
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return _ZONES.intersection(line[2] for line in lines)


def time_zone_place(name: str) -> str:
    """How a zone is read: its place, without the region."""
    return name.partition("/")[2].replace("_", " ").replace("/", " / ") or name


def time_zone_or_utc(name: str) -> str:
    """`name` when it is a time zone, else "UTC": what a browser claims is only a hint."""
    return name if time_zone_is_known(name) else "UTC"


def person_is_seeded(person_id: UUID) -> bool:
    """Was this person made by seed_demo? Those have derived ids (version 5), and all others random ones."""
    return person_id.version == 5
