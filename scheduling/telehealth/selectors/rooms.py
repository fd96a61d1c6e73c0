"""What people see of Bloom's own video: the room of an appointment, and what a patient has said of it."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from accounts import selectors as accounts_selectors
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from scheduling.models import Appointment, Arrival, RoomEvent, TelehealthConsent
from scheduling.telehealth.rules import arrivals
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.rules.timeline import timeline
from scheduling.telehealth.selectors.meetings import NEWS_MOST
from scheduling.telehealth.types import Happening, MeetingNews
from scheduling.telehealth.types_rooms import CONSENT_VERSION, ArrivalFacts, ConsentView, RoomView
from scheduling.types import AppointmentState, Mode, Party

_BOUNDS: Final = (Happening.STARTED.value, Happening.ENDED.value)


def consent_holds(actor: Actor, practice_id: UUID) -> bool:
    """Whether the actor has agreed to video with this practice, to the words of today. One query."""
    given = TelehealthConsent.objects.visible_to(actor).filter(
        patient_id=actor.require_user(),
        practice_id=practice_id,
        version=CONSENT_VERSION,
        withdrawn_at=None,
    )
    return given.exists()


def consent_list(actor: Actor) -> list[ConsentView]:
    """All that the actor has ever agreed to, the latest first. Two queries."""
    rows = list(
        TelehealthConsent.objects.visible_to(actor)
        .filter(patient_id=actor.require_user())
        .order_by("-given_at", "id")
    )
    practices = accounts_selectors.practice_refs(actor, {row.practice_id for row in rows})
    return [
        ConsentView(
            id=row.id,
            practice_id=row.practice_id,
            practice=practices[row.practice_id].name if row.practice_id in practices else "",
            version=row.version,
            is_current=row.version == CONSENT_VERSION,
            given_at=row.given_at,
            withdrawn_at=row.withdrawn_at,
        )
        for row in rows
    ]


def arrival_told_at(actor: Actor, appointment_id: UUID, *, starts_at: datetime) -> datetime | None:
    """When the patient said last where they are for the session that begins then; None before. One query."""
    told = Arrival.objects.visible_to(actor).filter(appointment_id=appointment_id, starts_at=starts_at)
    told_at: datetime | None = told.values_list("told_at", flat=True).first()
    return told_at


def arrival_last(actor: Actor) -> ArrivalFacts | None:
    """What the actor said last of where they are, to be confirmed or changed. One query."""
    rows = Arrival.objects.visible_to(actor).filter(patient_id=actor.require_user())
    row = rows.order_by("-told_at").first()
    return None if row is None else arrival_facts(row)


def arrival_list(actor: Actor) -> list[tuple[datetime, ArrivalFacts]]:
    """All that the actor has said of where they were, the latest first. One query."""
    rows = Arrival.objects.visible_to(actor).filter(patient_id=actor.require_user())
    return [(row.told_at, arrival_facts(row)) for row in rows.order_by("-told_at", "id")]


def room_of(actor: Actor, appointment_id: UUID, *, at: datetime) -> RoomView | None:
    """The room of an appointment; None where its two do not meet by video, or it is not the actor's to see.
    At most five queries.
    """
    row = Appointment.objects.visible_to(actor).filter(pk=appointment_id).first()
    if row is None or not opening.has_room(AppointmentState(row.state), Mode(row.mode)):
        return None
    return _view(actor, row, at=at)


def arrival_facts(row: Arrival) -> ArrivalFacts:
    """What was said, opened."""
    return arrivals.arrival_read(json.loads(vault.open(row.told, arrival_place(row.id))))


def arrival_place(arrival_id: UUID) -> vault.Place:
    """Where it is sealed for."""
    return vault.Place("scheduling_arrival", "told", arrival_id)


def _view(actor: Actor, row: Appointment, *, at: datetime) -> RoomView:
    party = _party(actor, row)
    news = RoomEvent.objects.visible_to(actor).filter(appointment=row).order_by("happened_at", "id")
    # Each with a bound of its own: however often somebody came and left, when it ended is read.
    bounds = news.filter(happening__in=_BOUNDS)[:NEWS_MOST]
    moves = news.exclude(happening__in=_BOUNDS)[:NEWS_MOST]
    return RoomView(
        appointment_id=row.id,
        party=party,
        is_open=party is not None and opening.is_open(row.starts_at, row.ends_at, at=at),
        is_over=at >= opening.closes_at(row.ends_at),
        is_noted=row.state == AppointmentState.COMPLETED.value,
        opens_at=opening.opens_at(row.starts_at),
        closes_at=opening.closes_at(row.ends_at),
        has_consent=party is not Party.PATIENT or consent_holds(actor, row.practice_id),
        has_arrival=party is not None and arrival_told_at(actor, row.id, starts_at=row.starts_at) is not None,
        timeline=timeline(_news([*bounds, *moves]), resumes=opening.RESUMES),
    )


def _party(actor: Actor, row: Appointment) -> Party | None:
    if actor.user_id == row.patient_id:
        return Party.PATIENT
    return Party.THERAPIST if actor.user_id == row.therapist_id else None


def _news(rows: Iterable[RoomEvent]) -> Iterator[MeetingNews]:
    for row in rows:
        yield MeetingNews(
            vendor_id="",
            happening=Happening(row.happening),
            session=row.session,
            person=row.person,
            happened_at=row.happened_at,
            dedupe_key=str(row.id),
        )
