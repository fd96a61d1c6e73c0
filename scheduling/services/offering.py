"""What a therapist offers."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext

from accounts import errors as accounts_errors
from accounts.types import PLACES_OF_SERVICE
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from bloom.kernel.text import is_blank
from observability import services as observability_services
from scheduling import present
from scheduling.errors import ServiceNameTaken
from scheduling.events import ServiceAdded, ServiceChanged, ServiceRetired
from scheduling.models import Service
from scheduling.rules import texts
from scheduling.services.availability import calendar_own
from scheduling.types import (
    BUFFER_MOST,
    DURATION_MOST,
    QUANTUM_MINUTES,
    SERVICE_NAME_LENGTH,
    SERVICES_MOST,
    ServiceFacts,
    ServiceView,
)

_NAMED = {"scheduling_service_name_once": ServiceNameTaken}
_PRICE_MOST: Final = 100_000_00
# CPT: five digits, the last of which may be a letter (category II and III).
_CPT: Final = re.compile(r"[0-9]{4}[0-9FTU]", re.ASCII)
_TELEHEALTH_PLACES: Final = ("02", "10")


@transactional(constraints=_NAMED)
def service_add(actor: Actor, facts: ServiceFacts, *, at: datetime) -> ServiceView:
    """Offer something at the practice that the actor acts for. Raises NotAllowed, CalendarMissing, Invalid
    and ServiceNameTaken.
    """
    calendar = calendar_own(actor)
    facts = _clean(facts)
    held = Service.objects.visible_to(actor).filter(calendar_id=calendar.id, retired_at=None)
    if held.count() >= SERVICES_MOST:
        raise Invalid(
            errors={"name": [gettext("At most %(most)d services at a time.") % {"most": SERVICES_MOST}]}
        )
    row = Service(
        practice_id=calendar.practice_id,
        calendar_id=calendar.id,
        therapist_id=calendar.therapist_id,
        created_at=at,
        changed_at=at,
    )
    _keep(row, facts)
    row.save(force_insert=True)
    added = ServiceAdded(object_id=row.id, practice_id=row.practice_id, therapist_id=row.therapist_id)
    observability_services.event_record(actor, added, at=at)
    return present.service_view(row)


@transactional(constraints=_NAMED)
def service_change(
    actor: Actor, service_id: UUID, facts: ServiceFacts, *, version: int, at: datetime
) -> ServiceView:
    """Offer it otherwise from now on; what is booked stands as it was agreed. Raises NotFound, NotAllowed,
    Invalid, ServiceNameTaken and ChangedMeanwhile.
    """
    row = _own(actor, service_id)
    facts = _clean(facts)
    if row.version != version:
        raise accounts_errors.ChangedMeanwhile(version=row.version)
    if present.facts_of(row) == facts:
        return present.service_view(row)
    _keep(row, facts)
    row.version, row.changed_at = version + 1, at
    row.save()
    changed = ServiceChanged(
        object_id=row.id, practice_id=row.practice_id, therapist_id=row.therapist_id, version=row.version
    )
    observability_services.event_record(actor, changed, at=at)
    return present.service_view(row)


@transactional
def service_retire(actor: Actor, service_id: UUID, *, at: datetime) -> None:
    """Nobody books it any more; what is booked stands. A second time changes nothing. Raises NotFound
    and NotAllowed.
    """
    row = _own(actor, service_id)
    if row.retired_at is not None:
        return
    row.retired_at = row.changed_at = at
    row.save()
    retired = ServiceRetired(object_id=row.id, practice_id=row.practice_id, therapist_id=row.therapist_id)
    observability_services.event_record(actor, retired, at=at)


def _own(actor: Actor, service_id: UUID) -> Service:
    row = Service.objects.visible_to(actor).select_for_update(of=("self",)).get_or_refuse(pk=service_id)
    if (row.therapist_id, row.practice_id) != (actor.user_id, actor.practice_id):
        raise NotAllowed(object_kind=row._meta.label_lower, object_id=row.id, exists=True)
    return row


def _clean(facts: ServiceFacts) -> ServiceFacts:
    """The same, without white space around words. Raises Invalid that names each field."""
    faults: dict[str, list[str]] = {}
    name = facts.name
    try:
        name = texts.text_clean(facts.name, SERVICE_NAME_LENGTH)
        if is_blank(name):
            faults["name"] = [gettext("Give it a name.")]
    except ValueError:
        faults["name"] = [
            gettext("Please keep it to %(most)d characters of text.") % {"most": SERVICE_NAME_LENGTH}
        ]
    if not (5 <= facts.duration_minutes <= DURATION_MOST) or facts.duration_minutes % QUANTUM_MINUTES:
        faults["duration_minutes"] = [gettext("From 5 minutes to 8 hours, in steps of five.")]
    for field in ("buffer_before", "buffer_after"):
        minutes = getattr(facts, field)
        if not (0 <= minutes <= BUFFER_MOST) or minutes % QUANTUM_MINUTES:
            faults[field] = [gettext("Up to 4 hours, in steps of five minutes.")]
    code = facts.cpt_code.strip().upper()
    if code and not _CPT.fullmatch(code):
        faults["cpt_code"] = [gettext("A CPT code has five characters, such as 90834.")]
    if facts.place_of_service and facts.place_of_service not in (*PLACES_OF_SERVICE, *_TELEHEALTH_PLACES):
        faults["place_of_service"] = [gettext("This is not a place of service we know.")]
    if not 0 <= facts.price.amount <= _PRICE_MOST:
        faults["price"] = [gettext("This price is too high to be one.")]
    if faults:
        raise Invalid(errors=faults)
    return replace(facts, name=name, cpt_code=code)


def _keep(row: Service, facts: ServiceFacts) -> None:
    row.name, row.cpt_code, row.place_of_service = facts.name, facts.cpt_code, facts.place_of_service
    row.duration_minutes = facts.duration_minutes
    row.buffer_before, row.buffer_after = facts.buffer_before, facts.buffer_after
    row.price_minor, row.currency = facts.price.amount, facts.price.currency
    row.modes, row.who_may_book = facts.modes.value, facts.who_may_book.value
