"""What scheduling puts on the first page."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bloom.kernel.actor import Actor
from bloom.kernel.registry import Card
from scheduling import selectors

APPOINTMENTS_SHOWN = 4


def calendar(actor: Actor, at: datetime) -> Card | None:
    """The next appointments, for those who have any part in care."""
    if not actor.has_role("patient", "therapist"):
        return None
    page = selectors.appointment_own(actor, is_over=False, at=at, limit=APPOINTMENTS_SHOWN)
    return Card(
        key="calendar",
        title=_("Next appointments"),
        template="scheduling/cards/calendar.html",
        context={
            "appointments": page.items,
            "is_therapist": actor.has_role("therapist"),
            "bookable": selectors.therapists_own(actor),
        },
    )


def alarmed(actor: Actor, at: datetime) -> Card | None:
    """Appointments whose patient wrote words that may mean danger. Absent when there is none."""
    if not actor.has_role("therapist"):
        return None
    found = selectors.appointments_alarmed(actor, at=at)
    if not found:
        return None
    return Card(
        key="appointments_alarmed",
        title=_("Please read this first"),
        template="scheduling/cards/alarmed.html",
        context={"appointments": found},
    )
