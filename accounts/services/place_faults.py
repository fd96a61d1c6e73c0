"""What cannot be an address, a location or a billing identity, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts import rules
from accounts.types import (
    ADDRESS_FIELDS,
    ADDRESS_LINE_LENGTH,
    LEGAL_NAME_LENGTH,
    PLACE_NAME_LENGTH,
    PLACES_OF_SERVICE,
    STATES,
    TaxKind,
)
from bloom.kernel.errors import Invalid

Facts = Mapping[str, Any]


def location_check(facts: Facts) -> None:
    """Raise Invalid, field by field, for what cannot be a location. `facts` are all that it will have."""
    faults = {"name": _text_fault(facts["name"], PLACE_NAME_LENGTH, _("Please give the location a name."))}
    faults |= _address_faults(facts)
    if facts["phone"] and rules.phone_normal(facts["phone"]) is None:
        faults["phone"] = _("This is not a telephone number. It has ten digits, such as (312) 555-0142.")
    if not rules.time_zone_is_known(facts["time_zone"]):
        faults["time_zone"] = _("This is not a time zone we know.")
    if facts["place_of_service"] not in PLACES_OF_SERVICE:
        faults["place_of_service"] = _("Please choose from the list.")
    _raise(faults)


def billing_check(facts: Facts, *, tax_number: str) -> None:
    """Raise Invalid, field by field, for what cannot be a billing identity. `facts` are all that it will
    have, `tax_number` a new one or "". An address is whole or not there.
    """
    faults = {
        "legal_name": _text_fault(
            facts["legal_name"], LEGAL_NAME_LENGTH, _("Please write the name as the IRS knows it.")
        )
    }
    if facts["npi"] and not rules.npi_is_valid(facts["npi"]):
        faults["npi"] = _("This is not an NPI. It has ten digits, and the last one checks the others.")
    if facts["tax_kind"] and facts["tax_kind"] not in set(TaxKind):
        faults["tax_kind"] = _("Please choose from the list.")
    elif tax_number and not facts["tax_kind"]:
        faults["tax_kind"] = _("Please choose which kind of number this is.")
    elif tax_number:
        faults["tax_number"] = _tax_fault(facts["tax_kind"], tax_number)
    if any(facts[name] for name in ADDRESS_FIELDS):
        faults |= _address_faults(facts)
        if rules.is_post_box(facts["line1"]) or rules.is_post_box(facts["line2"]):
            faults["line1"] = _("Payers want a street here, and refuse a P.O. box.")
    _raise(faults)


def _tax_fault(kind: str, number: str) -> str:
    if rules.tax_number_is_valid(TaxKind(kind), number):
        return ""
    if kind == TaxKind.EIN:
        return _(
            "The IRS gives out no such EIN. One has nine digits, such as 12-3456789: please look once more."
        )
    return _("There is no such social security number. One has nine digits, such as 123-45-6789.")


def _address_faults(facts: Facts) -> dict[str, str]:
    faults = {
        "line1": _text_fault(
            facts["line1"], ADDRESS_LINE_LENGTH, _("Please write the street and the number.")
        ),
        "line2": _text_fault(facts["line2"], ADDRESS_LINE_LENGTH, ""),
        "city": _text_fault(facts["city"], ADDRESS_LINE_LENGTH, _("Please write the city.")),
    }
    if facts["region"] not in STATES:
        faults["region"] = _("Please choose the state.")
    if rules.postal_code_normal(facts["postal_code"]) is None:
        faults["postal_code"] = _("This is not a ZIP code. It has five digits, or nine, such as 60601-1234.")
    return faults


def _text_fault(text: str, most: int, blank: str) -> str:
    words = {
        "blank": blank,
        "long": _("Please use at most %(count)s characters.") % {"count": most},
        "characters": _("Please use letters, spaces and ordinary signs only."),
        "mixed": _("One word of this mixes letters of several alphabets. Please write it in one of them."),
    }
    if not text:
        return blank
    problem = rules.name_problem(text, most)
    return words[problem] if problem else ""


def _raise(faults: Mapping[str, str]) -> None:
    wrong = {name: [fault] for name, fault in faults.items() if fault}
    if wrong:
        raise Invalid(errors=wrong)
