"""Who waits is looked at when times may be free, and who is to be reminded when they change. Run at least
once, in any order.
"""

from uuid import UUID

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from scheduling import services


def time_freed_waitlist_nudge(actor: Actor, recorded: RecordedEvent) -> None:
    """An appointment was called off or moved, or hours or services are others."""
    services.waitlist_nudge(actor, therapist_id=UUID(recorded.data["therapist_id"]), at=clock.now())


def assignment_ended_waitlist_recheck(actor: Actor, recorded: RecordedEvent) -> None:
    """Care has ended: what is for those in it alone is kept for its patient no more."""
    services.waitlist_recheck(
        actor,
        therapist_id=UUID(recorded.data["therapist_id"]),
        patient_id=UUID(recorded.data["patient_id"]),
        at=clock.now(),
    )


def therapist_changed_waitlist_recheck(actor: Actor, recorded: RecordedEvent) -> None:
    """Somebody may be no therapist any more, works there no more, or was not confirmed."""
    if recorded.subject_id is not None:
        services.waitlist_recheck(actor, therapist_id=recorded.subject_id, at=clock.now())


def listing_changed_offers_recheck(actor: Actor, recorded: RecordedEvent) -> None:
    """Somebody may take new patients no more, or is hidden."""
    if recorded.subject_id is not None:
        services.offers_recheck(actor, therapist_id=recorded.subject_id, at=clock.now())


def service_changed_waitlist_recheck(actor: Actor, recorded: RecordedEvent) -> None:
    """A service is offered no more, or to others."""
    services.waitlist_recheck(actor, therapist_id=UUID(recorded.data["therapist_id"]), at=clock.now())


def account_closing_waitlist_leave(actor: Actor, recorded: RecordedEvent) -> None:
    """Somebody closes their account."""
    services.waitlist_leave_all(actor, person_id=recorded.object_id, since=recorded.at, at=clock.now())


def appointment_changed_reminders_follow(actor: Actor, recorded: RecordedEvent) -> None:
    """It is reminded of as it is now."""
    sequence = int(recorded.data["sequence"])
    services.reminders_follow(actor, recorded.object_id, sequence=sequence, at=recorded.at)
