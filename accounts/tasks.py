"""What beat asks of accounts."""

import logging
from zoneinfo import ZoneInfo

from celery import shared_task
from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, override

from accounts import care_mail, factors, listing_mail, notices, rules, services
from accounts.models import User
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
    """Often: ask the registry about the therapists who wait for it, and tell those of whom it is decided."""
    for decision in services.listings_verify(Actor.for_system("listings_verify"), at=clock.now()):
        listing_mail.decision_tell(decision)


@shared_task(name="accounts.exports_run")
def exports_run() -> None:
    """Every few seconds: make the copies of their data that people asked for, and tell them."""
    for person_id in services.exports_run(Actor.for_system("exports"), at=clock.now()):
        try:
            _export_tell(User.objects.get(id=person_id))
        except OSError:
            # The page says so, too.
            logger.exception("accounts.export_mail_failed")


def _export_tell(person: User) -> None:
    """In the person's language and time. The link leads to the page, which asks who they are."""
    zone = ZoneInfo(rules.time_zone_or_utc(person.time_zone))
    with override(person.locale):
        until = (clock.now() + settings.EXPORT_LASTS).astimezone(zone)
        factors.notice_send(
            person,
            gettext("The copy of your data is ready"),
            gettext("Fetch it in your settings, under “A copy of your data”, until %(day)s (%(zone)s).")
            % {"day": date_format(until, "l j F, H:i"), "zone": zone.key},
            url=settings.SITE_URL + reverse("data"),
        )


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
    for view in services.proposals_lapse(Actor.for_system("proposals_lapse"), at=clock.now()):
        care_mail.proposal_tell(view, None)
