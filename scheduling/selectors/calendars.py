"""When therapists work, and what they offer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from accounts import selectors as accounts_selectors
from accounts.types import PersonRef
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed, NotFound
from scheduling import present
from scheduling.models import Calendar, DateException, Service, WeeklyBlock
from scheduling.rules import weeks
from scheduling.types import (
    AvailabilityView,
    DayApart,
    ExceptionKind,
    ExceptionView,
    Rules,
    ServiceView,
    WhoMayBook,
)


def practice_here(actor: Actor) -> UUID:
    """The practice in which the actor, a therapist, gives care now. Raises NotAllowed."""
    person_id, practice_id = actor.require_user(), actor.practice_id
    if practice_id is None or not accounts_selectors.care_may_be_given(actor, person_id, practice_id):
        raise NotAllowed
    return practice_id


def availability_get(actor: Actor, *, at: datetime) -> AvailabilityView:
    """The actor's own week at the practice that they act for, with the days apart that are to come. Raises
    NotAllowed.
    """
    practice_id, therapist_id = practice_here(actor), actor.require_user()
    row = (
        Calendar.objects.visible_to(actor).filter(therapist_id=therapist_id, practice_id=practice_id).first()
    )
    if row is not None:
        return availability_view(row, at=at)
    people = accounts_selectors.person_refs(actor, [therapist_id])
    return AvailabilityView(
        therapist_id=therapist_id,
        practice_id=practice_id,
        time_zone=people[therapist_id].time_zone,
        blocks=(),
        rules=Rules(),
        exceptions=(),
        version=0,
    )


def hours_are_told(actor: Actor) -> bool:
    """Whether the actor has said when they work, and offers something then, at the practice that they act
    for. Two queries.
    """
    reason = "of a calendar that the actor sees"
    blocks = WeeklyBlock.objects.unscoped(reason=reason)
    offered = Service.objects.unscoped(reason=reason).filter(retired_at=None)
    of_it = {"calendar_id": OuterRef("id")}
    rows = Calendar.objects.visible_to(actor).filter(
        Exists(blocks.filter(**of_it)),
        Exists(offered.filter(**of_it)),
        therapist_id=actor.require_user(),
    )
    return actor.practice_id is not None and rows.filter(practice_id=actor.practice_id).exists()


def availability_view(row: Calendar, *, at: datetime) -> AvailabilityView:
    """A calendar that the caller may show. Two queries."""
    blocks = WeeklyBlock.objects.unscoped(reason="of a calendar in hand").filter(calendar_id=row.id)
    apart = DateException.objects.unscoped(reason="of a calendar in hand").filter(
        calendar_id=row.id, ends_on__gte=at.date()
    )
    return AvailabilityView(
        therapist_id=row.therapist_id,
        practice_id=row.practice_id,
        time_zone=row.time_zone,
        blocks=tuple(
            sorted((present.block_of(each) for each in blocks), key=lambda each: (each.weekday, each.start))
        ),
        rules=present.rules_of(row),
        exceptions=tuple(
            present.exception_view(each) for each in apart.order_by("starts_on", "starts_minute", "id")
        ),
        version=row.version,
    )


def extras_off(view: AvailabilityView) -> frozenset[UUID]:
    """Those of the extra hours of a calendar into which time off falls: nobody books then. No query."""
    apart = {each.id: _day_apart(each) for each in view.exceptions}
    offs = [each for each in apart.values() if each.kind is ExceptionKind.OFF]
    return frozenset(
        id_
        for id_, each in apart.items()
        if each.kind is ExceptionKind.EXTRA and any(weeks.is_off(each, off) for off in offs)
    )


def _day_apart(view: ExceptionView) -> DayApart:
    return DayApart(
        kind=view.kind,
        first=view.starts_on,
        last=view.ends_on,
        start=view.starts_minute,
        end=view.ends_minute,
    )


def service_list(actor: Actor, therapist_id: UUID) -> list[ServiceView]:
    """What a therapist offers, by length and name: to themselves all at the practice that they act for, the
    retired ones last; to others what they can book. Three queries.
    """
    return [present.service_view(row) for row in service_rows(actor, therapist_id)]


def services_at(actor: Actor, therapist_id: UUID) -> list[ServiceView]:
    """What a therapist offers at the practice that the actor acts for, for whoever books there for others, by
    length and name. One query, and one for the role.
    """
    found = sorted(rows_at(actor, therapist_id), key=lambda row: (row.duration_minutes, row.name))
    return [present.service_view(row) for row in found]


def rows_at(actor: Actor, therapist_id: UUID) -> list[Service]:
    """As `services_at`, in any order; within selectors and services only."""
    rows = Service.objects.visible_to(actor).filter(therapist_id=therapist_id, retired_at=None)
    return [row for row in rows if row.practice_id == actor.practice_id]


def therapists_own(actor: Actor) -> list[PersonRef]:
    """In whose care the actor is and whom they can book, by name. None for who is no patient; one query
    without care, else five.
    """
    if not actor.has_role("patient"):
        return []
    caring = {therapist_id for therapist_id, _practice_id in accounts_selectors.care_of(actor)}
    if not caring:
        return []
    rows = Service.objects.visible_to(actor).filter(therapist_id__in=caring, retired_at=None)
    offering = {row.therapist_id for row in services_open(actor, list(rows))}
    return sorted(accounts_selectors.person_refs(actor, offering).values(), key=lambda each: each.name)


def service_get(actor: Actor, service_id: UUID) -> ServiceView:
    """One service that the actor may see. Raises NotFound."""
    return present.service_view(Service.objects.visible_to(actor).get_or_refuse(pk=service_id))


def service_own(actor: Actor, service_id: UUID) -> ServiceView:
    """One service of the actor's own at the practice that they act for, while it is offered. Raises NotFound,
    and NotAllowed for what is another's.
    """
    row = Service.objects.visible_to(actor).get_or_refuse(pk=service_id)
    if (row.therapist_id, row.practice_id) != (actor.user_id, actor.practice_id):
        raise NotAllowed(object_kind=row._meta.label_lower, object_id=row.id, exists=True)
    if row.retired_at is not None:
        raise NotFound(object_kind=row._meta.label_lower, object_id=row.id, exists=True)
    return present.service_view(row)


def service_rows(actor: Actor, therapist_id: UUID) -> Sequence[Service]:
    """As `service_list`; within selectors and services only."""
    rows = list(Service.objects.visible_to(actor).filter(therapist_id=therapist_id))
    if actor.user_id == therapist_id:
        rows = [row for row in rows if row.practice_id == actor.practice_id]
    else:
        rows = services_open(actor, [row for row in rows if row.retired_at is None])
    return sorted(rows, key=lambda row: (row.retired_at is not None, row.duration_minutes, row.name))


def services_open(actor: Actor, rows: Sequence[Service]) -> list[Service]:
    """Those of these services that the actor may book: of who takes new patients, those for strangers; where
    they are in care, those for patients; none of their own. Two queries; one where the actor is in
    everybody's care.
    """
    care = accounts_selectors.care_of(actor)
    strangers = {row.therapist_id for row in rows if (row.therapist_id, row.practice_id) not in care}
    accepting = accounts_selectors.accepting_of(actor, strangers) if strangers else frozenset()
    found = []
    for row in rows:
        if row.therapist_id == actor.user_id:
            continue
        in_care = (row.therapist_id, row.practice_id) in care
        if (in_care or row.therapist_id in accepting) and may_book(row, in_care=in_care):
            found.append(row)
    return found


def may_book(row: Service, *, in_care: bool) -> bool:
    """Is the service for somebody who is, or is not, in its therapist's care at its practice?"""
    if row.who_may_book == WhoMayBook.ANYBODY:
        return True
    return in_care is (row.who_may_book == WhoMayBook.EXISTING)
