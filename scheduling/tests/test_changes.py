"""What a change leaves behind: of who books, of moves, and of time that goes on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.tests import factories as people
from scheduling import errors, services
from scheduling.models import Appointment
from scheduling.services import apart, outcomes
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.types import AppointmentState, Wishes

pytestmark = pytest.mark.django_db
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


@pytest.fixture
def desk():
    return factories.desk()


def now(row):
    return Appointment.objects.unscoped(reason="test").get(pk=row.id)


def test_nobody_books_or_awaits_themselves(desk):
    people.listing(desk.therapist)
    both = replace(desk.as_therapist, roles=desk.as_therapist.roles | {"patient"})
    asked = {"therapist_id": desk.therapist.id, "service_id": desk.service.id, "starts_at": START, "at": AT}
    with pytest.raises(errors.ServiceNotForYou):
        services.hold_place(both, **asked)
    with pytest.raises(errors.ServiceNotForYou):
        services.waitlist_join(
            both, wishes=Wishes(time_zone=factories.ZONE), service_id=desk.service.id, at=AT
        )
    assert services.hold_place(people.actor(people.patient()), **asked)


def test_what_a_therapist_moves_to_an_earlier_day_is_free_until_it_begins_there(desk):
    row = factories.appointment(desk, START + WEEK)
    services.appointment_move(desk.as_therapist, row.id, starts_at=START, at=AT)
    assert (now(row).starts_at, now(row).free_cancel_until) == (START, START)


def test_one_that_cannot_be_settled_keeps_no_other_waiting(desk, monkeypatch):
    rows = [factories.appointment(desk, START + number * HOUR) for number in range(3)]
    # Though there are more of those than fit on a page.
    monkeypatch.setattr(apart, "AT_ONCE", 1)
    real = outcomes.complete

    def failing(actor, row, *, at):
        if row.id != rows[2].id:
            raise OSError("the disk is gone")
        real(actor, row, at=at)

    monkeypatch.setattr(outcomes, "complete", failing)
    assert services.appointments_settle(people.SYSTEM, at=START + 5 * HOUR) == 1
    assert now(rows[0]).state == AppointmentState.CONFIRMED
    assert now(rows[2]).state == AppointmentState.COMPLETED
    monkeypatch.undo()
    assert services.appointments_settle(people.SYSTEM, at=START + 5 * HOUR) == 2
