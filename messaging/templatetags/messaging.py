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
