"""The directory's words in the reader's language."""

from collections.abc import Iterable

from django.utils.translation import gettext, gettext_lazy

from accounts.types import GENDERS, LICENCE_TYPES, STATES, TERMS, TermKind

# In the order in which people look.
KIND_WORDS = {
    TermKind.SPECIALTY: gettext_lazy("What it is about"),
    TermKind.FORMAT: gettext_lazy("Where you meet"),
    TermKind.STATE: gettext_lazy("Licensed in"),
    TermKind.INSURANCE: gettext_lazy("Insurance"),
    TermKind.LANGUAGE: gettext_lazy("Language"),
    TermKind.MODALITY: gettext_lazy("Way of working"),
}


ACCEPTING_WORDS = gettext_lazy("Takes new patients")


def term_label(kind: TermKind, code: str) -> str:
    """A term as people read it; a code that is no more is shown as it is."""
    label = TERMS[kind].get(code)
    return gettext(label) if label else code


ACCEPTING_WORDS = gettext_lazy("Takes new patients")


def term_labels(kind: TermKind, codes: Iterable[str]) -> list[str]:
    return [term_label(kind, code) for code in codes]


def choices(kind: TermKind) -> list[tuple[str, str]]:
    """Every term of a kind with its label, by label; languages and formats in their own order."""
    found = [(code, gettext(label)) for code, label in TERMS[kind].items()]
    return found if kind in {TermKind.FORMAT, TermKind.LANGUAGE} else sorted(found, key=lambda pair: pair[1])


def licence_label(code: str) -> str:
    return gettext(LICENCE_TYPES[code].label)


def licence_title(code: str) -> str:
    return gettext(LICENCE_TYPES[code].title)


def licence_choices() -> list[tuple[str, str]]:
    return [(code, licence_label(code)) for code in LICENCE_TYPES]


def state_name(code: str) -> str:
    return STATES.get(code, code)


def gender_choices() -> list[tuple[str, str]]:
    return [(code, gettext(label)) for code, label in GENDERS.items()]
