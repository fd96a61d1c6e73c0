"""What a therapist tells of themselves, for the directory."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import translation

from accounts import errors, events, rules, selectors, terms
from accounts.models import Listing, ListingLicence, ListingTerm, User
from accounts.services.listing_faults import listing_check
from accounts.types import (
    LicenceFacts,
    ListingChange,
    ListingOwn,
    ListingState,
    RoleName,
    TermKind,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed, NotFound
from observability import services as observability_services

_TERM_FIELDS: Mapping[str, TermKind] = {
    "specialties": TermKind.SPECIALTY,
    "modalities": TermKind.MODALITY,
    "languages": TermKind.LANGUAGE,
    "insurance": TermKind.INSURANCE,
    "formats": TermKind.FORMAT,
}
_COLUMNS: Mapping[str, str] = {
    "npi": "npi",
    "approach": "approach",
    "gender": "gender",
    "city": "city",
    "region": "region",
    "practising_since": "practising_since",
    "accepts_new": "accepts_new",
    "fee_from": "fee_from_minor",
    "fee_to": "fee_to_minor",
    "sliding_scale": "sliding_scale",
}
# So soon after it was sent a listing is checked; what the therapist changes right after is in it.
_CHECK_AFTER = timedelta(seconds=2)


@transactional
def listing_change(actor: Actor, change: ListingChange, *, at: datetime) -> ListingOwn:
    """Change what is given of one's own listing, which begins with the first change. What is missing may stay
    so; a verified one whose checked facts change waits for a check again (`rules.listing_state_after`).

    For therapists. Raises NotAllowed, Invalid.
    """
    listing = _own_locked(actor, at)
    listing_check(change, at=at, fees=(listing.fee_from_minor, listing.fee_to_minor))
    changed = _columns_set(listing, change) | _parts_set(listing, change)
    if "headline" in change:
        changed |= _headline_set(listing.therapist, change["headline"])
    if changed:
        _settle(actor, listing, changed, at=at)
    return _own(actor)


@transactional
def listing_submit(actor: Actor, *, at: datetime) -> ListingOwn:
    """Send one's listing to be checked; sending it again changes nothing. Raises NotAllowed,
    ListingIncomplete.
    """
    listing = _own_locked(actor, at)
    if _missing(listing):
        raise errors.ListingIncomplete
    _settle(actor, listing, frozenset(), at=at, is_sent=True)
    return _own(actor)


@transactional
def listing_hide(actor: Actor, *, hidden: bool, at: datetime) -> ListingOwn:
    """Leave the directory, or come back into it. Raises NotAllowed."""
    listing = _own_locked(actor, at)
    if listing.is_hidden != hidden:
        listing.is_hidden = hidden
        listing_save(listing, at=at)
        event = events.ListingHidden if hidden else events.ListingUnhidden
        observability_services.event_record(
            actor, event(object_id=listing.id, subject_id=listing.therapist_id), at=at
        )
    return _own(actor)


@transactional
def listing_insurance_set(actor: Actor, therapist_id: UUID, payers: Sequence[str], *, at: datetime) -> None:
    """Which payers a therapist's claims go to; for the room that knows (a job of the system). Raises
    NotAllowed, NotFound, Invalid.
    """
    listing = _for_system(actor, therapist_id)
    listing_check({"insurance": tuple(payers)}, at=at)
    if _terms_set(listing, TermKind.INSURANCE, payers):
        _settle(actor, listing, frozenset({"insurance"}), at=at)


@transactional
def listing_opening_set(
    actor: Actor, therapist_id: UUID, next_open_at: datetime | None, *, at: datetime
) -> None:
    """When a therapist can be seen next; for the room that knows (a job of the system)."""
    listing = _for_system(actor, therapist_id)
    Listing.objects.unscoped(reason="the row in hand").filter(id=listing.id).update(next_open_at=next_open_at)


def listing_name_changed(actor: Actor, user: User, *, at: datetime) -> None:
    """A person is called something else: who was verified under the old name is checked again. Called in the
    transaction that changes the name.
    """
    listing = (
        Listing.objects.unscoped(reason="the listing of somebody whose name changes")
        .select_for_update(of=("self",))
        .select_related("therapist")
        .filter(therapist_id=user.id)
        .first()
    )
    if listing is not None:
        listing.therapist.name, listing.therapist.preferred_name = user.name, user.preferred_name
        _settle(actor, listing, frozenset({"name"}), at=at)


def listing_save(listing: Any, *, at: datetime) -> None:
    """Store a listing with all that follows from it."""
    listing.is_shown = listing.state == ListingState.VERIFIED and not listing.is_hidden
    listing.changed_at = at
    for column, value in listing_derived(listing, _codes(listing, TermKind.SPECIALTY)).items():
        setattr(listing, column, value)
    listing.save()


def listing_derived(listing: Any, specialties: Iterable[str]) -> dict[str, Any]:
    """The columns by which a listing is sorted and searched; its therapist stands in it."""
    person = listing.therapist
    with translation.override("en"):
        labels = terms.term_labels(TermKind.SPECIALTY, specialties)
    return {
        "rank": 0 if listing.accepts_new else 1,
        "sort_name": rules.search_normal(person.shown_name)[:300],
        "search": rules.search_normal(
            " ".join([person.shown_name, person.headline, *labels, listing.approach, listing.city])
        ),
    }


def _own_locked(actor: Actor, at: datetime) -> Any:
    """The actor's own listing under a lock, made if need be. The person is locked first, so that it is made
    once.
    """
    person_id = actor.require_user()
    if not actor.has_role(RoleName.THERAPIST):
        raise NotAllowed
    person = User.objects.select_for_update().get(id=person_id)
    listing = Listing.objects.visible_to(actor).select_for_update().filter(therapist_id=person_id).first()
    if listing is None:
        listing = Listing(therapist=person, state=ListingState.DRAFT, created_at=at, changed_at=at)
        listing.sort_name = rules.search_normal(person.shown_name)[:300]
        listing.save(force_insert=True)
    listing.therapist = person
    return listing


def _for_system(actor: Actor, therapist_id: UUID) -> Any:
    if not actor.is_system:
        raise NotAllowed
    listing = (
        Listing.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .select_related("therapist")
        .filter(therapist_id=therapist_id)
        .first()
    )
    if listing is None:
        raise NotFound(object_kind=events.USER, object_id=therapist_id)
    return listing


def _own(actor: Actor) -> ListingOwn:
    own = selectors.listing_own(actor)
    assert own is not None
    return own


def _columns_set(listing: Any, change: ListingChange) -> frozenset[str]:
    changed = set()
    for name, column in _COLUMNS.items():
        if name not in change:
            continue
        value: Any = change[name]  # type: ignore[literal-required] # the columns are named as in the change
        if isinstance(value, str):
            value = rules.npi_normal(value) if name == "npi" else value.strip().replace("\r\n", "\n")
        if getattr(listing, column) != value:
            setattr(listing, column, value)
            changed.add(name)
    return frozenset(changed)


def _parts_set(listing: Any, change: ListingChange) -> frozenset[str]:
    changed = set()
    for name, kind in _TERM_FIELDS.items():
        if name in change and _terms_set(listing, kind, change[name]):  # type: ignore[literal-required]
            changed.add(name)
    if "licences" in change and _licences_set(listing, change["licences"]):
        changed.add("licences")
    return frozenset(changed)


def _headline_set(person: User, headline: str) -> frozenset[str]:
    wanted = headline.strip()
    if person.headline == wanted:
        return frozenset()
    person.headline = wanted
    person.save(update_fields=["headline"])
    return frozenset({"headline"})


def _codes(listing: Any, kind: TermKind) -> list[str]:
    rows = ListingTerm.objects.unscoped(reason="the words of the listing in hand")
    return list(
        rows.filter(listing_id=listing.id, kind=kind).order_by("place").values_list("code", flat=True)
    )


def _licences(listing: Any) -> list[LicenceFacts]:
    rows = ListingLicence.objects.unscoped(reason="the licences of the listing in hand")
    return [
        LicenceFacts(state=state, type=type_, number=number)
        for state, type_, number in rows.filter(listing_id=listing.id)
        .order_by("place")
        .values_list("state", "type", "number")
    ]


def _terms_set(listing: Any, kind: TermKind, codes: Sequence[str]) -> bool:
    wanted = list(dict.fromkeys(codes))
    if _codes(listing, kind) == wanted:
        return False
    rows = ListingTerm.objects.unscoped(reason="the words of the listing in hand")
    rows.filter(listing_id=listing.id, kind=kind).delete()
    ListingTerm.objects.bulk_create(
        ListingTerm(listing_id=listing.id, kind=kind, code=code, place=place)
        for place, code in enumerate(wanted)
    )
    return True


def _licences_set(listing: Any, licences: Sequence[LicenceFacts]) -> bool:
    wanted = [
        LicenceFacts(state=each.state, type=each.type, number=" ".join(each.number.split()))
        for each in licences
    ]
    if _licences(listing) == wanted:
        return False
    rows = ListingLicence.objects.unscoped(reason="the licences of the listing in hand")
    rows.filter(listing_id=listing.id).delete()
    ListingLicence.objects.bulk_create(
        ListingLicence(
            id=uuid.uuid4(),
            listing_id=listing.id,
            state=each.state,
            type=each.type,
            number=each.number,
            place=place,
        )
        for place, each in enumerate(wanted)
    )
    _terms_set(listing, TermKind.STATE, [each.state for each in wanted])
    return True


def _missing(listing: Any) -> tuple[str, ...]:
    return rules.listing_missing(
        licences=_licences(listing),
        npi=listing.npi,
        specialties=_codes(listing, TermKind.SPECIALTY),
        languages=_codes(listing, TermKind.LANGUAGE),
        formats=_codes(listing, TermKind.FORMAT),
    )


def _settle(
    actor: Actor, listing: Any, changed: frozenset[str], *, at: datetime, is_sent: bool = False
) -> None:
    """Store what has changed, with the state that follows from it, and record both."""
    before = ListingState(listing.state)
    after = rules.listing_state_after(before, changed, is_complete=not _missing(listing), is_sent=is_sent)
    restarts = after is ListingState.AWAITING and (
        before is not after or bool(rules.CHECKED_FACTS.intersection(changed))
    )
    listing.state = after
    if after is not ListingState.AWAITING:
        listing.check_due_at = None
    if after is not ListingState.VERIFIED:
        listing.verified_at, listing.verified_by_id, listing.verified_how = None, None, ""
    if restarts:
        # Whom staff refused, staff look at again: the registry knows the facts, not who uses them.
        listing.submitted_at = at
        listing.check_due_at = None if listing.refusal else at + _CHECK_AFTER
        listing.check_tries, listing.check_notes, listing.registry = 0, [], None
    listing_save(listing, at=at)
    about: dict[str, Any] = {"object_id": listing.id, "subject_id": listing.therapist_id}
    if changed:
        event = events.ListingChanged(**about, fields=tuple(sorted(changed)))
        observability_services.event_record(actor, event, at=at)
    if restarts:
        observability_services.event_record(actor, events.ListingSubmitted(**about), at=at)
