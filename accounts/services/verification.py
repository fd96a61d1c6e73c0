"""Whether therapists are who they say: the national registry is asked; where it is unclear, staff decide."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import errors, events, notice_kinds, rules, selectors
from accounts.integrations.nppes.http import NppesRegistry
from accounts.integrations.nppes.port import Registry, RegistryUnavailable
from accounts.models import Listing, ListingLicence
from accounts.services.listings import listing_save
from accounts.services.notices import notice_send
from accounts.types import (
    REFUSAL_LENGTH,
    CheckNote,
    LicenceFacts,
    ListingDecision,
    ListingState,
    RegistryEntry,
    RoleName,
    VerifiedHow,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from bloom.kernel.text import is_blank
from observability import services as observability_services

# When the registry does not answer; after that a person looks.
_AGAIN_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
# A job that dies while it asks leaves its listing to the next one after so long.
_CLAIM = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    listing_id: UUID
    submitted_at: datetime
    npi: str


def listings_verify(actor: Actor, *, at: datetime, registry: Registry | None = None) -> list[ListingDecision]:
    """Ask the registry about each listing that is due; whoever it clearly confirms is verified. The rest
    stays with staff, with what differed. Returns what was decided. For the system's job.
    """
    if not actor.is_system:
        raise NotAllowed
    source = registry or NppesRegistry()
    decided = []
    for listing_id in selectors.listings_due(actor, at=at):
        claim = _claim(actor, listing_id, at=at)
        if claim is None:
            continue
        try:
            entry, is_answered = source.entry_get(claim.npi), True
        except RegistryUnavailable:
            entry, is_answered = None, False
        decision = _conclude(actor, claim, entry, is_answered=is_answered, at=at)
        if decision is not None:
            decided.append(decision)
    return decided


@transactional(constraints={"listing_npi_verified_once": errors.NpiTaken})
def listing_accept(actor: Actor, listing_id: UUID, *, seen: datetime, at: datetime) -> ListingDecision:
    """A person has checked: patients find this therapist from now on. For admins. `seen` is when the facts
    that they looked at were sent (`submitted_at`). Raises NotAllowed, NotFound, ListingNotAwaiting,
    ListingChanged, NpiTaken.
    """
    listing = _awaiting_locked(actor, listing_id, seen)
    return _verify(actor, listing, VerifiedHow.STAFF, at=at)


@transactional
def listing_refuse(
    actor: Actor, listing_id: UUID, reason: str, *, seen: datetime, at: datetime
) -> ListingDecision:
    """A person has checked, and says in plain words what is wrong; the therapist may mend it and send it
    again. For admins; `seen` as for `listing_accept`. Raises NotAllowed, NotFound, Invalid,
    ListingNotAwaiting, ListingChanged.
    """
    words = reason.strip()
    if is_blank(words):
        raise Invalid(errors={"reason": [_("Please say what is wrong: the therapist reads it.")]})
    if len(words) > REFUSAL_LENGTH or "\x00" in words:
        raise Invalid(
            errors={"reason": [_("Please use at most %(count)s characters.") % {"count": REFUSAL_LENGTH}]}
        )
    # Also one that was verified: what was believed may turn out wrong.
    listing = _awaiting_locked(actor, listing_id, seen, also=ListingState.VERIFIED)
    listing.state, listing.refusal, listing.check_due_at = ListingState.REFUSED, words, None
    listing.verified_at, listing.verified_by_id, listing.verified_how = None, None, ""
    listing_save(listing, at=at)
    event_id = observability_services.event_record(
        actor, events.ListingRefused(object_id=listing.id, subject_id=listing.therapist_id), at=at
    )
    notice_send(actor, notice_kinds.LISTING, "refused", [listing.therapist_id], event_id=event_id, at=at)
    return ListingDecision(
        therapist_id=listing.therapist_id, state=ListingState.REFUSED, refusal=listing.refusal
    )


def _awaiting_locked(
    actor: Actor, listing_id: UUID, seen: datetime, *, also: ListingState | None = None
) -> Any:
    if not actor.has_role(RoleName.ADMIN):
        raise NotAllowed(object_kind=events.LISTING, object_id=listing_id, exists=_exists(listing_id))
    listing = _locked(listing_id)
    if listing is None:
        raise NotFound(object_kind=events.LISTING, object_id=listing_id)
    if listing.state not in {ListingState.AWAITING, also}:
        raise errors.ListingNotAwaiting
    # Sent again after it was looked at: nobody has checked what stands there now.
    if listing.submitted_at != seen:
        raise errors.ListingChanged
    return listing


def _locked(listing_id: UUID) -> Any:
    rows = Listing.objects.unscoped(reason="the listing that is decided upon")
    return rows.select_for_update(of=("self",)).select_related("therapist").filter(id=listing_id).first()


def _exists(listing_id: UUID) -> bool:
    return Listing.objects.unscoped(reason="for the record").filter(id=listing_id).exists()


def _verify(actor: Actor, listing: Any, how: VerifiedHow, *, at: datetime) -> ListingDecision:
    listing.state, listing.check_due_at, listing.refusal = ListingState.VERIFIED, None, ""
    listing.verified_at, listing.verified_by_id, listing.verified_how = at, actor.user_id, how
    listing_save(listing, at=at)
    event_id = observability_services.event_record(
        actor, events.ListingVerified(object_id=listing.id, subject_id=listing.therapist_id, how=how), at=at
    )
    notice_send(actor, notice_kinds.LISTING, "verified", [listing.therapist_id], event_id=event_id, at=at)
    return ListingDecision(therapist_id=listing.therapist_id, state=ListingState.VERIFIED)


@transactional
def _claim(actor: Actor, listing_id: UUID, *, at: datetime) -> _Claim | None:
    """Take one listing that is due, so that no other job asks about it meanwhile."""
    listing = _locked(listing_id)
    if listing is None or listing.check_due_at is None or listing.check_due_at > at:
        return None
    Listing.objects.unscoped(reason="the row in hand").filter(id=listing_id).update(check_due_at=at + _CLAIM)
    return _Claim(listing_id=listing_id, submitted_at=listing.submitted_at, npi=listing.npi)


@transactional
def _conclude(
    actor: Actor, claim: _Claim, entry: RegistryEntry | None, *, is_answered: bool, at: datetime
) -> ListingDecision | None:
    """What follows from the registry's answer, unless the listing was sent again or decided meanwhile."""
    listing = _locked(claim.listing_id)
    if (
        listing is None
        or listing.state != ListingState.AWAITING
        or listing.submitted_at != claim.submitted_at
        or listing.npi != claim.npi
    ):
        return None
    listing.check_tries += 1
    if not is_answered and listing.check_tries <= len(_AGAIN_AFTER):
        listing.check_due_at = at + _AGAIN_AFTER[listing.check_tries - 1]
        listing.check_notes = [CheckNote.UNREACHABLE]
        listing_save(listing, at=at)
        return None
    notes = _notes(listing, entry) if is_answered else [CheckNote.UNREACHABLE]
    listing.registry = asdict(entry) if entry is not None else None
    listing.check_notes, listing.check_due_at = [str(note) for note in notes], None
    if not notes:
        return _verify(actor, listing, VerifiedHow.REGISTRY, at=at)
    listing_save(listing, at=at)
    observability_services.event_record(
        actor,
        events.ListingChecked(
            object_id=listing.id, subject_id=listing.therapist_id, notes=tuple(listing.check_notes)
        ),
        at=at,
    )
    return None


def _notes(listing: Any, entry: RegistryEntry | None) -> list[CheckNote]:
    rows = ListingLicence.objects.unscoped(reason="the licences of the listing in hand")
    licences = [
        LicenceFacts(state=each.state, type=each.type, number=each.number)
        for each in rows.filter(listing_id=listing.id)
    ]
    person = listing.therapist
    notes = list(rules.registry_judge(person.name, licences, entry))
    # The name that patients read is checked like the legal one, so that nobody is found as somebody else.
    shown = rules.registry_judge(person.shown_name, licences, entry)
    notes += [note for note in shown if note not in notes]
    others = Listing.objects.unscoped(reason="whether somebody else is known by this NPI").filter(
        Q(npi=listing.npi) & ~Q(id=listing.id) & ~Q(state=ListingState.DRAFT)
    )
    if others.exists():
        notes.append(CheckNote.NPI_ELSEWHERE)
    return notes
