"""What somebody new does first, until a patient has a therapist and a therapist a patient."""

from dataclasses import dataclass
from enum import StrEnum

from accounts.types.listings import ListingState


class StepKey(StrEnum):
    EMAIL = "email"
    PROFILE = "profile"
    PASSKEY = "passkey"
    FACTOR = "factor"
    LISTING = "listing"
    CHECK = "check"
    PRACTICE = "practice"
    ASK = "ask"
    ANSWER = "answer"
    PATIENT = "patient"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """What the steps are ticked by. `asked`: a request or an offer is open; `asks_you`: it waits for this
    person's own yes or no. `practice_told`: where the practice is, and all that a claim needs of it; None:
    that is not for this person to tell.
    """

    email_is_verified: bool
    zone_is_set: bool
    has_factor: bool
    has_care: bool
    asked: bool
    asks_you: bool
    listing: ListingState | None = None
    practice_told: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStep:
    """`waits`: not done, and it is somebody else's turn."""

    key: StepKey
    is_done: bool
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """The steps of an account in their order. `facts` decide the words of some."""

    steps: tuple[FirstStep, ...]
    facts: StepFacts
    is_put_away: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffWaiting:
    """What waits for platform staff, as counts."""

    listings: int
    requests: int
    without_factor: int
