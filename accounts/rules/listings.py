"""Who may be found in the directory: NPIs, what a listing needs, and when it is checked (again)."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from accounts.types import (
    LICENCE_TYPES,
    CheckNote,
    LicenceFacts,
    ListingState,
    RegistryEntry,
)

# What the check and the first visitor need; the words of the form's fields.
LISTING_NEEDS = ("licences", "npi", "specialties", "languages", "formats")
# Changed after the check, these are checked again; "name" is the person's.
CHECKED_FACTS = frozenset({"name", "npi", "licences"})
_TITLES = frozenset(
    {"dr", "mr", "mrs", "ms", "mx", "prof", "phd", "psyd", "edd", "md", "do", "lcsw", "licsw", "lmft", "lpc"}
    | {"lpcc", "lmhc", "pmhnp", "jr", "sr", "ii", "iii", "iv"}
)
_NAME_PARTS = re.compile(r"[^\W\d_]+")
# Letters that no accent sets apart, as people type them who do not have them.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_PUNCTUATION = ".,;:!?\"'()[]“”‘’«»"
# fmt: off
_FILLERS = frozenset({
    "a", "about", "after", "an", "and", "attack", "attacks", "counseling", "counselor", "difficulties",
    "disorder", "disorders", "feeling", "for", "help", "i", "im", "in", "issue", "issues", "my", "of",
    "or", "problem", "problems", "some", "someone", "the", "therapist", "therapy", "to", "trouble",
    "troubles", "with",
})
# fmt: on
# The longest first. In English, as the texts are.
_ENDINGS = ("iveness", "ions", "ings", "ives", "ion", "ing", "ive", "ed", "es", "s")
_MEANT = {
    "anxious": ("anxiety",),
    "worried": ("anxiety",),
    "worries": ("anxiety",),
    "worry": ("anxiety",),
    "sad": ("depression",),
    "sadness": ("depression",),
    "insomnia": ("sleep",),
    "sleeping": ("sleep",),
    "sleepless": ("sleep",),
    "traumatic": ("trauma",),
    "traumatized": ("trauma",),
    "grieving": ("grief",),
    "mourning": ("grief",),
    "bereavement": ("grief",),
    "marriage": ("couples", "relationships"),
    "drinking": ("alcohol",),
    "drugs": ("substances",),
    "addiction": ("substances",),
    "addicted": ("substances",),
    "angry": ("anger",),
    "obsessive": ("ocd",),
    "compulsive": ("ocd",),
    "teen": ("teenager",),
    "adolescents": ("teenager",),
    "kid": ("child",),
    "kids": ("child",),
    "pregnant": ("pregnancy",),
    "postpartum": ("after birth",),
    "burnt": ("burnout",),
}


def npi_is_valid(npi: str) -> bool:
    """Ten digits, the first a 1 or 2, whose Luhn sum with the prefix 80840 ends in 0 (45 CFR 162.406)."""
    if not re.fullmatch(r"[12][0-9]{9}", npi):
        return False
    total = 0
    for place, digit in enumerate(reversed(f"80840{npi}")):
        worth = int(digit) * (1 + place % 2)
        total += worth - 9 if worth > 9 else worth
    return total % 10 == 0


def npi_complete(stem: str) -> str:
    """The NPI that begins with these nine digits."""
    return next(f"{stem}{digit}" for digit in range(10) if npi_is_valid(f"{stem}{digit}"))


def npi_normal(typed: str) -> str:
    """An NPI without the blanks and dashes in which people write it."""
    return "".join(str(unicodedata.decimal(each, each)) for each in typed if each not in " -–.\u00a0")


def listing_missing(
    *,
    licences: Collection[LicenceFacts],
    npi: str,
    specialties: Collection[str],
    languages: Collection[str],
    formats: Collection[str],
) -> tuple[str, ...]:
    """The names of what a listing still needs before it is checked, in the form's order."""
    held = {
        "licences": licences,
        "npi": npi,
        "specialties": specialties,
        "languages": languages,
        "formats": formats,
    }
    return tuple(name for name in LISTING_NEEDS if not held[name])


