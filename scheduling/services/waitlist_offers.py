"""A time is kept for one who waits: made, accepted, declined, and passed on when nobody answers.

What is locked, in this order: the therapist's time, the person, the place in the line, its offer and claims,
and last the places of others, by their ids. Who only gives a time back begins at the place. The claims prove
that nobody else has the time meanwhile; they outlive the deadline a little, so that it is passed on.
"""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext

from accounts import services as accounts_services
from bloom.kernel import limits
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from observability import services as observability_services
from scheduling import notices_waiting as notices
from scheduling import present, selectors
from scheduling.errors import OfferOver, SlotNotOffered, SlotTaken, TermsChanged
from scheduling.events import OfferClosed, OfferMade, WaitlistClosed, WaitlistRested
from scheduling.models import Calendar, Service, WaitlistEntry, WaitlistOffer
from scheduling.rules import slots as slot_rules
from scheduling.rules import waitlist as rules
from scheduling.services import words
from scheduling.services.booking import booking_find, change_count, hold_book
from scheduling.services.keeping import KEPT
from scheduling.services.locking import (
    freed_drop,
    offer_claims_drop,
    offer_claims_free,
    offer_claims_make,
    therapist_lock,
)
from scheduling.types import (
    BUFFER_MOST,
    OFFERS_MOST,
    PASSED_MOST,
    PASSED_WITHIN,
    UNANSWERED_MOST,
    Booking,
    EntryState,
    Hold,
    Mode,
    OfferState,
    Slot,
    SlotPlace,
)

