"""How places on a calendar's paper, and moments on its days, are written into a page."""

import json
from collections.abc import Sized
from datetime import datetime, time

from django import template
from django.utils import timezone
from django.utils.dateformat import time_format
from django.utils.formats import date_format, get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bloom.kernel import clock
from scheduling.types import QUANTUM_MINUTES, CalendarDay, Placed

register = template.Library()
_HOUR = 60 // QUANTUM_MINUTES


@register.filter
def day_said(at: datetime) -> str:
    """A day in full by its reader's clock, with the year where that is not the one of now."""
    zone = timezone.get_current_timezone()
    local = at.astimezone(zone)
    is_this_year = local.year == clock.now().astimezone(zone).year
    return date_format(local, "l j F" if is_this_year else "l j F Y")


@register.filter
def left_over(items: Sized, shown: int) -> int:
    """How many there are beyond those that are shown."""
    return max(len(items) - shown, 0)


@register.filter
def paper(at: Placed) -> SafeString:
    """Where something stands, as attributes that the style sheet reads (assets/css/calendar.css)."""
    top = at.top // QUANTUM_MINUTES
    length = max(-(-(at.top + at.length) // QUANTUM_MINUTES) - top, 1)
    return format_html(
        'data-th="{}" data-tm="{}" data-lh="{}" data-lm="{}" data-lane="{}" data-lanes="{}"',
        top // _HOUR,
        top % _HOUR,
        length // _HOUR,
        length % _HOUR,
        at.lane,
        at.lanes,
    )


@register.filter
def down(minutes: int) -> SafeString:
    """So far down, without a length of its own."""
    quanta = minutes // QUANTUM_MINUTES
    return format_html('data-th="{}" data-tm="{}"', quanta // _HOUR, quanta % _HOUR)


@register.filter
def long(minutes: int) -> SafeString:
    """So long, from the top."""
    quanta = minutes // QUANTUM_MINUTES
    return format_html('data-lh="{}" data-lm="{}"', quanta // _HOUR, quanta % _HOUR)


@register.filter
def hour_said(hour: int) -> str:
    """A full hour at the side of the paper: "9 AM"."""
    return time_format(time(hour), get_format("TIME_FORMAT").replace(":i", ""))


@register.filter
def parts_wire(day: CalendarDay) -> str:
    """The even stretches of a day's paper for the script: minutes down, minutes long, and when it begins."""
    return json.dumps([[part.top, part.length, clock.to_wire(part.starts_at)] for part in day.parts])
