"""What can happen to a practice's locations and to what it is to payers."""

from dataclasses import dataclass

from accounts.events.practices import PRACTICE
from bloom.kernel.events import Event

LOCATION = "accounts.location"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationAdded(Event):
    name = "accounts.location.added"
    object_kind = LOCATION


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationChanged(Event):
    """`fields` are the names of what changed, not the values."""

    name = "accounts.location.changed"
    object_kind = LOCATION
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRetired(Event):
    name = "accounts.location.retired"
    object_kind = LOCATION


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationReopened(Event):
    name = "accounts.location.reopened"
    object_kind = LOCATION


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingIdentityChanged(Event):
    """`fields` are the names of what changed, not the values."""

    name = "accounts.billing_identity.changed"
    object_kind = PRACTICE
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxNumberOpened(Event):
    """Somebody has read the whole tax number of a practice."""

    name = "accounts.tax_number.opened"
    object_kind = PRACTICE
