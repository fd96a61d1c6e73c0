"""Calendars of a therapist elsewhere."""

from bloom.kernel.actor import Actor
from scheduling.models import OutsideCalendar
from scheduling.types import OutsideFault, OutsideView


def outside_list(actor: Actor) -> list[OutsideView]:
    """The actor's own, the oldest first. One query."""
    rows = OutsideCalendar.objects.visible_to(actor).filter(therapist_id=actor.require_user())
    return [outside_view(row) for row in rows.order_by("created_at", "id")]


def outside_view(row: OutsideCalendar) -> OutsideView:
    """One that the caller may show; its address stays sealed."""
    return OutsideView(
        id=row.id,
        name=row.name,
        host=row.host,
        is_file=row.url is None,
        read_at=row.read_at,
        fault=OutsideFault(row.fault) if row.fault else None,
        stretches=row.stretches,
    )
