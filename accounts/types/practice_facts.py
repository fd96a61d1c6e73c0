"""Where a practice is, and under which numbers it bills."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LOCATION_NAME_LENGTH = 80
STREET_LENGTH = 200
PHONE_LENGTH = 20
LOCATIONS_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationFacts:
    """What a practice says of a place where it sees people."""

    name: str
    street: str
    city: str
    region: str
    postal_code: str
    phone: str
    time_zone: str
    is_main: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationView:
    id: UUID
    facts: LocationFacts
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingView:
    """The billing identity as it is shown: never the whole tax number."""

    npi: str
    tax_last4: str
