"""Which steps somebody new has, and which of them are done."""

from accounts.types import FirstStep, ListingState, RoleName, StepFacts, StepKey

_SENT = frozenset({ListingState.AWAITING, ListingState.VERIFIED})


def first_steps(role: RoleName, facts: StepFacts) -> tuple[FirstStep, ...]:
    """The way of a patient to their first therapist, or of a therapist to their first patient; a step is
    ticked by facts alone, so that what is undone is open again.
    """
    if role is RoleName.PATIENT:
        return (
            FirstStep(key=StepKey.EMAIL, is_done=facts.email_is_verified),
            FirstStep(key=StepKey.PROFILE, is_done=facts.zone_is_set),
            FirstStep(key=StepKey.PASSKEY, is_done=facts.has_factor),
            FirstStep(key=StepKey.ASK, is_done=facts.has_care or facts.asked),
            FirstStep(key=StepKey.ANSWER, is_done=facts.has_care, waits=not facts.asks_you),
        )
    if role is RoleName.THERAPIST:
        verified = facts.listing is ListingState.VERIFIED
        practice = (
            ()
            if facts.practice_told is None
            else (FirstStep(key=StepKey.PRACTICE, is_done=facts.practice_told),)
        )
        return (
            FirstStep(key=StepKey.EMAIL, is_done=facts.email_is_verified),
            FirstStep(key=StepKey.FACTOR, is_done=facts.has_factor),
            FirstStep(key=StepKey.LISTING, is_done=facts.listing in _SENT),
            FirstStep(key=StepKey.CHECK, is_done=verified, waits=True),
            *practice,
            FirstStep(key=StepKey.PROFILE, is_done=facts.zone_is_set),
            FirstStep(key=StepKey.PATIENT, is_done=facts.has_care, waits=not facts.asks_you),
        )
    return ()
