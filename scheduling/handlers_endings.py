"""What scheduling calls off when care ends, or somebody leaves. Run at least once, in any order."""

from uuid import UUID

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from scheduling import services


def assignment_ended_appointments_end(actor: Actor, recorded: RecordedEvent) -> None:
    """Care has ended."""
    if recorded.practice_id is None:
        return
    services.care_over(
        actor,
        patient_id=UUID(recorded.data["patient_id"]),
        therapist_id=UUID(recorded.data["therapist_id"]),
        practice_id=recorded.practice_id,
        ended_by=recorded.actor_user_id,
        since=recorded.at,
        at=clock.now(),
    )


def membership_changed_appointments_end(actor: Actor, recorded: RecordedEvent) -> None:
    """Somebody works at a practice no more, or in a role that cares for nobody."""
    if recorded.practice_id is None or recorded.subject_id is None:
        return
    services.practice_over(
        actor,
        therapist_id=recorded.subject_id,
        practice_id=recorded.practice_id,
        since=recorded.at,
        at=clock.now(),
    )


def role_revoked_appointments_end(actor: Actor, recorded: RecordedEvent) -> None:
    """Somebody is no therapist any more."""
    if recorded.subject_id is not None:
        services.role_over(actor, therapist_id=recorded.subject_id, since=recorded.at, at=clock.now())


def listing_refused_appointments_end(actor: Actor, recorded: RecordedEvent) -> None:
    """What a therapist says of themselves was not confirmed."""
    if recorded.subject_id is not None:
        services.verification_over(actor, therapist_id=recorded.subject_id, since=recorded.at, at=clock.now())


def account_closing_appointments_end(actor: Actor, recorded: RecordedEvent) -> None:
    """Somebody closes their account."""
    services.account_over(actor, person_id=recorded.object_id, since=recorded.at, at=clock.now())


def role_revoked_outside_end(actor: Actor, recorded: RecordedEvent) -> None:
    """Whoever is no therapist is not asked elsewhere when they are busy."""
    if recorded.subject_id is not None:
        services.outside_over(actor, person_id=recorded.subject_id, at=clock.now())


def account_closing_outside_end(actor: Actor, recorded: RecordedEvent) -> None:
    """Nor is whoever closes their account."""
    services.outside_over(actor, person_id=recorded.object_id, at=clock.now())
