"""What the pages that span apps show."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.types import ProfileView
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.pages import rules, samples
from bloom.pages.types import Dashboard


def dashboard_get(actor: Actor, profile: ProfileView, *, at: datetime) -> Dashboard:
    """The first page of `actor`: every card that some room has for them, in the registry's order."""
    local = at.astimezone(ZoneInfo(profile.time_zone))
    cards = (provider(actor, at) for _, provider in registry.card.items())
    return Dashboard(
        today=local.date(),
        part_of_day=rules.part_of_day(local),
        role=rules.foremost(actor.roles),
        cards=tuple(card for card in cards if card is not None),
    )


def styleguide_get() -> dict[str, Any]:
    """Every component's sample data."""
    return {"swatches": samples.SWATCHES, "icons": samples.icons(settings.BASE_DIR), "form": samples.form()}
