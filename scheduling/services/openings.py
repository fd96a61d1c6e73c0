"""When each therapist of the directory can be seen next, told to whoever shows the directory."""

from datetime import datetime

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from bloom.kernel.actor import Actor
from scheduling import selectors


def openings_tell(actor: Actor, *, at: datetime) -> int:
    """Write down the first time at which somebody new can book each therapist, for the job; how many changed.
    It is of now: whoever opens the page sees times that are computed then.
    """
    told = accounts_selectors.openings_told(actor)
    firsts = selectors.slot_firsts(actor, told, at=at)
    count = 0
    for therapist_id, before in told.items():
        first = firsts.get(therapist_id)
        if first != before:
            accounts_services.listing_opening_set(actor, therapist_id, first, at=at)
            count += 1
    return count
