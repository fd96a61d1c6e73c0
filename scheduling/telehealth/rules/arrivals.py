"""What a patient says of where they are: whether it is enough to send help. Pure."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Final

from scheduling.telehealth.types_rooms import ArrivalFacts

LONGEST: Final = 200
_DIGITS: Final = range(7, 16)
_PHONE: Final = re.compile(r"[0-9+().\-/ x]+", re.IGNORECASE)


class Fault(StrEnum):
    """What is wrong with a field."""

    EMPTY = "empty"
    LONG = "long"
    NO_PHONE = "no_phone"


def arrival_check(facts: ArrivalFacts) -> tuple[ArrivalFacts, Mapping[str, Fault]]:
    """The same without white space around and within, and what is wrong, field by field."""
    clean = ArrivalFacts(**{name: " ".join(value.split()) for name, value in asdict(facts).items()})
    faults: dict[str, Fault] = {}
    for name, value in asdict(clean).items():
        if not value:
            faults[name] = Fault.EMPTY
        elif len(value) > LONGEST:
            faults[name] = Fault.LONG
    digits = sum(each.isdecimal() for each in clean.contact_phone)
    if "contact_phone" not in faults and not (digits in _DIGITS and _PHONE.fullmatch(clean.contact_phone)):
        faults["contact_phone"] = Fault.NO_PHONE
    return clean, faults


def arrival_wire(facts: ArrivalFacts) -> dict[str, str]:
    return asdict(facts)


def arrival_read(told: Mapping[str, str]) -> ArrivalFacts:
    return ArrivalFacts(
        region=told["region"],
        address=told["address"],
        contact_name=told["contact_name"],
        contact_phone=told["contact_phone"],
    )
