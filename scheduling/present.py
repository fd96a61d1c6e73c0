"""Rows of scheduling as what they mean to one viewer; the one place where what people wrote is opened."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from accounts.types import LocationView, PersonRef
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.money import Money
from scheduling.models import Appointment, Calendar, DateException, Service, WeeklyBlock
from scheduling.rules import states
from scheduling.telehealth.rules import rooms
from scheduling.types import (
    CALLED_OFF,
    AppointmentState,
    AppointmentView,
    Block,
    CancelCause,
    DayApart,
    Deed,
    ExceptionKind,
    ExceptionView,
    FreeCause,
    Mode,
    Modes,
    Offer,
    Party,
    Rules,
    ServiceFacts,
    ServiceView,
    Terms,
    WhoMayBook,
)


def reason_place(appointment_id: UUID) -> vault.Place:
    """Where what the patient wrote stands."""
    return vault.Place(Appointment._meta.db_table, "reason", appointment_id)


def alarm_place(appointment_id: UUID) -> vault.Place:
    """Where the first words that may mean danger stand once the reason is another."""
    return vault.Place(Appointment._meta.db_table, "alarm_words", appointment_id)


def decline_place(appointment_id: UUID) -> vault.Place:
    """Where what the therapist wrote to the patient whose request they declined stands."""
    return vault.Place(Appointment._meta.db_table, "decline_words", appointment_id)


def note_place(appointment_id: UUID) -> vault.Place:
    """Where what the therapist keeps for themselves stands."""
    return vault.Place(Appointment._meta.db_table, "note", appointment_id)


def party_of(actor: Actor, row: Appointment) -> Party | None:
    """Which side of an appointment the actor is; None for the practice's desk."""
    if actor.is_system:
        return Party.SYSTEM
    if actor.user_id == row.patient_id:
        return Party.PATIENT
    return Party.THERAPIST if actor.user_id == row.therapist_id else None


def cancelled_by(row: Appointment) -> Party | None:
    """Whose side called it off: of neither of the two, the practice's desk; None where it was nobody, or
    Bloom.
    """
    if AppointmentState(row.state) not in CALLED_OFF or row.cancelled_by_id is None:
        return None
    of_two = {row.patient_id: Party.PATIENT, row.therapist_id: Party.THERAPIST}
    return of_two.get(row.cancelled_by_id, Party.DESK)


def appointment_view(
    actor: Actor,
    row: Appointment,
    *,
    people: Mapping[UUID, PersonRef],
    location: LocationView | None,
    by_desk: bool = False,
    at: datetime,
) -> AppointmentView:
    """One appointment that the actor may see. What the patient wrote is for the two; the therapist's note for
    the therapist alone. `by_desk`: the actor books for colleagues at the practice that they act for.
    """
    party = party_of(actor, row)
    state = AppointmentState(row.state)
    does = Party.DESK if party is None and by_desk and row.practice_id == actor.practice_id else party
    deeds = set() if does is None else set(states.deeds(state, does, starts_at=row.starts_at, at=at))
    too_late = Deed.MOVE in deeds and states.moves_too_late(
        state, party, free_until=row.free_cancel_until, at=at
    )
    if too_late:
        deeds.discard(Deed.MOVE)
    fee = cancel_fee_of(row, party, at=at)
    return AppointmentView(
        id=row.id,
        practice_id=row.practice_id,
        therapist=people[row.therapist_id],
        patient=people[row.patient_id],
        party=party,
        service_id=row.service_id,
        service_name=row.service_name,
        price=Money(row.price_minor, row.currency),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=state,
        mode=Mode(row.mode),
        location=location,
        reason=_open(row.reason, reason_place(row.id)) if party is not None else None,
        note=_open(row.note, note_place(row.id)) if party is Party.THERAPIST else None,
        decline_words=_open(row.decline_words, decline_place(row.id)) if party is not None else None,
        alarms=row.reason_alarms and party is not None,
        alarm_words=_open(row.alarm_words, alarm_place(row.id)) if party is not None else None,
        sequence=row.sequence,
        agreed_at=row.agreed_at,
        free_cause=FreeCause(row.free_cause) if row.free_cause else None,
        free_cancel_minutes=row.free_cancel_minutes,
        free_cancel_until=row.free_cancel_until,
        late_fee=Money(row.late_fee_minor, row.currency),
        cancel_fee=fee if fee.amount and Deed.CANCEL in deeds else None,
        owes_late_fee=row.owes_late_fee,
        cancelled_at=row.cancelled_at,
        cancelled_by=cancelled_by(row),
        attending_at=row.attending_at,
        cancel_cause=CancelCause(row.cancel_cause) if row.cancel_cause else None,
        created_at=row.created_at,
        deeds=frozenset(deeds),
        moves_too_late=too_late,
        can_join=(
            party is not None
            and rooms.has_room(state, Mode(row.mode))
            and rooms.is_open(row.starts_at, row.ends_at, at=at)
        ),
    )


