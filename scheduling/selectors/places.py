"""Where people meet in person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from accounts import selectors as accounts_selectors
from accounts.types import LocationView
from bloom.kernel.actor import Actor
from scheduling.types import Mode


class Met(Protocol):
    """What two people meet for: an appointment, an offer, or a time that is held."""

    @property
    def id(self) -> UUID: ...
    @property
    def practice_id(self) -> UUID | None: ...
    @property
    def mode(self) -> str: ...
    @property
    def location_id(self) -> UUID | None: ...
    @property
    def starts_at(self) -> datetime: ...


def places_shown(actor: Actor, rows: Sequence[Met]) -> dict[UUID, LocationView]:
    """Where each of these takes place that is in person, by its id; for who has decided to show them. Where
    the hours named no place, it is the one that the practice has, if it has one alone. Two queries at most.
    """
    in_person = [row for row in rows if row.mode == Mode.IN_PERSON]
    named = {row.location_id for row in in_person if row.location_id}
    unnamed = {row.practice_id for row in in_person if not row.location_id and row.practice_id}
    known = accounts_selectors.locations_shown(actor, named) if named else {}
    only = accounts_selectors.location_only(actor, unnamed) if unnamed else {}
    found = {}
    for row in in_person:
        if row.location_id:
            place = known.get(row.location_id)
        else:
            place = only.get(row.practice_id) if row.practice_id else None
        if place is not None:
            found[row.id] = place
    return found


def place_said(place: LocationView | None) -> str:
    """Where, by its address alone: the name of a place may tell what for."""
    if place is None or not place.address:
        return ""
    held = place.address
    return ", ".join(part for part in (held.line1, held.line2, held.city, held.region) if part)
