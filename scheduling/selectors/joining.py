"""Which meetings can be joined now, of many appointments at once."""

from collections.abc import Collection
from uuid import UUID

from bloom.kernel.actor import Actor
from scheduling.models import Meeting
from scheduling.telehealth.types import MeetingState


def meetings_there(actor: Actor, appointment_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these appointments, of which the actor is one of the two, that have an address to join by. One
    query, or none.
    """
    if not appointment_ids:
        return frozenset()
    rows = Meeting.objects.visible_to(actor).filter(
        appointment_id__in=appointment_ids, state=MeetingState.THERE.value
    )
    return frozenset(rows.values_list("appointment_id", flat=True))
