"""What the pages that span apps show."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts import selectors as accounts_selectors
from accounts.types import ProfileView
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.pages import rules, samples
from bloom.pages.types import Dashboard, Elsewhere
from messaging import selectors as messaging_selectors


def dashboard_get(actor: Actor, profile: ProfileView, *, at: datetime) -> Dashboard:
    """The first page of `actor`: every card that some room has for them, in the registry's order but for what
    comes first.
    """
    local = at.astimezone(ZoneInfo(profile.time_zone))
    cards = (provider(actor, at) for _, provider in registry.card.items())
    return Dashboard(
        today=local.date(),
        part_of_day=rules.part_of_day(local),
        role=rules.foremost(actor.roles),
        cards=tuple(
            sorted((card for card in cards if card is not None), key=lambda card: not card.comes_first)
        ),
    )


def elsewhere_get(actor: Actor, profile: ProfileView) -> tuple[Elsewhere, ...]:
    """The other practices of a person in which something waits for them, those with an alert first. No query
    for who works in one practice, four for who works in several.
    """
    others = {each.id: each for each in profile.practices if each.id != profile.practice_id}
    if not others:
        return ()
    talks = messaging_selectors.waiting_elsewhere(actor, others.keys())
    requests = accounts_selectors.proposals_elsewhere(actor, others.keys())
    unanswered = {each.id for each in messaging_selectors.alerts_beyond_elsewhere(actor)}
    found = [
        Elsewhere(
            practice=practice,
            alert=id_ in unanswered or (id_ in talks and talks[id_].alert),
            message=id_ in talks,
            request=id_ in requests,
        )
        for id_, practice in others.items()
        if id_ in talks or id_ in requests or id_ in unanswered
    ]
    return tuple(sorted(found, key=lambda each: not each.alert))


def styleguide_get() -> dict[str, Any]:
    """Every component's sample data."""
    return {"swatches": samples.SWATCHES, "icons": samples.icons(settings.BASE_DIR), "form": samples.form()}
