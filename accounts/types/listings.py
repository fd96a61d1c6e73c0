"""What the directory of therapists shows, asks for and remembers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from accounts.types.practices import PracticeRef
from accounts.types.terms import TermKind
from bloom.kernel.money import Money

APPROACH_LENGTH = 3000
HEADLINE_LENGTH = 120
CITY_LENGTH = 80
LICENCES_MOST = 6
REFUSAL_LENGTH = 500
SEARCH_LENGTH = 100
FEE_MOST = 100_000_00
# A directory counts no further.
COUNT_MOST = 500


class ListingState(StrEnum):
    """DRAFT: facts are missing. AWAITING: Bloom checks. Only VERIFIED is found by patients."""

    DRAFT = "draft"
    AWAITING = "awaiting"
    VERIFIED = "verified"
    REFUSED = "refused"


class VerifiedHow(StrEnum):
    REGISTRY = "registry"
    STAFF = "staff"


class CheckNote(StrEnum):
    """What the check against the national registry found that does not clearly match."""

    UNKNOWN_NPI = "unknown_npi"
    NOT_ACTIVE = "not_active"
    NOT_A_PERSON = "not_a_person"
    NAME_DIFFERS = "name_differs"
    LICENCE_TYPE_DIFFERS = "licence_type_differs"
    STATE_DIFFERS = "state_differs"
    LICENCE_NUMBER_DIFFERS = "licence_number_differs"
    NPI_ELSEWHERE = "npi_elsewhere"
    UNREACHABLE = "unreachable"


class DirectorySort(StrEnum):
    BEST = "best"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceFacts:
    """A licence to practise: where (a code of STATES), of which type (LICENCE_TYPES), its number."""

    state: str
    type: str
    number: str


class ListingChange(TypedDict, total=False):
    """What shall change of a listing; what is left out stays. None and "" take a fact away."""

    specialties: tuple[str, ...]
    modalities: tuple[str, ...]
    languages: tuple[str, ...]
    insurance: tuple[str, ...]
    formats: tuple[str, ...]
    licences: tuple[LicenceFacts, ...]
    npi: str
    headline: str
    approach: str
    gender: str
    city: str
    region: str
    practising_since: int | None
    accepts_new: bool
    fee_from: int | None
    fee_to: int | None
    sliding_scale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryTaxonomy:
    code: str
    state: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEntry:
    """What the national registry says of an NPI. Everything in it was reported by its holder."""

    npi: str
    is_person: bool
    is_active: bool
    first_name: str
    last_name: str
    credential: str
    other_names: tuple[str, ...]
    taxonomies: tuple[RegistryTaxonomy, ...]
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingView:
    """A therapist as the directory shows them. Codes as in `accounts.types.terms`; `credentials` are the
    letters of their licences.
    """

    person_id: UUID
    name: str
    pronouns: str
    photo_id: UUID | None
    headline: str
    approach: str
    gender: str
    city: str
    region: str
    practising_since: int | None
    accepts_new: bool
    fee_from: Money | None
    fee_to: Money | None
    sliding_scale: bool
    terms: Mapping[TermKind, tuple[str, ...]]
    licences: tuple[LicenceFacts, ...]
    practices: tuple[PracticeRef, ...]
    verified_at: datetime | None
    next_open_at: datetime | None

    @property
    def specialties(self) -> tuple[str, ...]:
        return self.terms.get(TermKind.SPECIALTY, ())

    @property
    def modalities(self) -> tuple[str, ...]:
        return self.terms.get(TermKind.MODALITY, ())

    @property
    def languages(self) -> tuple[str, ...]:
        return self.terms.get(TermKind.LANGUAGE, ())

    @property
    def insurance(self) -> tuple[str, ...]:
        return self.terms.get(TermKind.INSURANCE, ())

    @property
    def formats(self) -> tuple[str, ...]:
        return self.terms.get(TermKind.FORMAT, ())

    @property
    def credentials(self) -> tuple[str, ...]:
        """The kinds of their licences, each once."""
        return tuple(dict.fromkeys(licence.type for licence in self.licences))

    @property
    def states(self) -> tuple[str, ...]:
        """Where they are licensed, each state once."""
        return tuple(dict.fromkeys(licence.state for licence in self.licences))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingOwn:
    """A listing as its therapist sees it. `missing` names what a check needs and is not there yet."""

    view: ListingView
    npi: str
    state: ListingState
    is_hidden: bool
    is_found: bool
    refusal: str
    submitted_at: datetime | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryAsk:
    """What somebody looks for. Several codes of one kind: any of them; several kinds: each of them. `genders`
    keeps therapists who say of themselves that they are one of these.
    """

    text: str = ""
    terms: Mapping[TermKind, tuple[str, ...]] = field(default_factory=dict)
    genders: tuple[str, ...] = ()
    accepts_new: bool = False
    sort: DirectorySort = DirectorySort.BEST

    @property
    def is_narrowed(self) -> bool:
        return bool(self.text or self.accepts_new or self.genders or any(self.terms.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosening:
    """Something to leave out so that an empty answer is none: "text", "accepts_new" or a kind of term, and
    how many there would be then.
    """

    field: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPage:
    """A part of the directory. `count` stops at COUNT_MOST; `next` is where the next part begins."""

    items: tuple[ListingView, ...]
    next: str | None
    count: int
    looser: tuple[Loosening, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingDecision:
    """What was decided of somebody's listing, and in which words it was refused; to tell them."""

    therapist_id: UUID
    state: ListingState
    refusal: str = ""
