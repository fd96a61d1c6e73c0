"""Appointments, for those who see them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db.models import Count, Min, Q, Sum
from django.utils.translation import gettext

from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Invalid, NotAllowed
from bloom.kernel.guard import PrivateQuerySet
from bloom.kernel.money import Money
from bloom.kernel.pages import Page
from bloom.kernel.registry import Ending, EndingKind
from scheduling import holds, present
from scheduling.models import Appointment, Calendar, Service
from scheduling.rules import cursors
from scheduling.selectors.at_desk import books_among
from scheduling.selectors.places import places_shown
from scheduling.types import (
    CALLED_OFF,
    OPEN,
    AppointmentsEnding,
    AppointmentState,
    AppointmentView,
    Hold,
    HoldTerms,
    ServiceView,
    Shelf,
)


def appointment_get(actor: Actor, appointment_id: UUID, *, at: datetime) -> AppointmentView:
    """One appointment that the actor may see. Raises NotFound."""
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    return appointment_views(actor, [row], at=at)[0]


def appointment_list(
    actor: Actor,
    *,
    at: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
    therapist_id: UUID | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[AppointmentView]:
    """Appointments that begin from `start` until before `end`, in order; called-off ones too. Six queries
    at most, for one as for fifty. Raises Invalid for a cursor that is none.
    """
    rows = Appointment.objects.visible_to(actor).order_by("starts_at", "id")
    if start is not None:
        rows = rows.filter(starts_at__gte=start)
    if end is not None:
        rows = rows.filter(starts_at__lt=end)
    if therapist_id is not None:
        rows = rows.filter(therapist_id=therapist_id)
    if cursor is not None:
        last_at, last_id = _cursor_read(cursor)
        rows = rows.filter(Q(starts_at__gt=last_at) | Q(starts_at=last_at, id__gt=last_id))
    found = list(rows[: limit + 1])
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return Page(
        appointment_views(actor, found[:limit], at=at),
        next=cursors.write(last.starts_at, last.id) if last is not None else None,
    )


def appointment_own(
    actor: Actor, shelf: Shelf, *, at: datetime, limit: int = 20, cursor: str | None = None
) -> Page[AppointmentView]:
    """One's own, as patient or as therapist: what is to come, or would come but was called off, soonest
    first; or what was before, newest first. Raises Invalid for a cursor that is none.
    """
    person_id = actor.require_user()
    rows = Appointment.objects.visible_to(actor).filter(Q(patient_id=person_id) | Q(therapist_id=person_id))
    waits = Q(state__in=[state.value for state in OPEN], ends_at__gt=at)
    # Apart: else the many of a series that was ended would stand before all that took place.
    is_off = Q(state__in=[state.value for state in CALLED_OFF], ends_at__gt=at)
    match shelf:
        case Shelf.COMING:
            rows = rows.filter(waits)
        case Shelf.OFF:
            rows = rows.filter(is_off)
        case Shelf.BEFORE:
            rows = rows.exclude(waits).exclude(is_off)
    return _paged(actor, rows, newest_first=shelf is Shelf.BEFORE, at=at, limit=limit, cursor=cursor)


def schedules_seen(actor: Actor) -> bool:
    """Does the actor see who meets whom at the practice that they act for?"""
    return actor.practice_id is not None and accounts_selectors.practice_may(
        actor, actor.practice_id, PracticeMay.SEE_SCHEDULES
    )


def appointment_practice(
    actor: Actor, *, at: datetime, limit: int = 20, cursor: str | None = None
) -> Page[AppointmentView]:
    """What is to come at the practice that the actor acts for, with whomever, soonest first; for who sees its
    schedules. Raises NotAllowed, and Invalid for a cursor that is none.
    """
    if actor.practice_id is None or not schedules_seen(actor):
        raise NotAllowed
    rows = Appointment.objects.visible_to(actor).filter(
        practice_id=actor.practice_id, state__in=[state.value for state in OPEN], ends_at__gt=at
    )
    return _paged(actor, rows, newest_first=False, at=at, limit=limit, cursor=cursor)


def _paged(
    actor: Actor,
    rows: PrivateQuerySet[Appointment],
    *,
    newest_first: bool,
    at: datetime,
    limit: int,
    cursor: str | None,
) -> Page[AppointmentView]:
    order = ("-starts_at", "-id") if newest_first else ("starts_at", "id")
    if cursor is not None:
        last_at, last_id = _cursor_read(cursor)
        way = "lt" if newest_first else "gt"
        rows = rows.filter(
            Q(**{f"starts_at__{way}": last_at}) | Q(**{"starts_at": last_at, f"id__{way}": last_id})
        )
    found = list(rows.order_by(*order)[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        appointment_views(actor, found[:limit], at=at),
        next=cursors.write(last.starts_at, last.id) if last is not None else None,
    )


def name_is_kept(person_id: UUID) -> bool:
    """Whether an appointment names this person: its other side keeps it as their record of what took place
    and of what is owed.
    """
    rows = Appointment.objects.unscoped(reason="whether somebody else's record names this person")
    return rows.filter(Q(patient_id=person_id) | Q(therapist_id=person_id)).exists()


def has_booked(actor: Actor) -> bool:
    """Whether the actor, a patient, has or had an appointment that stood."""
    called_off = [state.value for state in CALLED_OFF]
    rows = Appointment.objects.visible_to(actor).filter(patient_id=actor.require_user())
    return rows.exclude(state__in=called_off).exists()


def appointment_of_hold(actor: Actor, hold_id: UUID, *, at: datetime) -> AppointmentView | None:
    """What became of a hold of the actor's."""
    rows = Appointment.objects.visible_to(actor).filter(hold_id=hold_id, booked_by_id=actor.user_id)
    found = appointment_views(actor, list(rows), at=at)
    return found[0] if found else None


