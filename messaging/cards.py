"""What messaging puts on the first page."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bloom.kernel.actor import Actor
from bloom.kernel.registry import Card
from messaging import selectors
from messaging.types import Shelf

CONVERSATIONS_SHOWN = 4
CONVERSATIONS_READ = 50
ALERTS_SHOWN = 5


def messages(actor: Actor, at: datetime) -> Card | None:
    """The newest conversations, for those who have any part in care."""
    if not actor.has_role("patient", "therapist"):
        return None
    page = selectors.conversation_list(actor, shelf=Shelf.INBOX, unread_first=True, limit=CONVERSATIONS_READ)
    waiting = [each for each in page.items if each.unread]
    rest = [each for each in page.items if not each.unread]
    # Who has waited longest comes first.
    shown = [*reversed(waiting), *rest][:CONVERSATIONS_SHOWN]
    return Card(
        key="messages",
        title=_("Messages"),
        template="messaging/cards/messages.html",
        context={
            "conversations": shown,
            "viewer_id": actor.user_id,
            "is_therapist": actor.has_role("therapist"),
        },
    )


def moderation_waiting(actor: Actor, at: datetime) -> Card | None:
    """What the moderator hid in the last weeks and nobody of the staff has decided about."""
    if not actor.has_role("support", "admin"):
        return None
    queue = reverse("admin:messaging_queueitem_changelist")
    found = selectors.queue_counts(actor, at=at)
    rows = [
        {
            "count": found.get(outcome, 0),
            "icon": icon,
            "title": title,
            "text": text,
            "path": f"{queue}?state=open&outcome__exact={outcome}",
        }
        for outcome, icon, title, text in (
            ("crisis", "heart-handshake", _("Messages that may mean danger"), _("Their therapist was told.")),
            ("blur", "eye-off", _("Hidden messages"), _("Shown only to who chooses to see them.")),
            ("block", "circle-alert", _("Refused messages"), _("Nobody but the writer saw them.")),
        )
    ]
    return Card(
        key="moderation_waiting",
        title=_("Messages to look at"),
        template="accounts/cards/staff_waiting.html",
        context={"rows": rows, "is_quiet": not any(row["count"] for row in rows)},
    )


def alerts_beyond(actor: Actor, at: datetime) -> Card | None:
    """Patients who may be in danger and whose therapist has not answered, for who is told then. Absent when
    there is none.
    """
    alerts = selectors.alerts_beyond_list(actor, limit=ALERTS_SHOWN)
    if not alerts:
        return None
    return Card(
        key="alerts_beyond",
        title=_("Nobody has answered yet"),
        template="messaging/cards/alerts_beyond.html",
        context={"alerts": alerts},
        comes_first=True,
    )


def crisis_alerts(actor: Actor, at: datetime) -> Card | None:
    """Patients who may be in danger, until their therapist, or who offered them care, has acknowledged it.
    Absent when there is none.
    """
    if actor.practice_id is None and not actor.has_role("therapist", "support", "admin"):
        return None
    alerts = selectors.crisis_alert_list(actor, limit=ALERTS_SHOWN)
    if not alerts:
        return None
    return Card(
        key="crisis_alerts",
        title=_("Please look at this first"),
        template="messaging/cards/crisis_alerts.html",
        context={
            "alerts": alerts,
            "any_to_read": any(alert.is_to_read for alert in alerts),
            "help_lines": settings.HELP_LINES,
        },
        comes_first=True,
    )
