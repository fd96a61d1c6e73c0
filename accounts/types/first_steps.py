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
    """All steps in their order. `facts` decide the words of some."""

    steps: tuple[FirstStep, ...]
    facts: StepFacts
    is_put_away: bool

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def is_shown(self) -> bool:
        """False once all is done, or its person has put it away."""
        return not self.is_put_away and self.done < len(self.steps)

    @property
    def next(self) -> FirstStep | None:
        """The first that this person can do something about."""
        return next((step for step in self.steps if not step.is_done and not step.waits), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffWaiting:
    """What waits for platform staff, as counts."""

    listings: int
    requests: int
    without_factor: int