def hold_anew_id(hold_id: UUID, person_id: UUID) -> UUID:
    """Under which id a person holds a time once more whose hold is over: ever the same, and theirs alone."""
    return uuid5(hold_id, str(person_id))


def terms_shown(hold: Hold) -> str:
    """On which terms a time is held and where, in a word: what a page sends back as what it has shown."""
    return f"{hold.service_version}.{hold.calendar_version}.{hold.location_id or ''}"


def hold_terms(actor: Actor, hold: Hold) -> tuple[ServiceView, HoldTerms]:
    """What somebody says yes to who books what they hold. Raises NotFound where it is offered no more."""
    service = Service.objects.visible_to(actor).get_or_refuse(pk=hold.service_id)
    calendar = Calendar.objects.unscoped(reason="the calendar of a service that the actor sees").get(
        pk=service.calendar_id
    )
    terms = HoldTerms(
        free_cancel_until=hold.starts_at - timedelta(minutes=calendar.free_cancel_minutes),
        late_fee=Money(calendar.late_fee_minor, service.currency),
        needs_approval=calendar.needs_approval,
        location=places_shown(actor, [hold]).get(hold.id),
    )
    return present.service_view(service), terms


def _cursor_read(cursor: str) -> tuple[datetime, UUID]:
    try:
        return cursors.read(cursor)
    except ValueError:
        said = gettext("This is not where a page of this list ended.")
        raise Invalid(errors={"cursor": [said]}) from None


def appointment_views(actor: Actor, rows: Sequence[Appointment], *, at: datetime) -> list[AppointmentView]:
    """Rows that the caller may show, as they are to the actor. Four queries; one more for the desk."""
    people = accounts_selectors.person_refs(
        actor, {id_ for row in rows for id_ in (row.therapist_id, row.patient_id)}
    )
    places = places_shown(actor, rows)
    vault.keys_load(
        bytes(text)
        for row in rows
        for text in (row.reason, row.alarm_words, row.note, row.decline_words)
        if text is not None
    )
    by_desk = books_among(actor, rows)
    return [
        present.appointment_view(
            actor, row, people=people, location=places.get(row.id), by_desk=by_desk, at=at
        )
        for row in rows
    ]


def hold_get(actor: Actor, hold_id: UUID) -> Hold | None:
    """What the actor holds under this id now; None where it has run out, or is not theirs. Raises Unavailable
    without Redis.
    """
    hold = holds.hold_get(hold_id)
    return hold if hold is not None and hold.person_id == actor.user_id else None


def appointments_ending(actor: Actor, ending: Ending, *, at: datetime) -> AppointmentsEnding:
    """How many of the appointments that the actor sees would be called off by this, when the first of them
    begins, and what the actor would owe as their patient. Two queries.
    """
    match ending.kind:
        case EndingKind.ACCOUNT:
            rows = Appointment.objects.unscoped(reason="the actor's own, in whichever practice").filter(
                Q(patient_id=actor.user_id) | Q(therapist_id=actor.user_id)
            )
        case _:
            named = Q(therapist_id=ending.therapist_id) & Q(practice_id=ending.practice_id)
            if ending.kind is EndingKind.CARE:
                named &= Q(patient_id=ending.patient_id)
            rows = Appointment.objects.visible_to(actor).filter(named)
    waiting = rows.filter(
        state__in=[AppointmentState.REQUESTED.value, AppointmentState.CONFIRMED.value], starts_at__gt=at
    )
    found = waiting.aggregate(count=Count("id"), first=Min("starts_at"))
    fees = waiting.none()
    if ending.kind in (EndingKind.ACCOUNT, EndingKind.CARE):
        fees = waiting.filter(
            patient_id=actor.user_id,
            state=AppointmentState.CONFIRMED.value,
            free_cancel_until__lte=at,
            late_fee_minor__gt=0,
        )
    owed = fees.values("currency").annotate(owed=Sum("late_fee_minor"), late=Count("id")).order_by("currency")
    due = list(owed.values_list("owed", "currency", "late"))
    return AppointmentsEnding(
        count=found["count"],
        first=found["first"],
        late=sum(late for _minor, _currency, late in due),
        fees=tuple(Money(minor, currency) for minor, currency, _late in due),
    )
