"""How a message and a moderator's reasons are shown."""

from django import template
from django.utils.translation import gettext

from messaging import rules
from messaging.moderation.categories import CATEGORIES
from messaging.types import MessageView

register = template.Library()


@register.filter
def reason(category: str) -> str:
    """A category in the reader's words."""
    return gettext(CATEGORIES[category]) if category in CATEGORIES else ""


@register.filter
def danger_to(message: MessageView) -> str:
    """Who may be in danger by a crisis message: `self`, whoever wrote it, or `others`."""
    return rules.danger_to(message.categories)


@register.filter
def message_kind(message: MessageView) -> str:
    """Which of its looks a message has for its viewer: `shown`, `hidden` or `gone`."""
    if message.blurred:
        return "hidden"
    return "shown" if message.body is not None else "gone"
