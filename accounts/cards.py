"""What accounts puts on the first page."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from accounts import selectors
from accounts.types import ListingState, RoleName
from bloom.kernel.actor import Actor
from bloom.kernel.registry import Card

_TITLES = {
    ListingState.AWAITING: _("We are checking your license"),
    ListingState.REFUSED: _("Your listing needs another look"),
}


def listing(actor: Actor, at: datetime) -> Card | None:
    """What a therapist is waited for, or waits for, until patients can find them."""
    if not actor.has_role(RoleName.THERAPIST):
        return None
    state = selectors.listing_state(actor)
    if state is ListingState.VERIFIED:
        return None
    title = _TITLES.get(state, _("Let patients find you")) if state else _("Let patients find you")
    return Card(key="listing", title=title, template="accounts/cards/listing.html", context={"state": state})
