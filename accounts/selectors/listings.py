"""Therapists in the directory."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from accounts import events, practice_roles, rules
from accounts.models import Assignment, Listing, ListingLicence, ListingTerm, Membership, Role, User
from accounts.selectors.cursors import cursor_parts
from accounts.selectors.practices import practices_of
from accounts.types import (
    COUNT_MOST,
    DirectoryAsk,
    DirectoryPage,
    DirectorySort,
    LicenceFacts,
    ListingOwn,
    ListingState,
    ListingView,
    Loosening,
    PracticeMay,
    RoleName,
    TermKind,
)
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from bloom.kernel.money import Money

_NAME_FOUND, _ELSEWHERE_FOUND = 0, 2


def directory_list(
    actor: Actor, ask: DirectoryAsk, *, limit: int = 20, cursor: str | None = None
) -> DirectoryPage:
    """The therapists whom anybody who is signed in may find, as far as they fit.

    Best first: whose name was asked for, then who takes new patients; among equals the order is arbitrary but
    stays, so that nobody is first for being called Adams. Five queries, whatever is asked and found.
    """
    actor.require_user()
    found = listings_found(ask)
    rows, keys = _ordered(found, ask)
    if cursor:
        rows = rows.filter(_after(cursor, ask, keys))
    listings = list(rows.select_related("therapist")[: limit + 1])
    items = listing_views(listings[:limit])
    count = found.order_by()[: COUNT_MOST + 1].count()
    more = len(listings) > limit
    return DirectoryPage(
        items=tuple(items),
        next=_cursor(listings[limit - 1], keys) if more else None,
        count=count,
        looser=() if items or cursor else _looser(ask),
    )


def directory_ids(actor: Actor, ask: DirectoryAsk) -> frozenset[UUID]:
    """All therapists whom anybody who is signed in may find, as far as they fit. One query; for rules."""
    actor.require_user()
    return frozenset(listings_found(ask).values_list("therapist_id", flat=True))


def accepting_of(actor: Actor, person_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Those of these therapists whom everybody finds and who take new patients. One query; for rules."""
    rows = Listing.objects.unscoped(reason="who takes new patients").filter(
        Listing.is_public(), therapist_id__in=set(person_ids), accepts_new=True
    )
    return frozenset(rows.values_list("therapist_id", flat=True))


def listing_is_verified(actor: Actor, therapist_id: UUID) -> bool:
    """Was what this therapist says of themselves confirmed, as it stands now? For rules."""
    rows = Listing.objects.unscoped(reason="a yes or no about a check")
    return rows.filter(therapist_id=therapist_id, state=ListingState.VERIFIED).exists()


def openings_told(actor: Actor) -> dict[UUID, datetime | None]:
    """When each therapist of the directory can be seen next, as it was told last; for the job that tells. One
    query.
    """
    return dict(listings_found(DirectoryAsk()).values_list("therapist_id", "next_open_at"))


def listing_get(actor: Actor, person_id: UUID) -> ListingView:
    """A therapist's page. Raises NotFound."""
    actor.require_user()
    listing = (
        Listing.objects.visible_to(actor).filter(therapist_id=person_id).select_related("therapist").first()
    )
    if listing is None:
        raise NotFound(
            object_kind=events.USER, object_id=person_id, exists=User.objects.filter(id=person_id).exists()
        )
    return listing_views([listing])[0]


def therapist_is_open_to(actor: Actor) -> Q:
    """For a table of what therapists offer at a practice (`therapist_id`, `practice_id`): its therapist is
    one still and works there now, and the actor is in their care there, or both stand in the directory.
    """
    care = Assignment.objects.unscoped(reason="the therapists of the actor").filter(
        patient_id=actor.require_user(),
        therapist_id=OuterRef("therapist_id"),
        practice_id=OuterRef("practice_id"),
        ended_at=None,
    )
    cares, is_found = _open_to_all()
    return cares & (Q(Exists(care)) | is_found)


