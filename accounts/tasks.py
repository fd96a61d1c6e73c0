"""What beat asks of accounts."""

import logging

from celery import shared_task

from accounts import listing_mail, services
from bloom.kernel import clock
from bloom.kernel.actor import Actor

logger = logging.getLogger(__name__)


@shared_task(name="accounts.sessions_clear")
def sessions_clear() -> None:
    """Once in a while: forget the sessions whose time is over."""
    services.sessions_clear(Actor.for_system("sessions_clear"), at=clock.now())


@shared_task(name="accounts.factors_compare")
def factors_compare() -> None:
    """Once an hour: factors that the record does not explain."""
    found = services.factors_compare(Actor.for_system("factors_compare"), at=clock.now())
    if found:
        logger.error("accounts.factors_unexplained", extra={"count": found})


@shared_task(name="accounts.listings_verify")
def listings_verify() -> None:
    """Often: ask the registry about the therapists who wait for it, and tell those of whom it is decided."""
    for decision in services.listings_verify(Actor.for_system("listings_verify"), at=clock.now()):
        listing_mail.decision_tell(decision)
