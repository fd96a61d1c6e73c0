"""What ends in other rooms with what somebody is about to do here (registry.ending)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bloom.kernel import fees, registry
from bloom.kernel.actor import Actor
from bloom.kernel.money import Money
from bloom.kernel.registry import Ending, EndingKind, EndingTold


def care(patient_id: UUID, therapist_id: UUID, practice_id: UUID) -> Ending:
    """That care between two would end."""
    return Ending(
        kind=EndingKind.CARE, patient_id=patient_id, therapist_id=therapist_id, practice_id=practice_id
    )


def told(actor: Actor, ending: Ending, *, at: datetime) -> EndingTold:
    """It all, for the actor; nothing where nothing else ends."""
    found = [tell(actor, ending, at) for _key, tell in registry.ending.items()]
    return EndingTold(
        said=tuple(said for each in found for said in each.said),
        owed=fees.together(owed for each in found for owed in each.owed),
    )


def fees_check(actor: Actor, ending: Ending, seen: Sequence[Money], *, at: datetime) -> None:
    """Raise LateFeeUnseen where it costs the actor more than they were shown."""
    fees.seen_check(told(actor, ending, at=at).owed, seen)