@cache
def _open_to_all() -> tuple[Q, Q]:
    """Of `therapist_is_open_to` what is the same for everybody: whether the therapist may care for anybody
    there, and whether they are found there by everybody.
    """
    works = Membership.objects.unscoped(reason="whether a therapist still works there").filter(
        user_id=OuterRef("therapist_id"),
        practice_id=OuterRef("practice_id"),
        role__in=practice_roles.roles_that_may(PracticeMay.GIVE_CARE),
        ended_at=None,
        user__is_active=True,
    )
    # A role that is taken away ends neither where they work nor whom they care for.
    holds = Role.objects.filter(
        user_id=OuterRef("therapist_id"), role=RoleName.THERAPIST.value, revoked_at=None
    )
    listed = Listing.objects.unscoped(reason="what everybody finds").filter(
        Listing.is_public(), therapist_id=OuterRef("therapist_id")
    )
    return Q(Exists(works), Exists(holds)), Q(Exists(works.filter(practice__is_listed=True)), Exists(listed))


def listing_own(actor: Actor) -> ListingOwn | None:
    """The actor's own listing, or None before they have begun one."""
    listing = (
        Listing.objects.visible_to(actor)
        .filter(therapist_id=actor.require_user())
        .select_related("therapist")
        .first()
    )
    if listing is None:
        return None
    view = listing_views([listing])[0]
    return ListingOwn(
        view=view,
        npi=listing.npi,
        state=ListingState(listing.state),
        is_hidden=listing.is_hidden,
        is_found=Listing.objects.visible_to(actor).filter(Listing.is_public(), id=listing.id).exists(),
        refusal=listing.refusal,
        submitted_at=listing.submitted_at,
        missing=rules.listing_missing(
            licences=view.licences,
            npi=listing.npi,
            specialties=view.specialties,
            languages=view.languages,
            formats=view.formats,
        ),
    )


def listings_due(actor: Actor, *, at: datetime, limit: int = 20) -> list[UUID]:
    """Listings about which the registry is to be asked now; for the job."""
    return list(
        Listing.objects.visible_to(actor)
        .filter(check_due_at__lte=at)
        .order_by("check_due_at", "id")
        .values_list("id", flat=True)[:limit]
    )


def listings_of(actor: Actor, person_ids: Sequence[UUID]) -> dict[UUID, ListingView]:
    """Those of these people's listings that the actor may see. One query where there is none, else four."""
    listings = list(
        Listing.objects.visible_to(actor).filter(therapist_id__in=person_ids).select_related("therapist")
    )
    return {view.person_id: view for view in listing_views(listings)} if listings else {}


def listing_views(listings: Sequence[Any]) -> list[ListingView]:
    """How these listings, with their therapists, are shown to whoever may see them. Three queries."""
    ids = [listing.id for listing in listings]
    terms: dict[UUID, dict[TermKind, list[str]]] = {}
    for listing_id, kind, code in (
        ListingTerm.objects.unscoped(reason="words of listings that the actor sees")
        .filter(listing_id__in=ids)
        .order_by("kind", "place", "code")
        .values_list("listing_id", "kind", "code")
    ):
        terms.setdefault(listing_id, {}).setdefault(TermKind(kind), []).append(code)
    licences: dict[UUID, list[LicenceFacts]] = {}
    for listing_id, state, type_, number in (
        ListingLicence.objects.unscoped(reason="licences of listings that the actor sees")
        .filter(listing_id__in=ids)
        .order_by("place", "state", "type")
        .values_list("listing_id", "state", "type", "number")
    ):
        licences.setdefault(listing_id, []).append(LicenceFacts(state=state, type=type_, number=number))
    practices = practices_of([listing.therapist_id for listing in listings])
    return [
        ListingView(
            person_id=listing.therapist_id,
            name=listing.therapist.shown_name,
            pronouns=listing.therapist.pronouns,
            photo_id=listing.therapist.photo_id,
            headline=listing.therapist.headline,
            approach=listing.approach,
            gender=listing.gender,
            city=listing.city,
            region=listing.region,
            practising_since=listing.practising_since,
            accepts_new=listing.accepts_new,
            fee_from=_money(listing.fee_from_minor, listing.fee_currency),
            fee_to=_money(listing.fee_to_minor, listing.fee_currency),
            sliding_scale=listing.sliding_scale,
            terms={kind: tuple(codes) for kind, codes in terms.get(listing.id, {}).items()},
            licences=tuple(licences.get(listing.id, ())),
            practices=practices.get(listing.therapist_id, ()),
            verified_at=listing.verified_at if listing.state == ListingState.VERIFIED else None,
            next_open_at=listing.next_open_at,
        )
        for listing in listings
    ]


