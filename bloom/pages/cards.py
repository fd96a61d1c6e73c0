"""Cards of the first page that no single room owns: people, and the calendar until scheduling is built."""

from datetime import datetime

from django.urls import is_valid_path
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.registry import Card

PEOPLE_SHOWN = 5
CONNECTIONS = "/connections/"


def people(actor: Actor, at: datetime) -> Card | None:
    """A therapist's patients, a patient's therapists, the way to everybody for staff."""
    if actor.has_role("patient", "therapist"):
        is_therapist = actor.has_role("therapist")
        page = accounts_selectors.assignment_list(
            actor,
            # The owner of a practice may see all its care; this card is about their own.
            therapist_id=actor.user_id if is_therapist else None,
            active=True,
            limit=PEOPLE_SHOWN,
        )
        return Card(
            key="people",
            title=_("Your patients") if is_therapist else _("Your care"),
            template="pages/cards/people.html",
            context={
                "assignments": page.items,
                "has_more": page.next is not None,
                "is_therapist": is_therapist,
                "asks_you": accounts_selectors.proposals_waiting_count(actor) > 0,
                "connections": CONNECTIONS if is_valid_path(CONNECTIONS) else "",
            },
        )
    if actor.has_role("support", "admin"):
        return Card(key="people", title=_("People"), template="pages/cards/console.html", context={})
    return None


def calendar(actor: Actor, at: datetime) -> Card | None:
    """Where appointments will be. Scheduling registers its own card under this key when it is built."""
    if not actor.has_role("patient", "therapist"):
        return None
    return Card(
        key="calendar",
        title=_("Calendar"),
        template="pages/cards/calendar.html",
        context={"is_therapist": actor.has_role("therapist")},
    )
