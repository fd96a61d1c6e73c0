"""What beat asks of accounts."""

import logging

from celery import shared_task
from django.utils.translation import gettext, override

from accounts import letters, notices, services
from bloom.kernel import clock
from bloom.kernel.actor import Actor

logger = logging.getLogger(__name__)


@shared_task(name="accounts.sessions_clear")
def sessions_clear() -> None:
    """Once in a while: forget the sessions whose time is over."""
    services.sessions_clear(Actor.for_system("sessions_clear"), at=clock.now())


@shared_task(name="accounts.sign_ups_drop")
def sign_ups_drop() -> None:
    """Once an hour: forget the sign-ups that nobody confirmed in time."""
    services.sign_ups_drop(Actor.for_system("sign_ups_drop"), at=clock.now())


@shared_task(name="accounts.factors_compare")
def factors_compare() -> None:
    """Once an hour: factors that the record does not explain."""
    found = services.factors_compare(Actor.for_system("factors_compare"), at=clock.now())
    if found:
        logger.error("accounts.factors_unexplained", extra={"count": found})


@shared_task(name="accounts.listings_verify")
def listings_verify() -> None:
    """Often: ask the registry about the therapists who wait for it."""
    services.listings_verify(Actor.for_system("listings_verify"), at=clock.now())


@shared_task(name="accounts.exports_run")
def exports_run() -> None:
    """Every few seconds: make the copies of their data that people asked for."""
    services.exports_run(Actor.for_system("exports"), at=clock.now())


@shared_task(name="accounts.letters_send")
def letters_send() -> None:
    """Every few seconds: the mails of notices that did not leave with what caused them."""
    letters.letters_send(at=clock.now())


@shared_task(name="accounts.notices_forget")
def notices_forget() -> None:
    """Once an hour: notices whose time is over."""
    services.notices_forget(Actor.for_system("notices_forget"), at=clock.now())


@shared_task(name="accounts.accounts_close")
def accounts_close() -> None:
    """Once an hour: close for good the accounts whose days are over, and tell their people this last time."""
    for email, locale in services.accounts_close_due(Actor.for_system("accounts_close"), at=clock.now()):
        try:
            with override(locale):
                notices.mail_send(
                    "notice",
                    email,
                    {
                        "title": gettext("Your account is closed"),
                        "text": gettext(
                            "Its days to come back are over. What others must keep stays with them, sealed."
                        ),
                    },
                )
        except OSError:
            # The others are told all the same.
            logger.exception("accounts.closed_mail_failed")


@shared_task(name="accounts.proposals_lapse")
def proposals_lapse() -> None:
    """Now and then: what nobody answered in time is over, and those who waited are told."""
    services.proposals_lapse(Actor.for_system("proposals_lapse"), at=clock.now())