def listings_found(ask: DirectoryAsk) -> QuerySet[Listing]:
    """The public listings that fit; within selectors only."""
    rows = Listing.objects.unscoped(reason="the public directory").filter(Listing.is_public())
    for word in rules.search_words(ask.text):
        about = Q()
        for form in rules.search_forms(word):
            about |= Q(search__contains=form)
        rows = rows.filter(about)
    if ask.accepts_new:
        rows = rows.filter(accepts_new=True)
    if ask.genders:
        rows = rows.filter(gender__in=ask.genders)
    for kind, codes in ask.terms.items():
        if codes:
            rows = rows.filter(Exists(_named(kind, codes)))
    return rows


def _named(kind: TermKind, codes: Iterable[str]) -> QuerySet[ListingTerm]:
    return ListingTerm.objects.unscoped(reason="the public directory").filter(
        listing_id=OuterRef("id"), kind=kind.value, code__in=list(codes)
    )


def _ordered(rows: QuerySet[Listing], ask: DirectoryAsk) -> tuple[QuerySet[Listing], tuple[str, str]]:
    """The rows in their order, and the two columns that it goes by."""
    if ask.sort is DirectorySort.NAME:
        return rows.order_by("sort_name", "id"), ("sort_name", "id")
    words = rules.search_words(ask.text)
    if not words:
        return rows.order_by("rank", "id"), ("rank", "id")
    named = Q()
    for word in words:
        named &= Q(sort_name__contains=word)
    where = Case(When(named, then=Value(_NAME_FOUND)), default=Value(_ELSEWHERE_FOUND))
    return rows.annotate(score=where + F("rank")).order_by("score", "id"), ("score", "id")


def _after(cursor: str, ask: DirectoryAsk, keys: tuple[str, str]) -> Q:
    first = str if ask.sort is DirectorySort.NAME else _small
    value, last_id = cursor_parts(cursor, first, UUID)
    return Q(**{f"{keys[0]}__gt": value}) | Q(**{keys[0]: value, "id__gt": last_id})


def _small(raw: str) -> int:
    """A rank, which is one digit."""
    if len(raw) != 1 or raw not in "0123456789":
        raise ValueError(raw)
    return int(raw)


def _cursor(listing: Any, keys: tuple[str, str]) -> str:
    return rules.cursor_write(str(getattr(listing, keys[0])), str(listing.id))


def _looser(ask: DirectoryAsk) -> tuple[Loosening, ...]:
    """What stands most in the way of an answer."""
    counts = []
    if ask.text:
        counts.append(("text", _without(ask, text="")))
    if ask.accepts_new:
        counts.append(("accepts_new", _without(ask, accepts_new=False)))
    for kind, codes in ask.terms.items():
        if codes:
            others = {each: kept for each, kept in ask.terms.items() if each is not kind}
            counts.append((kind.value, _without(ask, terms=others)))
    return tuple(Loosening(field=name, count=count) for name, count in rules.loosest(counts))


def _without(ask: DirectoryAsk, **change: Any) -> int:
    return listings_found(replace(ask, **change)).order_by()[: COUNT_MOST + 1].count()


def _money(amount: int | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)
