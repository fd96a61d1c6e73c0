"""How and where two people meet, when a therapist sets a time by hand; and what a claim calls it. Pure."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from scheduling.rules import openings
from scheduling.types import Hours, Mode, Modes, Offer, SlotPlace

# Of the CMS list: telehealth, with the patient elsewhere than at home, or there.
TELEHEALTH_CODES: Final = ("02", "10")


def is_in(modes: Modes, mode: Mode) -> bool:
    return mode in openings.modes_of(modes)


def modes_with(modes: Modes, mode: Mode) -> Modes:
    """These ways of meeting, and one more."""
    return modes if is_in(modes, mode) else Modes.BOTH


def place_within(
    hours: Hours, offer: Offer, starts_at: datetime, *, mode: Mode, kept: UUID | None
) -> SlotPlace:
    """Where they meet in this way then: where they would have (`kept`), as long as the therapist works there
    or nowhere then; else at the first place where they do. Outside all hours, where they would have.
    """
    if mode is not Mode.IN_PERSON:
        return SlotPlace(mode)
    ends_at = starts_at + timedelta(minutes=offer.duration)
    found = [
        each.location_id
        for each in openings.openings(hours, starts_at, ends_at)
        if each.mode is mode and each.starts_at == starts_at and each.ends_at == ends_at
    ]
    return SlotPlace(mode, kept if kept in found or not found else found[0])


def places_at(hours: Hours, offer: Offer, starts_at: datetime) -> tuple[SlotPlace, ...]:
    """In which ways a session of this service can be held then, by the hours: one place for each way."""
    ends_at = starts_at + timedelta(minutes=offer.duration)
    found: dict[Mode, SlotPlace] = {}
    for each in openings.openings(hours, starts_at, ends_at):
        if is_in(offer.modes, each.mode) and (each.starts_at, each.ends_at) == (starts_at, ends_at):
            found.setdefault(each.mode, SlotPlace(each.mode, each.location_id))
    return tuple(found.values())


def code_of(told: str, *, mode: Mode, of_place: str) -> str:
    """What a claim calls the place: as the service tells, where that fits the way of meeting; in person else
    as the place says; of telehealth nothing, until it is known where the patient was.
    """
    if (told in TELEHEALTH_CODES) is (mode is Mode.TELEHEALTH):
        return told or of_place
    return of_place
