"""Appointments that come again go to other times, all of them or from one on."""

from datetime import date, timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel.errors import NotAllowed
from scheduling import services
from scheduling.errors import SeriesConflicts
from scheduling.tests import factories
from scheduling.tests.test_series import AT, START, WEEK, ZONE, busy, make, rows, times
from scheduling.types import (
    Choice,
    Frequency,
    Scope,
    SeriesRule,
    Take,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def move(desk, row, starts_at, scope=Scope.FOLLOWING, **more):
    return services.series_move(desk.as_therapist, row.id, starts_at=starts_at, scope=scope, at=AT, **more)


class TestMoving:
    def test_this_and_what_follows_go_to_another_day_and_time(self, desk):
        view = make(desk)
        before = list(rows(series_id=view.id).values_list("id", flat=True))
        third = rows(series_id=view.id)[2]
        wednesday = third.starts_at + timedelta(days=2, hours=1)
        after = move(desk, third, wednesday)
        assert times(view.id) == [START, START + WEEK]
        assert times(after.id) == [wednesday + number * WEEK for number in range(4)]
        # They are the appointments that they were: calendars outside follow.
        assert list(rows().values_list("id", flat=True)) == before
        assert {each.sequence for each in rows(series_id=after.id)} == {1}
        assert after.rule.count == 4

    def test_all_move_and_what_was_moved_by_itself_stays(self, desk):
        view = make(desk)
        second = rows(series_id=view.id)[1]
        apart = second.starts_at + timedelta(days=1, hours=3)
        services.appointment_move(desk.as_therapist, second.id, starts_at=apart, at=AT)
        last = rows(series_id=view.id).last()
        after = move(desk, last, last.starts_at + timedelta(hours=1), Scope.ALL)
        hour = timedelta(hours=1)
        assert times(after.id) == [START + hour, apart, *(START + hour + n * WEEK for n in (2, 3, 4, 5))]

    def test_who_said_that_they_will_be_there_said_it_of_the_time_before(self, desk):
        view = make(desk)
        rows(series_id=view.id).update(attending_at=AT)
        after = move(desk, rows(series_id=view.id)[0], START + timedelta(hours=1))
        assert set(rows(series_id=after.id).values_list("attending_at", flat=True)) == {None}

    def test_its_own_times_stand_against_nothing(self, desk):
        """Half an hour later, each overlaps with where it was."""
        view = make(desk)
        first = rows(series_id=view.id)[0]
        after = move(desk, first, START + timedelta(minutes=30))
        assert len(times(after.id)) == 6

    def test_conflicts_are_said_and_settled_as_chosen(self, desk):
        view = make(desk)
        first = rows(series_id=view.id)[0]
        later = START + timedelta(hours=2)
        busy(desk, later + WEEK)
        with pytest.raises(SeriesConflicts):
            move(desk, first, later)
        assert times(view.id) == [START + number * WEEK for number in range(6)]
        after = move(desk, first, later, choices={date(2026, 11, 16): Choice(take=Take.SKIP)})
        assert times(after.id)[:3] == [later, START + WEEK, later + 2 * WEEK]

    def test_it_goes_on_at_the_new_time(self, desk):
        view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
        first = rows(series_id=view.id)[0]
        after = move(desk, first, START + timedelta(days=1))
        services.series_extend(people.SYSTEM, at=AT + timedelta(days=30))
        found = times(after.id)
        assert {each.astimezone(ZONE).strftime("%a %H:%M") for each in found} == {"Tue 10:00"}
        assert len(found) == len(set(found)) > 27
        assert len(times(view.id)) == 0

    @pytest.mark.parametrize("later", range(7))
    def test_none_is_lost_on_the_way_to_an_earlier_day(self, desk, later):
        """On whichever weekday it was extended last: what lies between the last of the new days and the day
        up to which it was made is made too.
        """
        view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
        at = AT + timedelta(days=14 + later)
        services.series_extend(people.SYSTEM, at=at)
        first = rows(series_id=view.id, starts_at__gt=at + WEEK)[0]
        after = move(desk, first, first.starts_at - timedelta(days=6))
        services.series_extend(people.SYSTEM, at=at + timedelta(days=14))
        found = list(rows(series_id=after.id).values_list("series_on", flat=True))
        assert len(found) > 24
        assert found == [found[0] + number * WEEK for number in range(len(found))]

    def test_for_its_therapist_alone(self, desk):
        view = make(desk)
        first = rows(series_id=view.id)[0]
        with pytest.raises(NotAllowed):
            services.series_move(desk.as_patient, first.id, starts_at=START + WEEK, scope=Scope.ALL, at=AT)
