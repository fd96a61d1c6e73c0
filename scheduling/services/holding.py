"""Holding a time while somebody makes up their mind."""

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from accounts import errors as accounts_errors
from accounts import selectors as accounts_selectors
from accounts.types import RoleName
from bloom.kernel import limits
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed, NotFound
from scheduling import holds, present, selectors
from scheduling.errors import AppointmentsFull, ServiceNotForYou, SlotTaken
from scheduling.models import Calendar, Service
from scheduling.rules import slots as rules
from scheduling.services import words
from scheduling.types import AHEAD_MOST, AHEAD_WITH_ONE_MOST, Hold, Mode, SlotFault


def hold_place(
    actor: Actor,
    *,
    therapist_id: UUID,
    service_id: UUID,
    starts_at: datetime,
    mode: Mode | None = None,
    hold_id: UUID | None = None,
    at: datetime,
) -> Hold:
    """Keep a time of a therapist for the actor, a patient, for ten minutes; in the first way of meeting that
    it has unless told. Whoever holds another time of the same therapist lets that go by it. `hold_id` is
    chosen by services alone, so that it is nobody else's.

    Raises NotFound, NotAllowed, ServiceNotForYou, SlotTaken and SlotNotOffered (with what is free instead),
    HoldsFull, AppointmentsFull, NotAccepting, RateLimited, and Unavailable without Redis.
    """
    person_id = actor.require_user()
    if not actor.has_role(RoleName.PATIENT):
        raise NotAllowed
    limits.limit_check(f"holds:{person_id}", settings.HOLDS_PER_HOUR, 3600)
    service = service_bookable(actor, service_id)
    if service.therapist_id != therapist_id:
        raise NotFound
    ahead_check(person_id, therapist_id, at=at)
    calendar = Calendar.objects.unscoped(reason="the calendar of a service that the actor sees").get(
        pk=service.calendar_id
    )
    ends_at = starts_at + timedelta(minutes=service.duration_minutes)
    book = selectors.books_load([calendar], starts_at, ends_at, at=at)[calendar.id]
    offer = present.offer_of(service)
    place = rules.place_find(book.hours, book.terms, offer, book.taken, at=at, starts_at=starts_at, mode=mode)
    if isinstance(place, SlotFault):
        refusal = words.slot_refusal(place)
        words.alternatives_add(actor, refusal, service, starts_at, at=at)
        raise refusal
    hold = Hold(
        id=hold_id or uuid.uuid4(),
        person_id=person_id,
        therapist_id=therapist_id,
        practice_id=service.practice_id,
        service_id=service.id,
        starts_at=starts_at,
        ends_at=ends_at,
        mode=place.mode,
        location_id=place.location_id,
        service_version=service.version,
        calendar_version=calendar.version,
        held_at=at,
        expires_at=at,
    )
    try:
        return holds.hold_place(hold, offer)
    except SlotTaken as taken:
        words.alternatives_add(actor, taken, service, starts_at, at=at)
        raise


def hold_renew(actor: Actor, hold: Hold, *, at: datetime) -> Hold:
    """The same time on the terms of now, to be shown before anybody says yes. Raises as `hold_place` does."""
    return hold_place(
        actor,
        therapist_id=hold.therapist_id,
        service_id=hold.service_id,
        starts_at=hold.starts_at,
        mode=hold.mode,
        at=at,
    )


def hold_release(actor: Actor, hold_id: UUID) -> None:
    """Let a time go that one holds. Of what has run out nothing is left to let go. Raises NotFound for what
    somebody else holds, and Unavailable without Redis.
    """
    actor.require_user()
    hold = holds.hold_get(hold_id)
    if hold is None:
        return
    if hold.person_id != actor.user_id:
        raise NotFound
    holds.hold_drop(hold)


def service_bookable(actor: Actor, service_id: UUID) -> Service:
    """A service that the actor can book. Raises NotFound, NotAccepting for who is not in its therapist's care
    while they take no new patients, and ServiceNotForYou: for its therapist themselves, too.
    """
    service = Service.objects.visible_to(actor).filter(retired_at=None).get_or_refuse(pk=service_id)
    if service.therapist_id == actor.user_id:
        raise ServiceNotForYou(object_id=service.id)
    in_care = (service.therapist_id, service.practice_id) in accounts_selectors.care_of(actor)
    if not in_care and not accounts_selectors.accepting_of(actor, [service.therapist_id]):
        raise accounts_errors.NotAccepting
    if not selectors.may_book(service, in_care=in_care):
        raise ServiceNotForYou(object_id=service.id)
    return service


def ahead_check(patient_id: UUID, therapist_id: UUID, *, at: datetime) -> None:
    """Raise AppointmentsFull where a patient has as many appointments ahead as one books. Behind the lock of
    the therapist nothing passes the number for one; that for all can be passed by what is booked with others
    in the same moment, which holds bound.
    """
    with_whom = selectors.ahead_of([patient_id], at=at)[patient_id]
    if with_whom.count(therapist_id) >= AHEAD_WITH_ONE_MOST:
        said = gettext("You have %(most)d appointments with this therapist ahead, as many as can be booked.")
        raise AppointmentsFull(said % {"most": AHEAD_WITH_ONE_MOST}, most=AHEAD_WITH_ONE_MOST)
    if len(with_whom) >= AHEAD_MOST:
        raise AppointmentsFull(most=AHEAD_MOST)
