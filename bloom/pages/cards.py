"""Cards of the first page that no single room owns: people."""

from datetime import datetime

from django.urls import is_valid_path
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts_selectors
from accounts.types import AssignmentView
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
        ended = None if is_therapist or page.items else _ended_last(actor)
        return Card(
            key="people",
            title=_("Your patients") if is_therapist else _("Your care"),
            template="pages/cards/people.html",
            context={
                "assignments": page.items,
                "has_more": page.next is not None,
                "is_therapist": is_therapist,
                "waiting": accounts_selectors.proposals_waiting(actor),
                "asked": [] if is_therapist else accounts_selectors.proposals_asked(actor),
                "refused": [] if is_therapist else accounts_selectors.proposals_refused(actor, at=at),
                "ended": ended,
                "connections": CONNECTIONS if is_valid_path(CONNECTIONS) else "",
            },
        )
    if actor.has_role("support", "admin"):
        return Card(key="people", title=_("People"), template="pages/cards/console.html", context={})
    return None


def _ended_last(actor: Actor) -> AssignmentView | None:
    """The care that a patient without any had last."""
    before = accounts_selectors.assignment_list(actor, patient_id=actor.user_id, active=False, limit=50)
    return max(before.items, key=lambda care: str(care.ended_at), default=None)
