"""How a message and a moderator's reasons are shown."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import template
from django.utils import dateformat
from django.utils.formats import time_format
from django.utils.text import Truncator
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext

from bloom.kernel import text
from messaging import rules
from messaging.emoji import OFFERED
from messaging.moderation.categories import CATEGORIES
from messaging.types import ConversationKind, ConversationView, MemberRole, MessageView

register = template.Library()

PREVIEW = 90


@register.filter
def reason(category: str) -> str:
    """A category in the reader's words."""
    return gettext(CATEGORIES[category]) if category in CATEGORIES else ""


@register.simple_tag
def reason_list() -> Iterable[str]:
    """Every category that a message may have."""
    return CATEGORIES


@register.simple_tag
def emojis_offered() -> Sequence[tuple[str, Any]]:
    """What one reacts with without looking for it, and what each is called."""
    return OFFERED


@register.simple_tag
def conversation_title(conversation: ConversationView, viewer_id: UUID) -> str:
    """What a conversation is called for its viewer: the other's name, or whose care team it is."""
    if conversation.kind is not ConversationKind.TEAM:
        others = [member for member in conversation.members if member.id != viewer_id]
        return "".join(text.isolated(member.name) for member in others)
    patient = next((member for member in conversation.members if member.role is MemberRole.PATIENT), None)
    if patient is None:
        return ""
    if patient.id == viewer_id:
        return gettext("Your care team")
    return gettext("%(name)s and care team") % {"name": text.isolated(patient.name)}


@register.filter
def iso(at: datetime | str) -> str:
    """A moment for machines, in the reader's zone."""
    return localtime(at).isoformat() if isinstance(at, datetime) else ""


@register.filter
def clock(at: datetime | str) -> str:
    """What the reader's clock showed."""
    return time_format(localtime(at), "TIME_FORMAT") if isinstance(at, datetime) else ""


@register.filter
def time_or_day(at: datetime) -> str:
    """Of today the time, of any other day its date: by the reader's clock."""
    own = localtime(at)
    return time_format(own, "TIME_FORMAT") if own.date() == localdate() else dateformat.format(own, "j M")


@register.filter
def preview(body: str) -> str:
    """The beginning of what was written."""
    return body if len(body) <= PREVIEW else Truncator(body[: 4 * PREVIEW]).chars(PREVIEW)


@register.filter
def danger_to(message: MessageView) -> str:
    """Who may be in danger by a crisis message: `self`, whoever wrote it, or `others`."""
    return rules.danger_to(message.categories)


@register.filter
def size_of(size: int | str) -> str:
    """How large a file is, as people say it; assets/js/messaging/size.js says the same."""
    value, unit = float(size or 0), 0
    while value >= 1024 and unit < 3:
        value, unit = value / 1024, unit + 1
    number = f"{value:.1f}" if unit and value < 10 else f"{value:.0f}"
    return f"{number} {('B', 'kB', 'MB', 'GB')[unit]}"


@register.filter
def message_kind(message: MessageView) -> str:
    """Which of its looks a message has for its viewer: `shown`, `hidden` or `gone`."""
    if message.blurred:
        return "hidden"
    return "shown" if message.body is not None else "gone"
