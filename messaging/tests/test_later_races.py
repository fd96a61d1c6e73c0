"""Messages that go later, and several who have to do with one at once."""

from datetime import timedelta

import pytest

from bloom.kernel.testing import at_once
from messaging import services
from messaging.errors import (
    ScheduledFull,
    ScheduledSent,
    ScheduledUnderWay,
)
from messaging.tests import factories
from messaging.tests.factories import AT, HARMLESS
from messaging.tests.plans import DUE, bodies, plan, row_of, sweep
from messaging.types import SCHEDULED_MOST, ScheduledState

# Races ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_sweeps_at_once_each_message_goes_once():
    talk = factories.talk()
    for number in range(6):
        plan(talk.as_patient, talk, f"Number {number}.", due_at=DUE + timedelta(seconds=number))
    went = at_once(*[lambda: sweep(DUE + timedelta(minutes=1))] * 4)
    assert sum(went) == 6
    assert sorted(bodies(talk)) == [f"Number {number}." for number in range(6)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", range(3))
def test_a_change_at_the_moment_of_the_send_is_in_it_or_refused(_again):
    talk = factories.talk()
    planned = plan(talk.as_patient, talk, "Before.")

    def change():
        try:
            return services.scheduled_change(talk.as_patient, planned.id, body="After.", at=AT).body
        except (ScheduledSent, ScheduledUnderWay):
            return None

    _went, said = at_once(sweep, change)
    # A sweep passes over what somebody holds in that moment.
    sweep()
    assert bodies(talk) == (["After."] if said else ["Before."])


@pytest.mark.django_db(transaction=True)
def test_who_sends_it_now_while_the_sweep_does_makes_one_message():
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)

    def now():
        try:
            return services.scheduled_send(talk.as_patient, planned.id, at=DUE)
        except ScheduledUnderWay:
            return None

    at_once(sweep, now, now)
    assert bodies(talk) == [HARMLESS]
    assert row_of(planned).state == ScheduledState.SENT


@pytest.mark.django_db(transaction=True)
def test_two_that_plan_the_last_one_at_once():
    talk = factories.talk()
    for _ in range(SCHEDULED_MOST - 1):
        plan(talk.as_patient, talk)

    def one_more():
        try:
            plan(talk.as_patient, talk)
        except ScheduledFull:
            return 0
        return 1

    assert sum(at_once(*[one_more] * 4)) == 1
