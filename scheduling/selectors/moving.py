"""What a move of an appointment would come to, before anybody says yes to it."""

from datetime import datetime, timedelta
from uuid import UUID

from accounts.types import LocationView
from bloom.kernel.actor import Actor
from bloom.kernel.money import Money
from scheduling import present
from scheduling.models import Appointment, Calendar
from scheduling.rules import places as place_rules
from scheduling.rules import slots as rules
from scheduling.selectors.loading import books_load
from scheduling.selectors.places import places_shown
from scheduling.selectors.slots import service_agreed
from scheduling.types import HoldTerms, Mode, Party, SlotFault


def move_terms(actor: Actor, appointment_id: UUID, starts_at: datetime, *, at: datetime) -> HoldTerms:
    """What somebody says yes to who moves an appointment there: price, policy and way of meeting stay as they
    were; where, the hours of then decide. Raises NotFound.
    """
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    calendar = Calendar.objects.unscoped(reason="the calendar of an appointment in hand").get(
        pk=row.calendar_id
    )
    return HoldTerms(
        free_cancel_until=starts_at - timedelta(minutes=row.free_cancel_minutes),
        late_fee=Money(row.late_fee_minor, row.currency),
        needs_approval=calendar.needs_approval,
        location=_place_then(actor, row, calendar, starts_at, at=at),
    )


def _place_then(
    actor: Actor, row: Appointment, calendar: Calendar, starts_at: datetime, *, at: datetime
) -> LocationView | None:
    """Where they meet then, as the move itself decides it; None by video, where nobody can know it, and at a
    time that the move refuses.
    """
    if row.mode != Mode.IN_PERSON:
        return None
    offer, mode, party = present.offer_of(service_agreed(row)), Mode(row.mode), present.party_of(actor, row)
    ends_at = starts_at + timedelta(minutes=offer.duration)
    book = books_load([calendar], starts_at, ends_at, at=at)[calendar.id]
    if party is Party.THERAPIST:
        place = place_rules.place_within(book.hours, offer, starts_at, mode=mode, kept=row.location_id)
    else:
        terms = book.terms if party is Party.PATIENT else rules.desk_terms(book.terms)
        # What else is taken then decides whether it moves there, not where that is.
        found = rules.place_find(book.hours, terms, offer, [], at=at, starts_at=starts_at, mode=mode)
        if isinstance(found, SlotFault):
            return None
        place = found
    # The row is read here, and kept by nobody.
    row.location_id, row.starts_at = place.location_id, starts_at
    return places_shown(actor, [row]).get(row.id)
