"""Verdicts of the rules and the live service, for tests."""

from datetime import timedelta

from bloom.kernel.actor import Actor
from messaging import audit, services
from messaging.models import Recheck
from messaging.moderation.categories import LIVE_CATEGORIES
from messaging.tests import factories
from messaging.tests.factories import AT

SWEEP = Actor.for_system("remoderation")
LATER = AT + timedelta(minutes=5)
MEAN = "You are nothing but dust under my shoes."
CLEAR = dict.fromkeys(LIVE_CATEGORIES, 0.0)


def rechecks():
    return Recheck.objects.unscoped(reason="test")


def verdict_of(talk):
    """Outcome and source of the newest row of the record."""
    row = factories.audit_rows(talk.id)[-1]
    return (row.action, row.outcome, row.source)


def sweep(at=LATER):
    return services.messages_remoderate(SWEEP, at=at)


def whole():
    return list(audit.messages_witness())
