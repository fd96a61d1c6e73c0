"""Where a practice works, and what it is to payers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

PLACE_NAME_LENGTH = 80
ADDRESS_LINE_LENGTH = 100
# As long as a claim carries it (X12 837P, NM103).
LEGAL_NAME_LENGTH = 60
LOCATIONS_MOST = 100
# Codes of the CMS list for where somebody is seen in person; the first is the usual one.
PLACES_OF_SERVICE = ("11", "49", "53", "50", "72", "57", "22", "19", "03", "99")
ADDRESS_FIELDS = ("line1", "line2", "city", "region", "postal_code")


class TaxKind(StrEnum):
    """An employer identification number, or the social security number of somebody who works alone."""

    EIN = "ein"
    SSN = "ssn"


class BillingNeed(StrEnum):
    """What a claim needs of a practice."""

    NPI = "npi"
    TAX_NUMBER = "tax_number"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """An address in the United States; `region` is a code of STATES."""

    line1: str
    line2: str
    city: str
    region: str
    postal_code: str

    def __bool__(self) -> bool:
        return bool(self.line1)


class LocationChange(TypedDict, total=False):
    """What shall change of a location; what is left out stays."""

    name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    phone: str
    time_zone: str
    place_of_service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationView:
    """A place where a practice sees people. `version` grows with each change; a retired one is kept for what
    happened there, and nothing new begins in it.
    """

    id: UUID
    practice_id: UUID
    name: str
    address: AddressFacts
    phone: str
    phone_shown: str
    time_zone: str
    place_of_service: str
    version: int
    retired_at: datetime | None

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None


class BillingChange(TypedDict, total=False):
    """What shall change of a billing identity; what is left out stays. A tax number comes with its kind."""

    legal_name: str
    npi: str
    tax_kind: str
    tax_number: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingIdentityView:
    """Who a practice is to payers. Of the tax number no more than the last four digits; `missing` is what a
    claim needs and is not there. Version 0: nothing was told so far.
    """

    practice_id: UUID
    legal_name: str
    npi: str
    tax_kind: TaxKind | None
    tax_last_four: str
    address: AddressFacts
    version: int
    missing: tuple[BillingNeed, ...]

    @property
    def is_complete(self) -> bool:
        return self.version > 0 and not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxNumber:
    """A whole tax number, for whoever was let to read it. It prints as nothing."""

    kind: TaxKind
    number: str = field(repr=False)
    shown: str = field(repr=False)
