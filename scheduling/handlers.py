"""What scheduling does when something has happened to an appointment. Run at least once, in any order."""

from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from scheduling import services


def appointment_told(actor: Actor, recorded: RecordedEvent) -> None:
    """Its two people are told of it."""
    services.appointment_tell(actor, recorded)
