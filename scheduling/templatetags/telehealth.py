"""Video in templates."""

from datetime import datetime
from typing import Any

from django import template

from bloom.kernel import clock
from scheduling.telehealth.errors import FAULT_WORDS
from scheduling.telehealth.rules.looking import look_after
from scheduling.telehealth.types import Vendor

register = template.Library()
_NAMES = {Vendor.ZOOM: "Zoom", Vendor.MEET: "Google Meet"}


@register.filter
def vendor_name(vendor: str) -> str:
    """What a vendor is called."""
    return _NAMES[Vendor(vendor)]


@register.filter
def fault_words(fault: Any) -> str:
    """What a vendor's refusal means, and what to do about it; empty for what passes by itself."""
    return str(FAULT_WORDS.get(fault, ""))


@register.filter
def opens_later(opens_at: datetime) -> bool:
    """Is the way into a session still closed?"""
    return clock.now() < opens_at


@register.filter
def look_seconds(looks: int) -> int | None:
    """In how many seconds a page looks again that has looked so often; None: no more."""
    return look_after(looks)
