"""What messaging does when something happens elsewhere. Run at least once, in any order."""

from uuid import UUID

from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from messaging import services


def assignment_changed(actor: Actor, recorded: RecordedEvent) -> None:
    """Care began or ended: the conversation follows what is true now."""
    if recorded.practice_id is None:
        return
    services.conversation_follow(
        actor,
        patient_id=UUID(recorded.data["patient_id"]),
        therapist_id=UUID(recorded.data["therapist_id"]),
        practice_id=recorded.practice_id,
        at=recorded.at,
    )