_AIR_MOST: Final = timedelta(minutes=BUFFER_MOST)
_CLAIMED: Final = {"scheduling_claim_once": SlotTaken}
_PASSED: Final = (OfferState.DECLINED.value, OfferState.LAPSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a sweep would offer to whom: until when, how, and of which service."""

    entry_id: UUID
    patient_id: UUID
    service: Service
    slot: Slot
    place: SlotPlace
    until: datetime


@transactional(constraints=_CLAIMED)
def offer_make(actor: Actor, proposal: Proposal, *, at: datetime) -> bool:
    """Keep a time for one who waits, and tell them; False where they wait no more, or as much is kept for
    them as may be. Raises SlotTaken where somebody was faster, or the service is another by now.
    """
    service, slot = proposal.service, proposal.slot
    therapist_lock(service.therapist_id)
    accounts_services.person_hold(actor, proposal.patient_id)
    rows = WaitlistEntry.objects.unscoped(reason="whose turn it is").select_for_update()
    entry = rows.filter(pk=proposal.entry_id, state=EntryState.WAITING.value).first()
    calendar = Calendar.objects.unscoped(reason="of a service in hand").get(pk=service.calendar_id)
    if entry is None:
        return False
    kept = WaitlistOffer.objects.unscoped(reason="what is kept for one person").filter(
        patient_id=entry.patient_id, state=OfferState.OPEN.value
    )
    with_whom = list(kept.values_list("therapist_id", flat=True))
    if service.therapist_id in with_whom or len(with_whom) >= OFFERS_MOST:
        return False
    offered = Service.objects.unscoped(reason="is it what was proposed?").filter(retired_at=None)
    if not offered.filter(pk=service.id, version=service.version).exists():
        raise SlotTaken
    book = selectors.books_load([calendar], slot.starts_at, slot.ends_at, at=at, for_line=True)[calendar.id]
    fault = slot_rules.booking_check(
        book.hours,
        book.terms,
        present.offer_of(service),
        book.taken,
        at=at,
        starts_at=slot.starts_at,
        place=proposal.place,
    )
    if fault is not None:
        raise SlotTaken
    offer = WaitlistOffer.objects.create(
        id=uuid.uuid4(),
        practice_id=service.practice_id,
        entry_id=entry.id,
        calendar_id=calendar.id,
        patient_id=entry.patient_id,
        therapist_id=service.therapist_id,
        service_id=service.id,
        service_version=service.version,
        calendar_version=calendar.version,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        mode=proposal.place.mode.value,
        location_id=proposal.place.location_id,
        offered_at=at,
        expires_at=proposal.until,
    )
    offer_claims_make(offer, service, at=at)
    entry.state = EntryState.OFFERED.value
    entry.save(update_fields=["state"])
    event_id = observability_services.event_record(
        actor,
        OfferMade(
            object_id=offer.id,
            practice_id=offer.practice_id,
            subject_id=offer.patient_id,
            entry_id=entry.id,
            therapist_id=offer.therapist_id,
            starts_at=offer.starts_at,
            expires_at=offer.expires_at,
        ),
        at=at,
    )
    _tell(actor, offer, "offered", event_id, at=at)
    return True


def offer_accept(
    actor: Actor, offer_id: UUID, *, terms: str, mode: Mode | None = None, at: datetime
) -> Booking:
    """Make an appointment of what the actor is offered, once, however often it is asked. `terms` are those
    that they were shown (OfferView.terms), `mode` a way of meeting that its time has (offer_ways); that of
    the offer unless told.

    Raises NotFound, NotAllowed, OfferOver, TermsChanged, RateLimited, Invalid, and what booking raises; where
    the time cannot be had any more, the offer is taken back and the place stays.
    """
    person_id = actor.require_user()
    offer = _own(actor, offer_id)
    booked = booking_find(actor, offer.id, at=at)
    if booked is not None:
        return booked
    change_count(person_id)
    try:
        return _accept(actor, offer_id, terms, mode, at=at)
    except (SlotTaken, SlotNotOffered) as refusal:
        offer_withdraw(actor, offer_id, at=at)
        service = Service.objects.unscoped(reason="of an offer of the actor's").get(pk=offer.service_id)
        words.alternatives_add(actor, refusal, service, offer.starts_at, at=at)
        raise


@transactional(constraints=KEPT)
def _accept(actor: Actor, offer_id: UUID, terms: str, mode: Mode | None, *, at: datetime) -> Booking:
    offer = _own(actor, offer_id)
    therapist_lock(offer.therapist_id)
    booked = booking_find(actor, offer.id, at=at)
    if booked is not None:
        return booked
    entry = _entry_locked(offer.entry_id)
    offer = _own(actor, offer_id)
    if offer.state != OfferState.OPEN or at >= offer.expires_at:
        raise OfferOver(state=offer.state if offer.state != OfferState.OPEN else OfferState.LAPSED.value)
    versions = _versions(terms)
    if versions is None:
        raise TermsChanged
    place = selectors.offer_place(offer, mode, at=at)
    if place is None:
        raise Invalid(errors={"mode": [gettext("This time is not offered in this way.")]})
    offer_claims_drop(offer)
    # What was given back beside it is no reason against it.
    freed_drop(offer.therapist_id, offer.starts_at - _AIR_MOST, offer.ends_at + _AIR_MOST)
    booking = hold_book(actor, _hold(offer, versions, place), "", alarming=False, at=at)
    _close(actor, offer, OfferState.ACCEPTED, at=at)
    entry.state, entry.closed_at = EntryState.BOOKED.value, at
    entry.save(update_fields=["state", "closed_at"])
    observability_services.event_record(
        actor,
        WaitlistClosed(
            object_id=entry.id,
            practice_id=entry.practice_id,
            subject_id=entry.patient_id,
            therapist_id=entry.therapist_id,
            state=EntryState.BOOKED.value,
        ),
        at=at,
    )
    return booking


def offer_decline(actor: Actor, offer_id: UUID, *, at: datetime) -> None:
    """The actor does not want this time, and keeps their place for another. Twice is once. Raises NotFound,
    NotAllowed, OfferOver and RateLimited.
    """
    _own(actor, offer_id)
    answer_count(actor.require_user())
    _decline(actor, offer_id, at=at)


@transactional
def _decline(actor: Actor, offer_id: UUID, *, at: datetime) -> None:
    offer = _own(actor, offer_id)
    entry = _entry_locked(offer.entry_id)
    offer = _own(actor, offer_id)
    if offer.state == OfferState.DECLINED:
        return
    if offer.state != OfferState.OPEN:
        raise OfferOver(state=offer.state)
    _back_in_line(actor, offer, entry, OfferState.DECLINED, at=at)


@transactional
def offer_withdraw(actor: Actor, offer_id: UUID, *, at: datetime) -> None:
    """The time cannot be had any more; the place stays, and its person is told, unless they have just
    asked.
    """
    _end(actor, offer_id, OfferState.WITHDRAWN, at=at)


@transactional
def offer_lapse(actor: Actor, offer_id: UUID, *, at: datetime) -> None:
    """Nobody answered in time: it goes to the next. Who did not answer so often rests until they come
    back.
    """
    _end(actor, offer_id, OfferState.LAPSED, at=at)


def passed_of(patient_ids: Iterable[UUID], *, at: datetime) -> Counter[UUID]:
    """How many offers each of these people let go in the last day, in all lines together, left ones too."""
    rows = WaitlistOffer.objects.unscoped(reason="how many, for who waits").filter(
        patient_id__in=set(patient_ids), state__in=_PASSED, closed_at__gt=at - PASSED_WITHIN
    )
    return Counter(rows.values_list("patient_id", flat=True))


def answer_count(person_id: UUID) -> None:
    """Count a time that somebody lets go, or that they are back. Raises RateLimited."""
    limits.limit_check(f"waitlist_answer:{person_id}", settings.WAITLIST_ANSWERS_PER_HOUR, 3600)


def line_nudge(therapist_id: UUID, *, at: datetime) -> None:
    """Times of this therapist may be free: who waits for them is looked at next, and who waits for whoever
    fits, where they take new patients.
    """
    places_forward(selectors.line_for(therapist_id), at=at)


def places_forward(whose: Q, *, at: datetime) -> None:
    """Whoever waits, of these, is looked at next. Their places are locked by their ids, since two who bring
    the same line forward at once would each wait for the other.
    """
    rows = WaitlistEntry.objects.unscoped(reason="who waits for what may be free").filter(
        whose, state=EntryState.WAITING.value, look_due_at__gt=at
    )
    ids = list(rows.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))
    rows.filter(pk__in=ids).update(look_due_at=at)


def offer_drop(actor: Actor, entry: WaitlistEntry, *, at: datetime) -> None:
    """Take back what a place in a line, which the caller has locked, is offered; it goes to the next."""
    rows = WaitlistOffer.objects.unscoped(reason="the offer of a place in hand")
    for offer in rows.filter(entry_id=entry.id, state=OfferState.OPEN.value):
        offer_claims_free(offer, at=at)
        _close(actor, offer, OfferState.WITHDRAWN, at=at)
        line_nudge(offer.therapist_id, at=at)


def _end(actor: Actor, offer_id: UUID, state: OfferState, *, at: datetime) -> None:
    rows = WaitlistOffer.objects.unscoped(reason="an offer that is over")
    entry_id = rows.filter(pk=offer_id).values_list("entry_id", flat=True).get()
    entry = _entry_locked(entry_id)
    offer = rows.get(pk=offer_id)
    if offer.state != OfferState.OPEN or (state is OfferState.LAPSED and at < offer.expires_at):
        return
    _back_in_line(actor, offer, entry, state, at=at)


def _back_in_line(
    actor: Actor, offer: WaitlistOffer, entry: WaitlistEntry, state: OfferState, *, at: datetime
) -> None:
    offer_claims_free(offer, at=at)
    event_id = _close(actor, offer, state, at=at)
    if state is not OfferState.WITHDRAWN:
        entry.unanswered = entry.unanswered + 1 if state is OfferState.LAPSED else 0
    rests = state is not OfferState.WITHDRAWN and rules.has_begun_to_rest(
        entry.unanswered,
        passed_of([entry.patient_id], at=at)[entry.patient_id],
        unanswered_most=UNANSWERED_MOST,
        passed_most=PASSED_MOST,
    )
    entry.state = (EntryState.RESTING if rests else EntryState.WAITING).value
    entry.look_due_at = at
    entry.save(update_fields=["state", "unanswered", "look_due_at"])
    # The next in line is looked at as soon as the job comes by.
    line_nudge(offer.therapist_id, at=at)
    if rests:
        observability_services.event_record(
            actor,
            WaitlistRested(
                object_id=entry.id,
                practice_id=entry.practice_id,
                subject_id=entry.patient_id,
                therapist_id=entry.therapist_id,
                is_resting=True,
            ),
            at=at,
        )
    if state is OfferState.LAPSED:
        _tell(actor, offer, "resting" if rests else "lapsed", event_id, at=at)
    elif state is OfferState.WITHDRAWN and actor.user_id != offer.patient_id:
        _tell(actor, offer, "withdrawn", event_id, at=at)


def _own(actor: Actor, offer_id: UUID) -> WaitlistOffer:
    offer = WaitlistOffer.objects.visible_to(actor).get_or_refuse(pk=offer_id)
    if offer.patient_id != actor.user_id:
        raise NotAllowed(object_kind=offer._meta.label_lower, object_id=offer.id, exists=True)
    return offer


def _entry_locked(entry_id: UUID) -> WaitlistEntry:
    rows = WaitlistEntry.objects.unscoped(reason="the place of an offer in hand")
    return rows.select_for_update().get(pk=entry_id)


def _close(actor: Actor, offer: WaitlistOffer, state: OfferState, *, at: datetime) -> UUID:
    offer.state, offer.closed_at = state.value, at
    offer.save(update_fields=["state", "closed_at"])
    return observability_services.event_record(
        actor,
        OfferClosed(
            object_id=offer.id,
            practice_id=offer.practice_id,
            subject_id=offer.patient_id,
            entry_id=offer.entry_id,
            therapist_id=offer.therapist_id,
            state=state.value,
        ),
        at=at,
    )


def _tell(actor: Actor, offer: WaitlistOffer, code: str, event_id: UUID, *, at: datetime) -> None:
    accounts_services.notice_send(
        actor,
        notices.WAITLIST,
        code,
        [offer.patient_id],
        event_id=event_id,
        practice_id=offer.practice_id,
        own={offer.patient_id},
        params={"offer": offer.id, "person": offer.therapist_id, "until": offer.expires_at},
        at=at,
    )


def _hold(offer: WaitlistOffer, versions: tuple[int, int], place: SlotPlace) -> Hold:
    practice_id = offer.practice_id
    assert practice_id is not None
    return Hold(
        id=offer.id,
        person_id=offer.patient_id,
        therapist_id=offer.therapist_id,
        practice_id=practice_id,
        service_id=offer.service_id,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        mode=place.mode,
        location_id=place.location_id,
        service_version=versions[0],
        calendar_version=versions[1],
        # Notice was given when it was offered.
        held_at=offer.offered_at,
        expires_at=offer.expires_at,
    )


def _versions(terms: str) -> tuple[int, int] | None:
    service, _dot, calendar = terms.partition(".")
    if not (service.isdecimal() and calendar.isdecimal() and len(terms) < 30):
        return None
    return int(service), int(calendar)
