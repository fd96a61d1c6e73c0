"""What can happen to therapists' listings in the directory."""

from dataclasses import dataclass

from accounts.types import VerifiedHow
from bloom.kernel.events import Event

LISTING = "accounts.listing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingChanged(Event):
    """`fields` are the names of what changed, not the values."""

    name = "accounts.listing.changed"
    object_kind = LISTING
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingSubmitted(Event):
    """It waits for its check from now on, and nobody finds it meanwhile."""

    name = "accounts.listing.submitted"
    object_kind = LISTING


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingChecked(Event):
    """The registry was asked, and does not clearly confirm; `notes` are codes of what it is."""

    name = "accounts.listing.checked"
    object_kind = LISTING
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingVerified(Event):
    name = "accounts.listing.verified"
    object_kind = LISTING
    how: VerifiedHow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRefused(Event):
    name = "accounts.listing.refused"
    object_kind = LISTING


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingHidden(Event):
    name = "accounts.listing.hidden"
    object_kind = LISTING


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingUnhidden(Event):
    name = "accounts.listing.unhidden"
    object_kind = LISTING
