"""What reading times and appointments costs, and what it shows to whom."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests import factories as people
from accounts.types import DirectoryAsk, TermKind
from bloom.kernel.errors import Invalid, NotFound
from scheduling import selectors
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.tests.steps import DAY, HOUR, hold, slots, times
from scheduling.types import (
    Mode,
    SlotFault,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def test_slots_of_a_range_cost_the_same_for_an_empty_and_a_full_calendar(desk):
    with CaptureQueriesContext(
        connection,
    ) as empty:
        before = slots(desk, days=7)
    for number in range(5):
        factories.appointment(desk, START + number * DAY, patient=people.patient())
    with CaptureQueriesContext(connection) as full:
        after = slots(desk, days=7)
    assert len(before) > len(after) > 0
    assert len(full) == len(empty) <= 7


def test_what_is_long_over_is_not_read(desk):
    """What times cost grows with the range that is asked for, and not with how long somebody has worked."""
    for number in range(4):
        factories.appointment(desk, START - (7 + number) * DAY, state="completed")
    own = factories.appointment(desk, START + DAY)
    week = selectors.taken_load([desk.therapist.id], START, START + 7 * DAY, at=AT)
    assert [each.starts_at for each in week[desk.therapist.id]] == [own.starts_at]


def test_the_first_free_time_over_all_who_fit_costs_the_same_for_one_and_for_many():
    ask = DirectoryAsk(terms={TermKind.SPECIALTY: ("sleep",)})
    actor = people.actor(people.patient())

    def listed(starts):
        desk = factories.desk()
        people.listing(desk.therapist, specialties=("sleep",))
        factories.appointment(desk, starts, patient=people.patient())
        return desk

    first = listed(START)
    factories.desk()
    with CaptureQueriesContext(connection) as one:
        found = selectors.slot_first_free(actor, ask, at=START - HOUR)
    assert [each.therapist.id for each in found] == [first.therapist.id]
    assert found[0].slot.starts_at == START - HOUR
    others = [listed(START - HOUR) for _ in range(4)]
    with CaptureQueriesContext(connection) as many:
        found = selectors.slot_first_free(actor, ask, at=START - HOUR)
    assert len(many) == len(one)
    assert found[0].therapist.id == first.therapist.id
    assert {each.therapist.id for each in found[1:]} == {each.therapist.id for each in others}
    assert selectors.slot_first_free(actor, ask, at=START - HOUR, mode=Mode.IN_PERSON)[0].slot.modes


def test_a_list_of_appointments_costs_the_same_for_one_and_for_many_and_goes_on(desk):
    factories.appointment(desk)
    with CaptureQueriesContext(connection) as one:
        selectors.appointment_list(desk.as_therapist, at=AT)
    for number in range(1, 5):
        factories.appointment(desk, START + number * HOUR, patient=people.patient())
    with CaptureQueriesContext(connection) as many:
        page = selectors.appointment_list(desk.as_therapist, at=AT)
    assert len(many) == len(one)
    assert times(page.items) == [START + number * HOUR for number in range(5)]
    first = selectors.appointment_list(desk.as_therapist, at=AT, limit=2)
    second = selectors.appointment_list(desk.as_therapist, at=AT, limit=10, cursor=first.next)
    assert [*first.items, *second.items] == list(page.items)
    with pytest.raises(Invalid):
        selectors.appointment_list(desk.as_therapist, at=AT, cursor="1-zz")


def test_of_a_therapist_whom_one_does_not_find_there_is_no_time(desk):
    stranger = people.actor(people.patient())
    hidden = people.practice(desk.therapist)
    there = factories.calendar(desk.therapist, practice_id=hidden)
    service = factories.service(there)
    factories.block(there, 0)
    assert slots(desk, stranger, service_id=service.id) == []
    with pytest.raises(NotFound):
        hold(desk, actor=stranger, service=service)


def test_why_not_has_words_for_each_reason():
    from scheduling.services import words

    for fault in SlotFault:
        assert str(words.slot_refusal(fault).detail)
