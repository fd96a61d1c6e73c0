"""What ends in other rooms with what somebody is about to do here (registry.ending)."""

from collections.abc import Sequence
from datetime import datetime

from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.kernel.registry import Ending


def told(actor: Actor, ending: Ending, *, at: datetime) -> Sequence[str]:
    """It all, in sentences for the actor; nothing where nothing else ends."""
    return [said for _key, tell in registry.ending.items() for said in tell(actor, ending, at)]
