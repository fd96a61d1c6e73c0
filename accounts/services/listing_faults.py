"""What cannot stand in a listing, in words."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts import rules
from accounts.types import (
    APPROACH_LENGTH,
    CITY_LENGTH,
    FEE_MOST,
    GENDERS,
    HEADLINE_LENGTH,
    LICENCE_TYPES,
    LICENCES_MOST,
    STATES,
    TERMS,
    LicenceFacts,
    ListingChange,
    TermKind,
)
from bloom.kernel.errors import Invalid

LICENCE_NUMBER_LENGTH = 40
PRACTISING_YEARS = 80
_TERMS_MOST = 30
_TERM_FIELDS = {
    "specialties": TermKind.SPECIALTY,
    "modalities": TermKind.MODALITY,
    "languages": TermKind.LANGUAGE,
    "insurance": TermKind.INSURANCE,
    "formats": TermKind.FORMAT,
}
_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def listing_check(
    change: ListingChange, *, at: datetime, fees: tuple[int | None, int | None] = (None, None)
) -> None:
    """Raise Invalid, field by field, for what cannot stand in a listing. `fees` are those it has now."""
    faults: dict[str, Any] = {}
    for field, kind in _TERM_FIELDS.items():
        if field in change:
            faults[field] = _terms_fault(kind, change[field])  # type: ignore[literal-required]
    for field, length, lines in (
        ("headline", HEADLINE_LENGTH, False),
        ("approach", APPROACH_LENGTH, True),
        ("city", CITY_LENGTH, False),
    ):
        if field in change:
            faults[field] = _text_fault(change[field], length, lines=lines)  # type: ignore[literal-required]
    if change.get("city") and not faults["city"]:
        faults["city"] = _city_fault(change["city"])
    if "licences" in change:
        faults["licences"] = _licences_fault(change["licences"])
    if change.get("npi") and not rules.npi_is_valid(rules.npi_normal(change["npi"])):
        faults["npi"] = _("This is not an NPI. It has ten digits, and the last one checks the others.")
    if change.get("gender") and change["gender"] not in GENDERS:
        faults["gender"] = _("Please choose one of these.")
    if change.get("region") and change["region"] not in STATES:
        faults["region"] = _("Please choose one of these.")
    since = change.get("practising_since")
    if since is not None and not at.year - PRACTISING_YEARS <= since <= at.year:
        faults["practising_since"] = _("This is not a year in which you can have begun.")
    faults |= _fees_fault(change, fees)
    wrong = {field: [fault] for field, fault in faults.items() if fault}
    if wrong:
        raise Invalid(errors=wrong)


def _terms_fault(kind: TermKind, codes: Sequence[str]) -> str | None:
    if len(codes) > _TERMS_MOST:
        return _("Please choose at most %(count)s.") % {"count": _TERMS_MOST}
    if any(code not in TERMS[kind] for code in codes):
        return _("Please choose from the list.")
    return None


def _text_fault(text: str, length: int, *, lines: bool) -> str | None:
    text = text.strip().replace("\r\n", "\n")
    if len(text) > length:
        return _("Please use at most %(count)s characters. These are %(these)s.") % {
            "count": length,
            "these": len(text),
        }
    allowed = {"\n", "\t"} if lines else set()
    if any(
        each in _OVERRIDES or (unicodedata.category(each) in {"Cc", "Cs", "Co", "Cn"} and each not in allowed)
        for each in text
    ):
        return _("This text holds a character that cannot be shown.")
    return None


def _city_fault(city: str) -> str | None:
    """As of people's names: no word that could be read as another; nor are pictures the name of a place."""
    if any(unicodedata.category(each) == "So" for each in city):
        return _("Please use letters, spaces and ordinary signs only.")
    if rules.name_problem(rules.name_normal(city), CITY_LENGTH) == "mixed":
        return _("One word of this mixes letters of several alphabets. Please write it in one of them.")
    return None


def _licences_fault(licences: Sequence[LicenceFacts]) -> str | None:
    if len(licences) > LICENCES_MOST:
        return _("Please name at most %(count)s licenses.") % {"count": LICENCES_MOST}
    for licence in licences:
        if licence.state not in STATES or licence.type not in LICENCE_TYPES:
            return _("Please choose the state and the type of each license.")
        number = rules.licence_number_plain(licence.number)
        if not number or _text_fault(licence.number, LICENCE_NUMBER_LENGTH, lines=False):
            return _("Please write the number of each license, as it stands on it.")
    if len({(licence.state, licence.type) for licence in licences}) < len(licences):
        return _("Please name each license once.")
    return None


def _fees_fault(change: ListingChange, fees: tuple[int | None, int | None]) -> dict[str, str]:
    least, most = change.get("fee_from", fees[0]), change.get("fee_to", fees[1])
    faults = {}
    for field, fee in (("fee_from", change.get("fee_from")), ("fee_to", change.get("fee_to"))):
        if fee is not None and not 0 <= fee <= FEE_MOST:
            faults[field] = _("Please write an amount between 0 and %(most)s.") % {"most": FEE_MOST // 100}
    if not faults and most is not None and ("fee_from" in change or "fee_to" in change):
        if least is None:
            faults["fee_from"] = _("Please write the lowest fee, too.")
        elif least > most:
            faults["fee_to"] = _("The highest fee is below the lowest.")
    return faults
