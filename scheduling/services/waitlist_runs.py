"""The job of the waitlist: passes on what nobody answered, and offers what is free in order.

Everything it goes by is a row: a restart loses nothing, and two of it at once offer nothing twice (each offer
is made behind the therapist's lock and the place's). A row is put off before it is looked at, so that what
becomes free meanwhile makes it due again, and so that one that fails, or takes long, stops no other.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from accounts import selectors as accounts_selectors
from accounts.types import DirectoryAsk, TermKind
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from scheduling import present, selectors
from scheduling.errors import SlotTaken
from scheduling.models import Appointment, Calendar, Service, WaitlistEntry, WaitlistOffer
from scheduling.rules import openings
from scheduling.rules import slots as slot_rules
from scheduling.rules import waitlist as rules
from scheduling.services import turns
from scheduling.services.apart import apart
from scheduling.services.waitlist_endings import as_patient, entry_over, entry_pause
from scheduling.services.waitlist_offers import Proposal, offer_lapse, offer_make, passed_of, places_forward
from scheduling.types import (
    AHEAD_MOST,
    AHEAD_WITH_ONE_MOST,
    OCCUPYING,
    OFFERS_MOST,
    PASSED_MOST,
    RANGE_DAYS_MOST,
    EntryState,
    Modes,
    OfferState,
    Taken,
    Wishes,
)

_AT_ONCE: Final = 100
TURN: Final = "waitlist"
_LAPSED_AT_ONCE: Final = 200
# For one who waits for whoever fits: so many therapists at a look, others at the next; so many times of all.
_THERAPISTS_MOST: Final = 40
_SLOTS_MOST: Final = 20_000
_RANGE: Final = timedelta(days=RANGE_DAYS_MOST)
_RESTING_EACH: Final = timedelta(days=1)
# So often a time is proposed anew to one person within a look, where what was known of it is not so any more.
_TRIES: Final = 3

_Terms = frozenset[tuple[TermKind, tuple[str, ...]]]


@dataclass(slots=True)
class _Look:
    """What is known while some rows are looked at: what therapists offer and the books of their calendars,
    when each patient is elsewhere, with whom they have booked what counts, what is kept for them, what they
    let go, and which times they were offered before.
    """

    services: dict[UUID, list[Service]] = field(default_factory=lambda: defaultdict(list))
    books: dict[UUID, selectors.Book] = field(default_factory=dict)
    known: set[UUID] = field(default_factory=set)
    fitting: dict[_Terms, list[UUID]] = field(default_factory=dict)
    ahead: dict[UUID, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    booked: dict[UUID, list[UUID]] = field(default_factory=dict)
    kept: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    passed: Counter[UUID] = field(default_factory=Counter)
    refused: dict[UUID, set[tuple[UUID, datetime]]] = field(default_factory=dict)


def waitlist_run(actor: Actor, *, at: datetime) -> int:
    """Lapse what was not answered, close what is over, and offer what is free; how many offers were made. One
    run at a time, and no longer than WAITLIST_RUN_SECONDS: who was not looked at then is due still.
    """
    turn = turns.turn_take(TURN, at=at, lasts=timedelta(seconds=2 * settings.WAITLIST_RUN_SECONDS))
    if turn is None:
        return 0
    try:
        return _run(actor, at=at)
    finally:
        turns.turn_end(TURN, turn)


def _run(actor: Actor, *, at: datetime) -> int:
    ends = time.monotonic() + settings.WAITLIST_RUN_SECONDS
    offers = WaitlistOffer.objects.unscoped(reason="offers whose time is over").filter(
        state=OfferState.OPEN.value, expires_at__lte=at
    )
    late = list(offers.order_by("expires_at", "id").values_list("id", flat=True)[:_LAPSED_AT_ONCE])
    for offer_id in late:
        with apart("waitlist.row_failed", offer_id):
            offer_lapse(actor, offer_id, at=at)
    _resting_end(actor, at=at)
    made = 0
    while time.monotonic() < ends and (rows := _rows_take(at=at)):
        look = _look(rows, at=at)
        for number, row in enumerate(rows):
            if time.monotonic() >= ends:
                _rows_return([each.id for each in rows[number:]], at=at)
                break
            with apart("waitlist.row_failed", row.id):
                made += _offer_first(actor, row, look, at=at)
    return made


@transactional
def _rows_take(*, at: datetime) -> list[WaitlistEntry]:
    """Some of those who are due, by who waited longest for a look; in order of who came first, and put
    off.
    """
    waiting = WaitlistEntry.objects.unscoped(reason="who waits").filter(state=EntryState.WAITING.value)
    due = waiting.filter(look_due_at__lte=at).order_by("look_due_at", "joined_at", "id")
    rows = list(due.select_for_update(skip_locked=True)[:_AT_ONCE])
    waiting.filter(pk__in=[row.id for row in rows]).update(look_due_at=rules.looked_again(at))
    return sorted(rows, key=lambda row: (row.joined_at, row.id))


def _resting_end(actor: Actor, *, at: datetime) -> None:
    """Who rests is offered nothing, but their place ends in its time as any; looked at once a day."""
    resting = WaitlistEntry.objects.unscoped(reason="who rests").filter(state=EntryState.RESTING.value)
    due = resting.filter(look_due_at__lte=at).order_by("look_due_at", "id")
    for row in list(due[:_AT_ONCE]):
        with apart("waitlist.row_failed", row.id):
            if not entry_over(actor, row, at=at):
                _put_off(row.id, at=at)


@transactional
def _put_off(entry_id: UUID, *, at: datetime) -> None:
    rows = WaitlistEntry.objects.unscoped(reason="who rests").filter(state=EntryState.RESTING.value)
    rows.filter(pk=entry_id).update(look_due_at=at + _RESTING_EACH)


@transactional
def _rows_return(ids: Sequence[UUID], *, at: datetime) -> None:
    places_forward(Q(pk__in=ids), at=at)


def _offer_first(actor: Actor, row: WaitlistEntry, look: _Look, *, at: datetime) -> bool:
    if entry_over(actor, row, at=at):
        return False
    for _try in range(_TRIES):
        span = _span(row, look, at=at)
        if span is None:
            return False
        offered = _services_for(row, look, at=at)
        is_paused = row.service_id is not None and not offered
        if is_paused is (row.paused_at is None):
            entry_pause(actor, row.id, is_paused=is_paused, at=at)
        proposal = _first(row, offered, look, span, at=at)
        if proposal is None:
            return False
        try:
            is_made = offer_make(actor, proposal, at=at)
        except SlotTaken:
            # What was read before is not so any more. It is read anew, or nobody in the line would be offered
            # what is free beside it.
            _forget(look, proposal, at=at)
            continue
        if is_made:
            _remember(look, proposal)
            return True
        kept = look.kept[row.patient_id]
        _people_read(look, [row.patient_id], at=at)
        if look.kept[row.patient_id] == kept:
            # They wait no more.
            return False
    return False


def _remember(look: _Look, proposal: Proposal) -> None:
    """A time is kept: in no practice is its therapist free then, nor its patient."""
    slot, therapist_id = proposal.slot, proposal.service.therapist_id
    for book in look.books.values():
        if book.calendar.therapist_id == therapist_id:
            book.taken.append(_taken_of(proposal))
    look.ahead[proposal.patient_id].append((slot.starts_at, slot.ends_at))
    look.kept[proposal.patient_id].add(therapist_id)


def _forget(look: _Look, proposal: Proposal, *, at: datetime) -> None:
    """Read a therapist's hours and services anew; what was refused is not proposed again in this look, unless
    the service is another one by now.
    """
    service = proposal.service
    look.known.discard(service.therapist_id)
    look.services.pop(service.therapist_id, None)
    _books_add(look, [service.therapist_id], at=at)
    now = look.services[service.therapist_id]
    if any((each.id, each.version) == (service.id, service.version) for each in now):
        look.books[service.calendar_id].taken.append(_taken_of(proposal, is_session=False))


def _taken_of(proposal: Proposal, *, is_session: bool = True) -> Taken:
    return Taken(
        is_session=is_session,
        starts_at=proposal.slot.starts_at,
        ends_at=proposal.slot.ends_at,
        before=proposal.service.buffer_before,
        after=proposal.service.buffer_after,
    )


def _span(row: WaitlistEntry, look: _Look, *, at: datetime) -> tuple[datetime, datetime] | None:
    """When somebody can be offered a time; None where they cannot now, and nothing has to be looked up."""
    kept = len(look.kept[row.patient_id])
    if kept >= OFFERS_MOST or kept + len(look.booked[row.patient_id]) >= AHEAD_MOST:
        return None
    if look.passed[row.patient_id] >= PASSED_MOST:
        return None
    return rules.span(selectors.wishes_of(row), at, at + _RANGE)


def _first(
    row: WaitlistEntry,
    offered: Sequence[Service],
    look: _Look,
    span: tuple[datetime, datetime],
    *,
    at: datetime,
) -> Proposal | None:
    """The soonest time within `span` that fits somebody, and that they can still answer to."""
    wishes = selectors.wishes_of(row)
    booked, kept = look.booked[row.patient_id], look.kept[row.patient_id]
    found: Proposal | None = None
    left = iter(range(_SLOTS_MOST))
    for service in offered:
        if service.therapist_id in kept or booked.count(service.therapist_id) >= AHEAD_WITH_ONE_MOST:
            continue
        until = span[1] if found is None else min(span[1], found.slot.starts_at)
        found = _first_of(row, service, wishes, look, (span[0], until), left, at=at) or found
    return found


def _first_of(
    row: WaitlistEntry,
    service: Service,
    wishes: Wishes,
    look: _Look,
    span: tuple[datetime, datetime],
    left: Iterable[int],
    *,
    at: datetime,
) -> Proposal | None:
    book = look.books[service.calendar_id]
    refused = look.refused.get(row.patient_id, set())
    ahead = look.ahead[row.patient_id]
    found = slot_rules.slots(
        book.hours, book.terms, present.offer_of(service), book.taken, at=at, start=span[0], end=span[1]
    )
    for _number, slot in zip(left, found, strict=False):
        if (service.therapist_id, slot.starts_at) in refused:
            continue
        place = rules.place_fitting(wishes, slot)
        if place is None or any(starts < slot.ends_at and ends > slot.starts_at for starts, ends in ahead):
            continue
        until = rules.answer_until(
            at, slot.starts_at, time_zone=wishes.time_zone, answer=settings.WAITLIST_ANSWER
        )
        if until is not None:
            return Proposal(
                entry_id=row.id,
                patient_id=row.patient_id,
                service=service,
                slot=slot,
                place=place,
                until=until,
            )
    return None


def _services_for(row: WaitlistEntry, look: _Look, *, at: datetime) -> list[Service]:
    """What this patient can book of what they wait for, as things stand."""
    patient = as_patient(row.patient_id)
    if row.service_id is not None:
        assert row.therapist_id is not None
        among = [each for each in look.services.get(row.therapist_id, []) if each.id == row.service_id]
    else:
        ids = _fitting(row, look, at=at)
        _books_add(look, ids, at=at)
        among = [each for id_ in ids for each in look.services.get(id_, [])]
    if not among:
        return []
    seen = Service.objects.visible_to(patient).filter(pk__in=[each.id for each in among])
    visible = set(seen.values_list("id", flat=True))
    opened = selectors.services_open(patient, [each for each in among if each.id in visible])
    wanted = selectors.wishes_of(row).mode
    return [each for each in opened if rules.modes_known(wanted, openings.modes_of(Modes(each.modes)))]


def _fitting(row: WaitlistEntry, look: _Look, *, at: datetime) -> list[UUID]:
    """Therapists of the directory who fit what somebody looks for and take new patients: some of them, where
    they are many, and others at the next look.
    """
    terms = selectors.terms_of(row)
    if not terms:
        # Their key is gone, or they joined when nothing had to be named.
        return []
    key = frozenset(terms.items())
    if key not in look.fitting:
        ask = DirectoryAsk(terms=terms, accepts_new=True)
        look.fitting[key] = sorted(accounts_selectors.directory_ids(as_patient(row.patient_id), ask))
    ids = look.fitting[key]
    if len(ids) <= _THERAPISTS_MOST:
        return ids
    begin = rules.look_number(at) * _THERAPISTS_MOST % len(ids)
    return (ids[begin:] + ids[:begin])[:_THERAPISTS_MOST]


def _look(rows: Sequence[WaitlistEntry], *, at: datetime) -> _Look:
    look = _Look()
    _books_add(look, {row.therapist_id for row in rows if row.therapist_id is not None}, at=at)
    _people_read(look, {row.patient_id for row in rows}, at=at)
    return look


def _people_read(look: _Look, patients: Collection[UUID], *, at: datetime) -> None:
    """What is known of these patients, as it is now."""
    booked, passed = selectors.ahead_of(patients, at=at), passed_of(patients, at=at)
    for patient_id in patients:
        look.booked[patient_id], look.passed[patient_id] = booked[patient_id], passed[patient_id]
        look.ahead[patient_id], look.kept[patient_id], look.refused[patient_id] = [], set(), set()
    meets = Appointment.objects.unscoped(reason="when those who wait are not free").filter(
        patient_id__in=patients, state__in=[state.value for state in OCCUPYING], ends_at__gt=at
    )
    for patient_id, starts_at, ends_at in meets.values_list("patient_id", "starts_at", "ends_at"):
        look.ahead[patient_id].append((starts_at, ends_at))
    offers = WaitlistOffer.objects.unscoped(reason="what those who wait were offered").filter(
        patient_id__in=patients, starts_at__gt=at
    )
    for each in offers:
        if each.state == OfferState.OPEN:
            look.ahead[each.patient_id].append((each.starts_at, each.ends_at))
            look.kept[each.patient_id].add(each.therapist_id)
        elif each.state != OfferState.WITHDRAWN:
            look.refused[each.patient_id].add((each.therapist_id, each.starts_at))


def _books_add(look: _Look, therapists: Iterable[UUID], *, at: datetime) -> None:
    """Load what these therapists offer, and their calendars, where it is not known yet."""
    wanted = set(therapists) - look.known
    if not wanted:
        return
    look.known |= wanted
    offered = Service.objects.unscoped(reason="what is offered, for who waits").filter(
        therapist_id__in=wanted, retired_at=None
    )
    ids = set()
    for service in offered.order_by("duration_minutes", "name"):
        look.services[service.therapist_id].append(service)
        ids.add(service.calendar_id)
    calendars = list(Calendar.objects.unscoped(reason="what is open follows from it").filter(pk__in=ids))
    books = selectors.books_load(calendars, at, at + _RANGE, at=at, for_line=True)
    # What somebody holds is theirs to book first.
    selectors.holds_add(Actor.for_system("waitlist"), books.values(), at=at)
    look.books.update(books)
