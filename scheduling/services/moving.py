"""An appointment at another time."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid
from bloom.kernel.money import Money
from observability import services as observability_services
from scheduling import holds, present, selectors
from scheduling.errors import ChangeTooLate, SlotNotOffered, SlotTaken, TermsUnseen
from scheduling.events import AppointmentMoved
from scheduling.models import Appointment, Calendar, Service
from scheduling.rules import claims, states
from scheduling.rules import places as place_rules
from scheduling.rules import slots as rules
from scheduling.selectors.at_desk import is_by_desk
from scheduling.services import outcomes, words
from scheduling.services.booking import change_count, overlap_check, place_named, place_of_service
from scheduling.services.gates import gates_ask
from scheduling.services.locking import (
    air_around,
    appointment_hold,
    claims_drop,
    claims_make,
    freed_drop,
    freed_keep,
    offer_of,
    step_check,
    taken_around,
)
from scheduling.types import (
    AppointmentState,
    AppointmentView,
    Deed,
    FreeCause,
    Mode,
    Party,
    SlotFault,
    SlotPlace,
)


def appointment_move(
    actor: Actor,
    appointment_id: UUID,
    *,
    starts_at: datetime,
    mode: Mode | None = None,
    agreed: bool = False,
    at: datetime,
) -> AppointmentView:
    """Have it at another time, in the same way of meeting unless told; length and price stay. A patient moves
    it to times that are offered and that nobody holds, and while cancelling is free; its therapist to any in
    which nobody else is; the practice's desk to what it could book for a colleague. The patient, who did not
    choose what the two choose, calls it off or misses it for nothing.
    `agreed`: a patient was shown what the new time costs to call off, and says yes to that. What binds them
    already moves with that yes alone; what does not, binds them with it alone.

    Raises NotFound, NotAllowed, AppointmentStands, TermsUnseen, ChangeTooLate, SlotTaken and SlotNotOffered
    (with what is free instead), AppointmentOverlaps, RateLimited, Invalid, and what a gate raises.
    """
    if not claims.is_whole(starts_at):
        raise Invalid(errors={"starts_at": [gettext("A session begins on five minutes.")]})
    change_count(actor.require_user())
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    by_desk = is_by_desk(actor, row)
    try:
        if actor.user_id == row.patient_id or by_desk:
            _held_check(actor, row, starts_at, at=at)
        return _move(actor, appointment_id, starts_at, mode, agreed, at=at)
    except (SlotTaken, SlotNotOffered) as refusal:
        service = selectors.service_agreed(row)
        words.alternatives_add(actor, refusal, service, starts_at, at_desk=by_desk, moving=row, at=at)
        raise


def _held_check(actor: Actor, row: Appointment, starts_at: datetime, *, at: datetime) -> None:
    """Raise SlotTaken for a time that somebody else holds. Without Redis nothing is held."""
    held = holds.holds_of([row.therapist_id], at=at).get(row.therapist_id, [])
    others = [each.taken for each in held if each.person_id != actor.user_id]
    if rules.is_taken(offer_of(row), others, starts_at):
        raise SlotTaken


@transactional(constraints={"scheduling_claim_once": SlotTaken})
def _move(
    actor: Actor,
    appointment_id: UUID,
    starts_at: datetime,
    mode: Mode | None,
    agreed: bool,
    *,
    at: datetime,
) -> AppointmentView:
    row = appointment_hold(actor, appointment_id)
    party, _step = step_check(actor, row, Deed.MOVE, at=at)
    if (row.starts_at, row.mode) == (starts_at, mode.value if mode else row.mode):
        return outcomes.shown(actor, row, at=at)
    ends_at = starts_at + timedelta(minutes=row.duration_minutes)
    calendar = Calendar.objects.unscoped(reason="the calendar of an appointment in hand").get(
        pk=row.calendar_id
    )
    service = selectors.service_agreed(row)
    place = place_named(
        actor,
        row.practice_id,
        _place(row, calendar, service, party, starts_at, ends_at, mode, at=at),
    )
    overlap_check(
        row.patient_id,
        starts_at,
        ends_at,
        leaving_out=row.id,
        seen_by_practice=None if party is Party.PATIENT else row.practice_id,
    )
    claims_drop(row)
    before = row.starts_at, row.ends_at
    outcomes.retime(row, starts_at)
    if (row.mode, row.location_id) != (place.mode.value, place.location_id):
        row.mode, row.location_id = place.mode.value, place.location_id
        row.place_of_service = place_of_service(actor, service, place)
    row.state = states.moved_to(
        AppointmentState(row.state), party, needs_approval=calendar.needs_approval
    ).value
    _bind(row, party, agreed, at=at)
    gates_ask(actor, row, at=at)
    outcomes.save(row, at=at)
    claims_make(row, at=at)
    freed_keep(row.practice_id, row.therapist_id, *before, at=at)
    moved = AppointmentMoved(
        **outcomes.facts_of(row), state=row.state, starts_at=row.starts_at, ends_at=row.ends_at
    )
    observability_services.event_record(actor, moved, at=at)
    return outcomes.shown(actor, row, at=at)


def _bind(row: Appointment, party: Party, agreed: bool, *, at: datetime) -> None:
    """What calling it off costs at its new time. Raises TermsUnseen."""
    was_bound = row.agreed_at is not None
    row.free_cancel_until = row.starts_at - timedelta(minutes=row.free_cancel_minutes)
    if party is Party.PATIENT and (agreed or (was_bound and not row.late_fee_minor)):
        row.agreed_at, row.free_cause = at, ""
    elif party is Party.PATIENT and was_bound:
        # Neither does a press bind them to what they were not shown, nor free them of what they agreed to.
        raise TermsUnseen(
            free_cancel_until=clock.to_wire(row.free_cancel_until),
            late_fee=Money(row.late_fee_minor, row.currency).to_wire(),
        )
    else:
        is_chosen = party is Party.PATIENT
        outcomes.unbind(row, FreeCause.NOT_AGREED if is_chosen else FreeCause.NOT_CHOSEN)


def _place(
    row: Appointment,
    calendar: Calendar,
    service: Service,
    party: Party,
    starts_at: datetime,
    ends_at: datetime,
    mode: Mode | None,
    *,
    at: datetime,
) -> SlotPlace:
    """How and where it can be then. Raises SlotTaken, SlotNotOffered and ChangeTooLate."""
    agreed, offer = Mode(row.mode), present.offer_of(service)
    wanted = mode or agreed
    if party is Party.THERAPIST:
        freed_drop(row.therapist_id, *air_around(starts_at, ends_at, row))
    taken = taken_around(row.therapist_id, starts_at, ends_at, at=at, leaving_out=row.id)
    book = selectors.books_load([calendar], starts_at, ends_at, at=at)[calendar.id]
    if party is Party.THERAPIST:
        if not place_rules.is_in(offer.modes, wanted):
            raise words.slot_refusal(SlotFault.MODE)
        words.ahead_check(starts_at, at=at)
        if rules.is_taken(offer, taken, starts_at):
            raise words.taken_own()
        kept = row.location_id if agreed is Mode.IN_PERSON else None
        return place_rules.place_within(book.hours, offer, starts_at, mode=wanted, kept=kept)
    terms = book.terms
    if party is Party.DESK:
        terms = rules.desk_terms(terms)
    elif states.moves_too_late(AppointmentState(row.state), party, free_until=row.free_cancel_until, at=at):
        raise ChangeTooLate
    found = rules.place_find(book.hours, terms, offer, taken, at=at, starts_at=starts_at, mode=wanted)
    if isinstance(found, SlotFault):
        raise words.slot_refusal(found)
    return found
