"""What telehealth does when something happens to an appointment, or to who works in a practice. Run at least
once, in any order.
"""

from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from scheduling.telehealth import services


def appointment_changed(actor: Actor, recorded: RecordedEvent) -> None:
    """Its meeting becomes what the appointment is now."""
    services.meeting_follow(actor, recorded.object_id, at=recorded.at)


def membership_changed(actor: Actor, recorded: RecordedEvent) -> None:
    """Who cares for nobody in the practice any more leaves no keys of their own in it."""
    if recorded.practice_id is not None and recorded.subject_id is not None:
        services.credential_leave(actor, recorded.practice_id, recorded.subject_id, at=recorded.at)
