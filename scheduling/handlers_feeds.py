"""A calendar feed ends with the way in of whoever may have made it. Run at least once, in any order."""

from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from scheduling import services


def way_in_ended_feed_end(actor: Actor, recorded: RecordedEvent) -> None:
    """Somebody was thrown out of an account, or it closes."""
    services.feed_throw_out(actor, recorded, at=clock.now())
