"""Who waits for a time, and what they are offered."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay, TermKind
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from bloom.kernel.money import Money
from scheduling import present
from scheduling.models import Calendar, Service, WaitlistEntry, WaitlistOffer
from scheduling.rules import places as place_rules
from scheduling.rules import waitlist as rules
from scheduling.selectors.loading import books_load
from scheduling.selectors.places import places_shown
from scheduling.types import (
    IN_LINE,
    EntryState,
    EntryView,
    Mode,
    OfferState,
    OfferView,
    OfferWay,
    SlotPlace,
    Wishes,
)

SHOWN = 200
_IN_LINE = [state.value for state in IN_LINE]
# Who rests is passed over, so nobody is behind them.
_COUNTED = [EntryState.WAITING.value, EntryState.OFFERED.value]


def waitlist_own(actor: Actor) -> list[EntryView]:
    """Where the actor waits, by when they joined. At most sixteen queries: one waits in few lines."""
    rows = WaitlistEntry.objects.visible_to(actor).filter(patient_id=actor.require_user(), state__in=_IN_LINE)
    return entry_views(actor, list(rows.order_by("joined_at", "id")))


def waitlist_ever(actor: Actor) -> list[EntryView]:
    """Wherever the actor has waited, over or not, by when they joined; for the copy of their data."""
    rows = WaitlistEntry.objects.visible_to(actor).filter(patient_id=actor.require_user())
    return _views(actor, list(rows.order_by("joined_at", "id")), {})


def waitlist_line(actor: Actor) -> list[EntryView]:
    """Who waits for the actor, a therapist, or for anybody at the practice whose schedules they see; by
    therapist, in order. Nobody's wishes for whoever fits are among them. A constant number of queries. Raises
    NotAllowed.
    """
    person_id, practice_id = actor.require_user(), actor.practice_id
    if practice_id is None or not (
        accounts_selectors.care_may_be_given(actor, person_id, practice_id)
        or accounts_selectors.practice_may(actor, practice_id, PracticeMay.SEE_SCHEDULES)
    ):
        raise NotAllowed
    rows = WaitlistEntry.objects.visible_to(actor).filter(practice_id=practice_id, state__in=_IN_LINE)
    found = list(rows.exclude(patient_id=person_id).order_by("therapist_id", "joined_at", "id")[:SHOWN])
    places: dict[UUID, int] = {}
    ahead: dict[UUID, int] = {}
    for row in found:
        assert row.therapist_id is not None
        ahead[row.id] = places.get(row.therapist_id, 0)
        places[row.therapist_id] = ahead[row.id] + (row.state in _COUNTED)
    return _views(actor, found, ahead)


def waitlist_get(actor: Actor, entry_id: UUID) -> EntryView:
    """One place in a line that the actor may see. Raises NotFound."""
    return entry_views(actor, [WaitlistEntry.objects.visible_to(actor).get_or_refuse(pk=entry_id)])[0]


def waitlist_offer(actor: Actor, offer_id: UUID) -> OfferView:
    """One offer that the actor may see. Raises NotFound."""
    return offer_views(actor, [WaitlistOffer.objects.visible_to(actor).get_or_refuse(pk=offer_id)])[0]


def offer_ways(actor: Actor, offer_id: UUID, *, at: datetime) -> list[OfferWay]:
    """In which ways the actor can take an offer that they may see, that of the offer first: all that its time
    has by now, unless they wished for one. Raises NotFound.
    """
    row = WaitlistOffer.objects.visible_to(actor).get_or_refuse(pk=offer_id)
    ways = []
    for place in offer_places(row, at=at):
        row.mode, row.location_id = place.mode.value, place.location_id
        ways.append(OfferWay(mode=place.mode, location=places_shown(actor, [row]).get(row.id)))
    return ways


def offer_places(row: WaitlistOffer, *, at: datetime) -> list[SlotPlace]:
    """The same for rules, as hours and service are now."""
    own = SlotPlace(Mode(row.mode), row.location_id)
    entry = WaitlistEntry.objects.unscoped(reason="the wishes of an offer in hand").get(pk=row.entry_id)
    if entry.mode:
        return [own]
    service = Service.objects.unscoped(reason="of an offer in hand").get(pk=row.service_id)
    calendar = Calendar.objects.unscoped(reason="of an offer in hand").get(pk=row.calendar_id)
    ends_at = row.starts_at + timedelta(minutes=service.duration_minutes)
    book = books_load([calendar], row.starts_at, ends_at, at=at)[calendar.id]
    found = place_rules.places_at(book.hours, present.offer_of(service), row.starts_at)
    return [own, *(each for each in found if each.mode is not own.mode)]


def offer_place(row: WaitlistOffer, mode: Mode | None, *, at: datetime) -> SlotPlace | None:
    """How and where an offer is taken in this way of meeting, or as it is offered; None: it cannot."""
    if mode is None or mode == row.mode:
        return SlotPlace(Mode(row.mode), row.location_id)
    return next((each for each in offer_places(row, at=at) if each.mode is mode), None)


def waits_for(actor: Actor, therapist_id: UUID) -> bool:
    """Does the actor wait for this therapist?"""
    rows = WaitlistEntry.objects.visible_to(actor).filter(
        patient_id=actor.require_user(), therapist_id=therapist_id, state__in=_IN_LINE
    )
    return rows.exists()


def line_for(therapist_id: UUID) -> Q:
    """Whose turn it may be at what this therapist has free: who waits for them and, where they take new
    patients, who waits for whoever fits. For rules. One query.
    """
    own = Q(therapist_id=therapist_id)
    is_found = accounts_selectors.accepting_of(Actor.for_system("waitlist"), [therapist_id])
    return own | Q(therapist=None) if is_found else own


def entry_views(actor: Actor, rows: Sequence[WaitlistEntry]) -> list[EntryView]:
    """Rows that the caller may show. A query for each place, and six more."""
    return _views(actor, rows, {row.id: _ahead(row) for row in rows if row.state in _IN_LINE})


def offer_views(actor: Actor, rows: Sequence[WaitlistOffer]) -> list[OfferView]:
    """Offers that the caller may show, on the terms of now. Four queries."""
    people = accounts_selectors.person_refs(actor, {row.therapist_id for row in rows})
    places = places_shown(actor, rows)
    offered = Service.objects.unscoped(reason="of an offer in hand").in_bulk({row.service_id for row in rows})
    calendars = Calendar.objects.unscoped(reason="of an offer in hand").in_bulk(
        {row.calendar_id for row in rows}
    )
    found = []
    for row in rows:
        service, calendar = offered[row.service_id], calendars[row.calendar_id]
        is_open = row.state == OfferState.OPEN
        found.append(
            OfferView(
                id=row.id,
                entry_id=row.entry_id,
                patient_id=row.patient_id,
                therapist=people[row.therapist_id],
                service_id=service.id,
                service_name=service.name,
                price=Money(service.price_minor, service.currency),
                starts_at=row.starts_at,
                # What would be booked is as long as the service is now.
                ends_at=row.starts_at + timedelta(minutes=service.duration_minutes)
                if is_open
                else row.ends_at,
                mode=Mode(row.mode),
                location=places.get(row.id),
                expires_at=row.expires_at,
                state=OfferState(row.state),
                free_cancel_until=row.starts_at - timedelta(minutes=calendar.free_cancel_minutes),
                late_fee=Money(calendar.late_fee_minor, service.currency),
                needs_approval=calendar.needs_approval,
                terms=f"{service.version}.{calendar.version}",
            )
        )
    return found


def wishes_of(row: WaitlistEntry) -> Wishes:
    return Wishes(
        time_zone=row.time_zone,
        parts=rules.parts_unpack(row.parts),
        first_on=row.first_on,
        last_on=row.last_on,
        mode=Mode(row.mode) if row.mode else None,
    )


def terms_place(entry_id: UUID) -> vault.Place:
    """Where what somebody looks for stands."""
    return vault.Place(WaitlistEntry._meta.db_table, "terms", entry_id)


def terms_of(row: WaitlistEntry) -> dict[TermKind, tuple[str, ...]]:
    """What somebody looks for, opened; nothing where their key is gone."""
    if row.terms is None:
        return {}
    try:
        said = json.loads(vault.open(bytes(row.terms), terms_place(row.id)))
    except vault.KeyDestroyed:
        return {}
    return {TermKind(kind): tuple(codes) for kind, codes in said.items()}


def _views(actor: Actor, rows: Sequence[WaitlistEntry], ahead: Mapping[UUID, int]) -> list[EntryView]:
    if not rows:
        return []
    people = accounts_selectors.person_refs(
        actor, {id_ for row in rows for id_ in (row.patient_id, row.therapist_id) if id_}
    )
    names = dict(
        Service.objects.unscoped(reason="what somebody waits for, whom the caller may show")
        .filter(pk__in={row.service_id for row in rows if row.service_id})
        .values_list("id", "name")
    )
    offers = WaitlistOffer.objects.visible_to(actor).filter(
        entry_id__in=[row.id for row in rows], state=OfferState.OPEN.value
    )
    held = list(offers)
    shown = {view.entry_id: view for view in offer_views(actor, held)} if held else {}
    vault.keys_load(bytes(row.terms) for row in rows if row.terms is not None)
    return [
        EntryView(
            id=row.id,
            patient=people[row.patient_id],
            therapist=people[row.therapist_id] if row.therapist_id else None,
            service_id=row.service_id,
            service_name=names.get(row.service_id, "") if row.service_id else "",
            terms=terms_of(row) if row.patient_id == actor.user_id else {},
            wishes=wishes_of(row),
            state=EntryState(row.state),
            joined_at=row.joined_at,
            ahead=ahead.get(row.id),
            offer=shown.get(row.id),
            is_paused=row.paused_at is not None,
        )
        for row in rows
    ]


def _ahead(row: WaitlistEntry) -> int:
    """How many who wait for the same therapist, or likewise for whoever fits, joined before."""
    same = Q(therapist_id=row.therapist_id) if row.therapist_id else Q(therapist=None)
    before = Q(joined_at__lt=row.joined_at) | Q(joined_at=row.joined_at, id__lt=row.id)
    return (
        WaitlistEntry.objects.unscoped(reason="how many, never who")
        .filter(same, before, state__in=_COUNTED)
        .count()
    )
