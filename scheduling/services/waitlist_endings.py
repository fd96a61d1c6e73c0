"""A place in a line, or an offer, that its person has no right to any more."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.types import RoleName
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from observability import services as observability_services
from scheduling import notices_waiting as notices
from scheduling import selectors
from scheduling.events import WaitlistPaused
from scheduling.models import Service, WaitlistEntry, WaitlistOffer
from scheduling.rules import waitlist as rules
from scheduling.services.endings import SAME_MOMENT
from scheduling.services.waitlist import entry_close
from scheduling.services.waitlist_offers import offer_withdraw
from scheduling.types import IN_LINE, EntryState, OfferState

_IN_LINE = [state.value for state in IN_LINE]


def waitlist_recheck(
    actor: Actor, *, therapist_id: UUID, patient_id: UUID | None = None, at: datetime
) -> int:
    """Who may book a therapist, or this patient's right to, has changed: places for what is offered to their
    person no more end, and offers that they could not accept are taken back. How many of both.
    """
    ended = 0
    rows = WaitlistEntry.objects.unscoped(reason="places that may be over").filter(
        therapist_id=therapist_id, state__in=_IN_LINE
    )
    if patient_id is not None:
        rows = rows.filter(patient_id=patient_id)
    for row in list(rows.order_by("joined_at", "id")):
        ended += not _is_offered(row) and _end(actor, row, at=at)
    return ended + offers_recheck(actor, therapist_id=therapist_id, patient_id=patient_id, at=at)


def offers_recheck(actor: Actor, *, therapist_id: UUID, patient_id: UUID | None = None, at: datetime) -> int:
    """The same for offers alone, where a therapist may be found, or take new patients, no more for now: the
    places stay. How many were taken back.
    """
    ended = 0
    for offer in _offers_open(therapist_id):
        if patient_id in {None, offer.patient_id} and not _is_bookable(offer):
            offer_withdraw(actor, offer.id, at=at)
            ended += 1
    return ended


def waitlist_leave_all(actor: Actor, *, person_id: UUID, since: datetime, at: datetime) -> int:
    """Somebody began to close their account at `since`: they wait for nothing that they waited for then, and
    nobody who did waits for them, or keeps a time that they offered; who does is told. How many places end.
    """
    rows = WaitlistEntry.objects.unscoped(reason="somebody who leaves").filter(
        state__in=_IN_LINE, joined_at__lte=since + SAME_MOMENT
    )
    left = sum(_end(actor, row, EntryState.LEFT, at=at) for row in list(rows.filter(patient_id=person_id)))
    left += sum(_end(actor, row, at=at) for row in list(rows.filter(therapist_id=person_id)))
    for offer in _offers_open(person_id):
        # Of who waits for whoever fits: that is somebody else then.
        if offer.offered_at <= since + SAME_MOMENT:
            offer_withdraw(actor, offer.id, at=at)
    return left


@transactional
def entry_pause(actor: Actor, entry_id: UUID, *, is_paused: bool, at: datetime) -> None:
    """What somebody waits for can be offered to them no more for now, of which they are told once; or
    again.
    """
    rows = WaitlistEntry.objects.unscoped(reason="a place in hand").select_for_update()
    row = rows.filter(pk=entry_id, state__in=_IN_LINE).first()
    if row is None or (row.paused_at is not None) is is_paused:
        return
    row.paused_at = at if is_paused else None
    row.save(update_fields=["paused_at"])
    paused = WaitlistPaused(
        object_id=row.id,
        practice_id=row.practice_id,
        subject_id=row.patient_id,
        therapist_id=row.therapist_id,
        is_paused=is_paused,
    )
    event_id = observability_services.event_record(actor, paused, at=at)
    if is_paused:
        _tell(actor, row, "paused", event_id, at=at)


def entry_over(actor: Actor, row: WaitlistEntry, *, at: datetime) -> bool:
    """Close a place for which there can be no time any more: the last day has passed, or it was too long, or
    what they wait for is offered to them no more. Was it?
    """
    if (
        rules.is_over(selectors.wishes_of(row), at)
        or at >= row.joined_at + settings.WAITLIST_LASTS
        or not _is_offered(row)
    ):
        _end(actor, row, at=at)
        return True
    return False


def as_patient(person_id: UUID) -> Actor:
    """What they see is what they can be offered."""
    return Actor(user_id=person_id, via=Via.JOB, roles=frozenset({RoleName.PATIENT.value}))


@transactional
def _end(actor: Actor, row: WaitlistEntry, state: EntryState = EntryState.ENDED, *, at: datetime) -> bool:
    rows = WaitlistEntry.objects.unscoped(reason="a place whose time is over").select_for_update()
    held = rows.filter(pk=row.id, state__in=_IN_LINE).first()
    if held is None:
        return False
    event_id = entry_close(actor, held, state, at=at)
    if state is EntryState.ENDED:
        _tell(actor, held, "ended", event_id, at=at)
    return True


def _tell(actor: Actor, row: WaitlistEntry, code: str, event_id: UUID, *, at: datetime) -> None:
    accounts_services.notice_send(
        actor,
        notices.WAITLIST,
        code,
        [row.patient_id],
        event_id=event_id,
        practice_id=row.practice_id,
        own={row.patient_id},
        params={"person": row.therapist_id} if row.therapist_id else {},
        at=at,
    )


def _offers_open(therapist_id: UUID) -> list[WaitlistOffer]:
    rows = WaitlistOffer.objects.unscoped(reason="offers that may be over").filter(
        therapist_id=therapist_id, state=OfferState.OPEN.value
    )
    return list(rows.order_by("offered_at", "id"))


def _is_offered(row: WaitlistEntry) -> bool:
    """Is what somebody waits for still for them, whether or not there is room for new patients now?"""
    if row.service_id is None:
        return True
    patient = as_patient(row.patient_id)
    service = Service.objects.visible_to(patient).filter(pk=row.service_id, retired_at=None).first()
    if service is None:
        return False
    in_care = (service.therapist_id, service.practice_id) in accounts_selectors.care_of(patient)
    return selectors.may_book(service, in_care=in_care)


def _is_bookable(offer: WaitlistOffer) -> bool:
    patient = as_patient(offer.patient_id)
    rows = Service.objects.visible_to(patient).filter(pk=offer.service_id, retired_at=None)
    return bool(selectors.services_open(patient, list(rows)))
