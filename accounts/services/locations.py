"""Where a practice works. The practice's row is the lock of its locations."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import errors, events, rules, selectors
from accounts.models import Location
from accounts.services.members import practice_locked
from accounts.services.place_faults import location_check
from accounts.types import (
    ADDRESS_FIELDS,
    LOCATIONS_MOST,
    PLACES_OF_SERVICE,
    LocationChange,
    LocationView,
    PracticeMay,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.events import Event
from observability import services as observability_services

_FIELDS = ("name", *ADDRESS_FIELDS, "phone", "time_zone", "place_of_service")
_NAMED_ONCE = {"location_name_once": errors.LocationNamed}


@transactional(constraints=_NAMED_ONCE)
def location_add(actor: Actor, practice_id: UUID, facts: LocationChange, *, at: datetime) -> LocationView:
    """Another place where the practice sees people.

    Raises NotFound, NotAllowed, Invalid, LocationNamed, LocationsFull.
    """
    practice_locked(actor, practice_id, PracticeMay.EDIT_PRACTICE)
    wanted = _whole(facts, dict.fromkeys(_FIELDS, "") | {"place_of_service": PLACES_OF_SERVICE[0]})
    known = Location.objects.unscoped(reason="how many there are").filter(practice_id=practice_id)
    if known.count() >= LOCATIONS_MOST:
        raise errors.LocationsFull
    row = Location.objects.create(practice_id=practice_id, created_at=at, **wanted)
    _record(actor, events.LocationAdded(object_id=row.id, practice_id=practice_id), at)
    return selectors.location_view(row)


@transactional(constraints=_NAMED_ONCE)
def location_change(
    actor: Actor,
    practice_id: UUID,
    location_id: UUID,
    change: LocationChange,
    *,
    at: datetime,
    version: int | None = None,
) -> LocationView:
    """Other facts about a location, by whoever has seen `version` of it; None: whatever is there.

    Raises NotFound, NotAllowed, Invalid, ChangedMeanwhile, LocationNamed, LocationIsRetired.
    """
    row = _locked(actor, practice_id, location_id)
    if version is not None and version != row.version:
        raise errors.ChangedMeanwhile(version=row.version)
    if row.retired_at is not None:
        raise errors.LocationIsRetired
    wanted = _whole(change, {name: getattr(row, name) for name in _FIELDS})
    changed = tuple(name for name in _FIELDS if getattr(row, name) != wanted[name])
    if changed:
        for name in changed:
            setattr(row, name, wanted[name])
        row.version += 1
        row.save(update_fields=[*changed, "version"])
        _record(actor, events.LocationChanged(object_id=row.id, practice_id=practice_id, fields=changed), at)
    return selectors.location_view(row)


@transactional
def location_retire(actor: Actor, practice_id: UUID, location_id: UUID, *, at: datetime) -> LocationView:
    """Nothing new begins there. A second time changes nothing. Raises NotFound, NotAllowed."""
    row = _locked(actor, practice_id, location_id)
    if row.retired_at is None:
        _retired_set(row, at)
        _record(actor, events.LocationRetired(object_id=row.id, practice_id=practice_id), at)
    return selectors.location_view(row)


@transactional(constraints=_NAMED_ONCE)
def location_reopen(actor: Actor, practice_id: UUID, location_id: UUID, *, at: datetime) -> LocationView:
    """A retired location is one again. Raises NotFound, NotAllowed, LocationNamed."""
    row = _locked(actor, practice_id, location_id)
    if row.retired_at is not None:
        _retired_set(row, None)
        _record(actor, events.LocationReopened(object_id=row.id, practice_id=practice_id), at)
    return selectors.location_view(row)


def _locked(actor: Actor, practice_id: UUID, location_id: UUID) -> Location:
    practice_locked(actor, practice_id, PracticeMay.EDIT_PRACTICE)
    rows = Location.objects.visible_to(actor).filter(practice_id=practice_id)
    return rows.get_or_refuse(location_id)


def _whole(change: LocationChange, before: Mapping[str, Any]) -> dict[str, Any]:
    """All facts of a location as they are stored. Raises Invalid."""
    facts = {**before, **change}
    for name in ("name", "line1", "line2", "city"):
        facts[name] = rules.name_normal(facts[name])
    location_check(facts)
    return {
        **facts,
        "postal_code": rules.postal_code_normal(facts["postal_code"]),
        "phone": rules.phone_normal(facts["phone"]) if facts["phone"] else "",
    }


def _retired_set(row: Location, at: datetime | None) -> None:
    row.retired_at = at
    row.version += 1
    row.save(update_fields=["retired_at", "version"])


def _record(actor: Actor, event: Event, at: datetime) -> None:
    observability_services.event_record(actor, event, at=at)
