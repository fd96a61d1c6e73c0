"""What telehealth does when something happens to an appointment, or to who works in a practice. Run at least
once, in any order.
"""

from bloom.kernel import clock, db
from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from scheduling.telehealth import services


def appointment_changed(actor: Actor, recorded: RecordedEvent) -> None:
    """Its meeting becomes what the appointment is now."""
    services.meeting_follow(actor, recorded.object_id, at=recorded.at)


def meeting_happened(actor: Actor, recorded: RecordedEvent) -> None:
    """Its appointment is in session once both are there."""
    services.meeting_begin(actor, recorded.object_id, at=clock.now())


def appointment_off(actor: Actor, recorded: RecordedEvent) -> None:
    """Whoever is in the room of what was cancelled or moved is told that it is over."""
    # A hint: should it be lost, the pages are told when they next say that they are there.
    db.after_commit(lambda: services.room_close(actor, recorded.object_id, at=clock.now()))


def membership_changed(actor: Actor, recorded: RecordedEvent) -> None:
    """Who cares for nobody in the practice any more leaves no keys of their own in it."""
    if recorded.practice_id is not None and recorded.subject_id is not None:
        services.credential_leave(actor, recorded.practice_id, recorded.subject_id, at=recorded.at)
