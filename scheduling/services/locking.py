"""Who may write to a therapist's time now: one at a time.

The rows of several appointments are locked by when they begin, then by id (reminders, meetings).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F

from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from scheduling import present, selectors
from scheduling.errors import AppointmentStands
from scheduling.models import Appointment, Calendar, Claim, Service, WaitlistEntry, WaitlistOffer
from scheduling.rules import claims, states
from scheduling.rules.states import Step
from scheduling.selectors.at_desk import is_by_desk
from scheduling.types import AppointmentState, Deed, EntryState, Offer, Party, Taken

# The job of the waitlist comes by well within it.
FREED_KEPT: Final = timedelta(minutes=2)


def therapist_lock(therapist_id: UUID) -> None:
    """All calendars of a therapist, in whichever practice, are the caller's until its transaction is over."""
    # An UPDATE is a lock in every database; SELECT FOR UPDATE is best effort in some.
    Calendar.objects.unscoped(reason="the lock of somebody's time").filter(therapist_id=therapist_id).update(
        turn=F("turn") + 1
    )


def appointment_hold(actor: Actor, appointment_id: UUID) -> Appointment:
    """An appointment that the actor sees, as it stands now that its therapist's time is locked. Raises
    NotFound.
    """
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    therapist_lock(row.therapist_id)
    return Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)


def step_check(actor: Actor, row: Appointment, deed: Deed, *, at: datetime) -> tuple[Party, Step]:
    """What follows when the actor does this now. Raises NotAllowed for what is never theirs to do: much is
    not for the practice's desk; and AppointmentStands.
    """
    party = present.party_of(actor, row)
    if party is None and states.is_for(deed, Party.DESK) and is_by_desk(actor, row):
        party = Party.DESK
    if party is None:
        raise NotAllowed(object_kind=row._meta.label_lower, object_id=row.id, exists=True)
    step = states.step(AppointmentState(row.state), deed, party, starts_at=row.starts_at, at=at)
    if step is None:
        raise AppointmentStands(state=row.state)
    return party, step


def taken_around(
    therapist_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    *,
    at: datetime,
    leaving_out: UUID | None = None,
) -> list[Taken]:
    """What is taken of a therapist's time around a session. One query."""
    found = selectors.taken_load([therapist_id], starts_at, ends_at, at=at, leaving_out=leaving_out)
    return found[therapist_id]


def lapsed_drop(therapist_id: UUID, quanta: range, *, at: datetime) -> None:
    """Offers that have lapsed give way: their claims on these minutes are gone."""
    Claim.objects.unscoped(reason="offers that have lapsed").filter(
        therapist_id=therapist_id,
        quantum__gte=quanta.start,
        quantum__lt=quanta.stop,
        expires_at__lte=at,
    ).delete()


def freed_keep(
    practice_id: UUID, therapist_id: UUID, starts_at: datetime, ends_at: datetime, *, at: datetime
) -> None:
    """Keep minutes that were just given back for those who wait, in the transaction that gives them back,
    until the job of the waitlist has come by; what somebody has by now is theirs. Nothing where nobody waits.
    """
    if ends_at <= at or not _is_waited_for(therapist_id):
        return
    quanta = claims.quanta_of(starts_at, ends_at)
    lapsed_drop(therapist_id, quanta, at=at)
    rows = Claim.objects.unscoped(reason="what somebody has by now").filter(
        therapist_id=therapist_id, quantum__gte=quanta.start, quantum__lt=quanta.stop
    )
    held = set(rows.values_list("quantum", flat=True))
    Claim.objects.bulk_create(
        Claim(practice_id=practice_id, therapist_id=therapist_id, quantum=quantum, expires_at=at + FREED_KEPT)
        for quantum in quanta
        if quantum not in held
    )


def offer_claims_make(offer: WaitlistOffer, service: Service, *, at: datetime) -> None:
    """Claim the minutes of an offer, with the air around it: what is booked beside it leaves it possible."""
    air = air_around(offer.starts_at, offer.ends_at, service)
    quanta = claims.quanta_of(*air)
    lapsed_drop(offer.therapist_id, quanta, at=at)
    freed_drop(offer.therapist_id, *air)
    Claim.objects.bulk_create(
        Claim(
            practice_id=offer.practice_id,
            therapist_id=offer.therapist_id,
            quantum=quantum,
            offer_id=offer.id,
            expires_at=offer.expires_at + FREED_KEPT,
        )
        for quantum in quanta
    )


def offer_claims_drop(offer: WaitlistOffer) -> None:
    """Give the minutes of an offer back, to whom its caller gives them."""
    Claim.objects.unscoped(reason="the minutes of an offer in hand").filter(offer_id=offer.id).delete()


def offer_claims_free(offer: WaitlistOffer, *, at: datetime) -> None:
    """An offer gives its minutes back: to those who wait, or to everybody where nobody does."""
    rows = Claim.objects.unscoped(reason="the minutes of an offer in hand").filter(offer_id=offer.id)
    if _is_waited_for(offer.therapist_id):
        rows.update(offer_id=None, expires_at=at + FREED_KEPT)
    else:
        rows.delete()


def freed_drop(therapist_id: UUID, starts_at: datetime, ends_at: datetime) -> None:
    """What is kept for those who wait gives way: to one of them, or to what the therapist gives away now."""
    quanta = claims.quanta_of(starts_at, ends_at)
    Claim.objects.unscoped(reason="what is kept for those who wait").filter(
        therapist_id=therapist_id,
        quantum__gte=quanta.start,
        quantum__lt=quanta.stop,
        appointment=None,
        offer_id=None,
    ).delete()


def _is_waited_for(therapist_id: UUID) -> bool:
    rows = WaitlistEntry.objects.unscoped(reason="whether anybody waits").filter(
        selectors.line_for(therapist_id), state=EntryState.WAITING.value
    )
    return rows.exists()


def claims_make(row: Appointment, *, at: datetime) -> None:
    """Claim the minutes of a session: the proof that nobody else has them. Offers that have lapsed give way.
    A violated `scheduling_claim_once` is what the caller's transaction names.
    """
    lapsed_drop(row.therapist_id, claims.quanta_of(row.starts_at, row.ends_at), at=at)
    Claim.objects.bulk_create(claims_of(row))


def claims_of(row: Appointment) -> Iterator[Claim]:
    """The minutes of a session, as its claims; not stored yet."""
    for quantum in claims.quanta_of(row.starts_at, row.ends_at):
        yield Claim(
            practice_id=row.practice_id,
            therapist_id=row.therapist_id,
            quantum=quantum,
            appointment_id=row.id,
        )


def claims_drop(row: Appointment) -> None:
    """Give the minutes of a session back."""
    Claim.objects.unscoped(reason="the minutes of an appointment in hand").filter(
        appointment_id=row.id
    ).delete()


def offer_of(row: Appointment) -> Offer:
    """The session as it was agreed, whatever its service says by now."""
    return Offer(duration=row.duration_minutes, before=row.buffer_before, after=row.buffer_after)


def air_around(
    starts_at: datetime, ends_at: datetime, of: Service | Appointment
) -> tuple[datetime, datetime]:
    """From when until when a session takes its therapist, with the air before and after it."""
    return starts_at - timedelta(minutes=of.buffer_before), ends_at + timedelta(minutes=of.buffer_after)


def length_of(row: Appointment) -> timedelta:
    return timedelta(minutes=row.duration_minutes)