def cancel_fee_of(row: Appointment, party: Party | None, *, at: datetime) -> Money:
    """What calling it off now would cost whoever does it."""
    minor = states.cancel_fee(
        AppointmentState(row.state),
        party,
        free_until=row.free_cancel_until,
        fee_minor=row.late_fee_minor,
        at=at,
    )
    return Money(minor, row.currency)


def service_view(row: Service) -> ServiceView:
    return ServiceView(
        id=row.id,
        therapist_id=row.therapist_id,
        practice_id=row.practice_id,
        name=row.name,
        duration_minutes=row.duration_minutes,
        buffer_before=row.buffer_before,
        buffer_after=row.buffer_after,
        cpt_code=row.cpt_code,
        place_of_service=row.place_of_service,
        price=Money(row.price_minor, row.currency),
        modes=Modes(row.modes),
        who_may_book=WhoMayBook(row.who_may_book),
        version=row.version,
        retired_at=row.retired_at,
    )


def facts_of(row: Service) -> ServiceFacts:
    """What its therapist told of it."""
    return ServiceFacts(
        name=row.name,
        duration_minutes=row.duration_minutes,
        price=Money(row.price_minor, row.currency),
        modes=Modes(row.modes),
        buffer_before=row.buffer_before,
        buffer_after=row.buffer_after,
        cpt_code=row.cpt_code,
        place_of_service=row.place_of_service,
        who_may_book=WhoMayBook(row.who_may_book),
    )


def offer_of(row: Service) -> Offer:
    return Offer(
        duration=row.duration_minutes,
        before=row.buffer_before,
        after=row.buffer_after,
        modes=Modes(row.modes),
    )


def terms_of(row: Calendar) -> Terms:
    return Terms(
        slot_minutes=row.slot_minutes,
        notice_minutes=row.notice_minutes,
        horizon_days=row.horizon_days,
        daily_limit=row.daily_limit,
    )


def rules_of(row: Calendar) -> Rules:
    return Rules(
        slot_minutes=row.slot_minutes,
        notice_minutes=row.notice_minutes,
        horizon_days=row.horizon_days,
        daily_limit=row.daily_limit,
        needs_approval=row.needs_approval,
        free_cancel_minutes=row.free_cancel_minutes,
        late_fee_minor=row.late_fee_minor,
    )


def block_of(row: WeeklyBlock) -> Block:
    return Block(row.weekday, row.starts_minute, row.ends_minute, Modes(row.modes), row.location_id)


def day_apart_of(row: DateException) -> DayApart:
    return DayApart(
        kind=ExceptionKind(row.kind),
        first=row.starts_on,
        last=row.ends_on,
        start=row.starts_minute,
        end=row.ends_minute,
        modes=Modes(row.modes),
        location_id=row.location_id,
    )


def exception_view(row: DateException) -> ExceptionView:
    return ExceptionView(
        id=row.id,
        kind=ExceptionKind(row.kind),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        starts_minute=row.starts_minute,
        ends_minute=row.ends_minute,
        modes=Modes(row.modes),
        location_id=row.location_id,
    )


def _open(sealed: bytes | None, place: vault.Place) -> str | None:
    if sealed is None:
        return None
    try:
        return vault.open(bytes(sealed), place)
    except vault.KeyDestroyed:
        return None