def listing_state_after(
    state: ListingState, changed: Collection[str], *, is_complete: bool, is_sent: bool
) -> ListingState:
    """The state of a listing in which `changed` has just changed.

    - Incomplete: a draft, whatever it was, so that nobody is found by what is no longer there.
    - A draft is checked once its therapist sends it; so is a refused one, whatever they changed.
    - Verified, and name, NPI or licences changed: it waits for another check, and is not found meanwhile.
    - Anything else leaves it as it is: what people write about themselves is theirs.
    """
    if not is_complete:
        return ListingState.DRAFT
    if state in {ListingState.DRAFT, ListingState.REFUSED}:
        return ListingState.AWAITING if is_sent else state
    if state is ListingState.VERIFIED and CHECKED_FACTS.intersection(changed):
        return ListingState.AWAITING
    return state


def registry_judge(
    name: str, licences: Sequence[LicenceFacts], entry: RegistryEntry | None
) -> tuple[CheckNote, ...]:
    """What of a therapist's facts the registry does not clearly confirm; nothing: they match.

    Every licence must fit one of the entry's taxonomies by type, state and number. A number that the registry
    does not have is none that it confirms.
    """
    if entry is None:
        return (CheckNote.UNKNOWN_NPI,)
    notes = []
    if not entry.is_person:
        notes.append(CheckNote.NOT_A_PERSON)
    if not entry.is_active:
        notes.append(CheckNote.NOT_ACTIVE)
    if not _name_fits(name, entry):
        notes.append(CheckNote.NAME_DIFFERS)
    for note, fits in (
        (CheckNote.LICENCE_TYPE_DIFFERS, _type_fits),
        (CheckNote.STATE_DIFFERS, _state_fits),
        (CheckNote.LICENCE_NUMBER_DIFFERS, _number_fits),
    ):
        if not all(fits(licence, entry) for licence in licences):
            notes.append(note)
    return tuple(notes)


def _name_fits(name: str, entry: RegistryEntry) -> bool:
    """Are the registry's first and last name among the words of the person's own? Middle names may differ."""
    own = _words(name.partition(",")[0])
    fits = [
        bool(first and last) and first[0] in own and set(last) <= set(own)
        for first, last in (
            (_words(entry.first_name), _words(entry.last_name)),
            *((words[:1], words[-1:]) for words in map(_words, entry.other_names) if len(words) > 1),
        )
    ]
    return any(fits)


def _words(name: str) -> list[str]:
    """The words of a name without accents, titles and letters of degrees."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = (
        "".join(each for each in plain if not unicodedata.combining(each)).replace("'", "").replace("’", "")
    )
    return [word for word in _NAME_PARTS.findall(plain) if word not in _TITLES]


def _type_fits(licence: LicenceFacts, entry: RegistryEntry) -> bool:
    known = LICENCE_TYPES[licence.type].taxonomies
    return any(each.code.startswith(known) for each in entry.taxonomies)


def _state_fits(licence: LicenceFacts, entry: RegistryEntry) -> bool:
    return any(each.state == licence.state for each in entry.taxonomies)


def _number_fits(licence: LicenceFacts, entry: RegistryEntry) -> bool:
    known = LICENCE_TYPES[licence.type].taxonomies
    wanted = licence_number_plain(licence.number)
    return any(
        licence_number_plain(each.licence) == wanted
        for each in entry.taxonomies
        if each.state == licence.state and each.code.startswith(known)
    )


def licence_number_plain(number: str) -> str:
    """A licence's number as two spellings of it are compared."""
    return "".join(each for each in number.casefold() if each.isalnum())


def search_normal(text: str) -> str:
    """Text as it is looked for: without accents and case, in letters that every keyboard has, one blank
    between words.
    """
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN_LETTERS)
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).split())


def search_words(text: str) -> tuple[str, ...]:
    """What is looked for, at most eight words of it; words that say only that something is hard, or that help
    is sought, count where there are no others.
    """
    words = [word.strip(_PUNCTUATION) for word in search_normal(text).split()]
    found = list(dict.fromkeys(word for word in words if word))
    return tuple([word for word in found if word not in _FILLERS] or found)[:8]


def search_forms(word: str) -> tuple[str, ...]:
    """What stands in a text that is about this word: the word without its ending, so that "depressed" finds
    depression, and what the directory calls what people call so.
    """
    ending = next((each for each in _ENDINGS if word.endswith(each) and len(word) - len(each) >= 5), "")
    return (word.removesuffix(ending), *_MEANT.get(word, ()))


def loosest(counts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Which filters stand most in the way: those without which somebody is found, the most first."""
    return tuple(sorted(((name, count) for name, count in counts if count), key=lambda pair: -pair[1]))
