"""The job of the waitlist: passes on what nobody answered, and offers what is free in order.

Everything it goes by is a row: a restart loses nothing, and two of it at once offer nothing twice (each offer
is made behind the therapist's lock and the place's).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.types import DirectoryAsk, RoleName
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from scheduling import notices_waiting as notices
from scheduling import present, selectors
from scheduling.errors import SlotTaken
from scheduling.models import Appointment, Calendar, Service, WaitlistEntry, WaitlistOffer
from scheduling.rules import openings
from scheduling.rules import slots as slot_rules
from scheduling.rules import waitlist as rules
from scheduling.services.waitlist import entry_close
from scheduling.services.waitlist_offers import Proposal, offer_lapse, offer_make
from scheduling.types import (
    AHEAD_MOST,
    AHEAD_WITH_ONE_MOST,
    OCCUPYING,
    RANGE_DAYS_MOST,
    EntryState,
    Modes,
    OfferState,
    Taken,
    Wishes,
)

_AT_ONCE: Final = 200
_LOOKED_AGAIN: Final = timedelta(minutes=15)


@dataclass(slots=True)
class _Look:
    """What one run knows: the books of the calendars, what each patient has ahead, and which times each place
    was offered before.
    """

    services: dict[UUID, list[Service]]
    books: dict[UUID, selectors.Book]
    ahead: dict[UUID, list[tuple[datetime, datetime, UUID]]] = field(default_factory=dict)
    refused: dict[UUID, set[tuple[UUID, datetime]]] = field(default_factory=dict)


def waitlist_run(actor: Actor, *, at: datetime) -> int:
    """Lapse what was not answered, close what is over, and offer what is free; how many offers were made."""
    offers = WaitlistOffer.objects.unscoped(reason="offers whose time is over").filter(
        state=OfferState.OPEN.value, expires_at__lte=at
    )
    for offer_id in list(offers.order_by("expires_at", "id").values_list("id", flat=True)[:_AT_ONCE]):
        offer_lapse(actor, offer_id, at=at)
    waiting = WaitlistEntry.objects.unscoped(reason="who waits").filter(state=EntryState.WAITING.value)
    due = list(waiting.filter(look_due_at__lte=at).order_by("look_due_at", "id")[:_AT_ONCE])
    if not due:
        return 0
    due = [row for row in due if not _over(actor, row, at=at)]
    therapists = {row.therapist_id for row in due if row.therapist_id is not None}
    fitting = {row.id: _found_by(row) for row in due if row.therapist_id is None}
    for ids in fitting.values():
        therapists |= ids
    # In order of who came first, whoever was due: whose turn it is does not hang on when they were looked at.
    line = waiting.filter(Q(therapist_id__in=therapists) | Q(therapist=None)).order_by("joined_at", "id")
    rows = list(line[: 5 * _AT_ONCE])
    look = _look(therapists, rows, at=at)
    made = 0
    for row in rows:
        made += _offer_first(actor, row, look, at=at)
    waiting.filter(pk__in=[row.id for row in due], look_due_at__lte=at).update(look_due_at=at + _LOOKED_AGAIN)
    return made


def _offer_first(actor: Actor, row: WaitlistEntry, look: _Look, *, at: datetime) -> bool:
    patient = _as_patient(row)
    services = _services_for(patient, row, look)
    proposal = _first(row, services, look, at=at)
    if proposal is None:
        return False
    try:
        if not offer_make(actor, proposal, at=at):
            return False
    except SlotTaken:
        return False
    slot, service = proposal.slot, proposal.service
    look.books[service.calendar_id].taken.append(
        Taken(
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            before=service.buffer_before,
            after=service.buffer_after,
        )
    )
    look.ahead.setdefault(row.patient_id, []).append((slot.starts_at, slot.ends_at, service.therapist_id))
    return True


def _first(row: WaitlistEntry, services: Sequence[Service], look: _Look, *, at: datetime) -> Proposal | None:
    """The soonest time that fits somebody, and that they can still answer to."""
    wishes = selectors.wishes_of(row)
    ahead = look.ahead.get(row.patient_id, [])
    if len(ahead) >= AHEAD_MOST:
        return None
    found: list[Proposal] = []
    for service in services:
        if sum(whom == service.therapist_id for _, _, whom in ahead) >= AHEAD_WITH_ONE_MOST:
            continue
        proposal = _first_of(row, service, wishes, look, at=at)
        if proposal is not None:
            found.append(proposal)
    return min(found, key=lambda each: each.slot.starts_at, default=None)


def _first_of(
    row: WaitlistEntry, service: Service, wishes: Wishes, look: _Look, *, at: datetime
) -> Proposal | None:
    book = look.books[service.calendar_id]
    refused = look.refused.get(row.id, set())
    ahead = look.ahead.get(row.patient_id, [])
    for slot in slot_rules.slots(
        book.hours,
        book.terms,
        present.offer_of(service),
        book.taken,
        at=at,
        start=at,
        end=at + timedelta(days=RANGE_DAYS_MOST),
    ):
        if (service.therapist_id, slot.starts_at) in refused:
            continue
        place = rules.place_fitting(wishes, slot)
        if place is None or any(starts < slot.ends_at and ends > slot.starts_at for starts, ends, _ in ahead):
            continue
        until = rules.answer_until(
            at, slot.starts_at, time_zone=wishes.time_zone, answer=settings.WAITLIST_ANSWER
        )
        if until is not None:
            return Proposal(entry_id=row.id, service=service, slot=slot, place=place, until=until)
    return None


def _services_for(patient: Actor, row: WaitlistEntry, look: _Look) -> list[Service]:
    """What this patient can book of what they wait for, as things stand."""
    if row.service_id is not None:
        assert row.therapist_id is not None
        among = [each for each in look.services.get(row.therapist_id, []) if each.id == row.service_id]
    else:
        ids = _found_by(row)
        among = [each for id_ in sorted(ids) for each in look.services.get(id_, [])]
    if not among:
        return []
    seen = Service.objects.visible_to(patient).filter(pk__in=[each.id for each in among])
    ids = set(seen.values_list("id", flat=True))
    opened = selectors.services_open(patient, [each for each in among if each.id in ids])
    wanted = selectors.wishes_of(row).mode
    return [each for each in opened if rules.modes_known(wanted, openings.modes_of(Modes(each.modes)))]


def _found_by(row: WaitlistEntry) -> set[UUID]:
    """The therapists of the directory who fit what somebody looks for, and take new patients."""
    ask = DirectoryAsk(terms=selectors.terms_of(row), accepts_new=True)
    return set(accounts_selectors.directory_ids(_as_patient(row), ask))


def _look(therapists: Iterable[UUID], rows: Sequence[WaitlistEntry], *, at: datetime) -> _Look:
    services: dict[UUID, list[Service]] = defaultdict(list)
    offered = Service.objects.unscoped(reason="what is offered, for who waits").filter(
        therapist_id__in=list(therapists), retired_at=None
    )
    for service in offered.order_by("duration_minutes", "name"):
        services[service.therapist_id].append(service)
    ids = {each.calendar_id for found in services.values() for each in found}
    calendars = list(Calendar.objects.unscoped(reason="what is open follows from it").filter(pk__in=ids))
    books = selectors.books_load(calendars, at, at + timedelta(days=RANGE_DAYS_MOST), at=at)
    # What somebody holds is theirs to book first.
    selectors.holds_add(Actor.for_system("waitlist"), books.values(), at=at)
    look = _Look(services=services, books=books)
    patients = {row.patient_id for row in rows}
    meets = Appointment.objects.unscoped(reason="when those who wait are not free").filter(
        patient_id__in=patients, state__in=[state.value for state in OCCUPYING], ends_at__gt=at
    )
    for patient_id, *span in meets.values_list("patient_id", "starts_at", "ends_at", "therapist_id"):
        look.ahead.setdefault(patient_id, []).append((span[0], span[1], span[2]))
    offers = WaitlistOffer.objects.unscoped(reason="what those who wait were offered").filter(
        patient_id__in=patients, starts_at__gt=at
    )
    for each in offers:
        if each.state == OfferState.OPEN:
            span = (each.starts_at, each.ends_at, each.therapist_id)
            look.ahead.setdefault(each.patient_id, []).append(span)
        elif each.state != OfferState.WITHDRAWN:
            look.refused.setdefault(each.entry_id, set()).add((each.therapist_id, each.starts_at))
    return look


@transactional
def _over(actor: Actor, row: WaitlistEntry, *, at: datetime) -> bool:
    """Close a place for which there can be no time any more: the last day has passed, or it was too long, or
    what they wait for is offered to them no more. Was it?
    """
    if not (
        rules.is_over(selectors.wishes_of(row), at)
        or at >= row.joined_at + settings.WAITLIST_LASTS
        or (row.service_id is not None and not _is_offered(row, row.service_id))
    ):
        return False
    rows = WaitlistEntry.objects.unscoped(reason="a place whose time is over").select_for_update()
    held = rows.filter(pk=row.id, state=EntryState.WAITING.value).first()
    if held is None:
        return True
    event_id = entry_close(actor, held, EntryState.ENDED, at=at)
    accounts_services.notice_send(
        actor,
        notices.WAITLIST,
        "ended",
        [held.patient_id],
        event_id=event_id,
        practice_id=held.practice_id,
        own={held.patient_id},
        at=at,
    )
    return True


def _is_offered(row: WaitlistEntry, service_id: UUID) -> bool:
    seen = Service.objects.visible_to(_as_patient(row))
    return seen.filter(pk=service_id, retired_at=None).exists()


def _as_patient(row: WaitlistEntry) -> Actor:
    """What they see is what they can be offered."""
    return Actor(user_id=row.patient_id, via=Via.JOB, roles=frozenset({RoleName.PATIENT.value}))
