"""Time goes on, and appointments that come again with it."""

from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.models import Assignment
from accounts.tests import factories as people
from bloom.kernel import registry
from bloom.kernel.errors import NotAllowed, Unavailable
from scheduling import services
from scheduling.models import Series
from scheduling.tests import factories
from scheduling.tests.test_series import AT, WEEK, busy, make, rows, times
from scheduling.tests.test_telling import told
from scheduling.types import Frequency, SeriesRule

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def test_time_goes_on_and_so_does_it_once(desk):
    view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
    assert services.series_extend(people.SYSTEM, at=AT) == 0
    later = AT + timedelta(days=15)
    assert services.series_extend(people.SYSTEM, at=later) == 1
    assert services.series_extend(people.SYSTEM, at=later) == 0
    found = times(view.id)
    assert len(found) == len(set(found)) == 28


def test_what_is_taken_by_then_is_left_out_and_the_therapist_told(desk):
    view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
    last = rows(series_id=view.id).last()
    busy(desk, last.starts_at + WEEK)
    assert services.series_extend(people.SYSTEM, at=AT + timedelta(days=15)) == 0
    assert told(desk.therapist)[-1] == "series_gap"
    assert "series_gap" not in told(desk.patient)
    services.series_extend(people.SYSTEM, at=AT + timedelta(days=23))
    assert times(view.id)[-1] == last.starts_at + 2 * WEEK


def test_one_that_a_gate_refuses_is_left_out_and_the_therapist_told(desk, monkeypatch):
    view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
    last = rows(series_id=view.id).last()

    def gate(actor, meeting, at):
        if meeting.starts_at == last.starts_at + WEEK:
            raise NotAllowed

    monkeypatch.setattr(registry.gate, "_items", {"licence": (1, gate)})
    assert services.series_extend(people.SYSTEM, at=AT + timedelta(days=23)) == 1
    assert times(view.id)[-1] == last.starts_at + 2 * WEEK
    assert told(desk.therapist)[-1] == "series_gap"
    series = Series.objects.unscoped(reason="test").get(pk=view.id)
    assert series.skipped == [(last.series_on + WEEK).isoformat()]
    assert series.next_due_at == AT + timedelta(days=30)


def test_what_cannot_say_now_puts_it_off_and_leaves_nothing_out(desk, monkeypatch):
    view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))

    def gate(actor, meeting, at):
        raise Unavailable

    monkeypatch.setattr(registry.gate, "_items", {"licence": (1, gate)})
    assert services.series_extend(people.SYSTEM, at=AT + timedelta(days=15)) == 0
    monkeypatch.undo()
    assert services.series_extend(people.SYSTEM, at=AT + timedelta(days=16)) == 1
    assert Series.objects.unscoped(reason="test").get(pk=view.id).skipped == []


def test_one_that_breaks_keeps_no_other_waiting(desk):
    broken = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
    other = factories.desk()
    view = make(other, rule=SeriesRule(frequency=Frequency.WEEKLY))
    kept = Series.objects.unscoped(reason="test").filter(pk=broken.id)
    kept.update(time_zone="Nowhere/At_All", next_due_at=AT)
    at = AT + timedelta(days=15)
    assert services.series_extend(people.SYSTEM, at=at) == 1
    assert len(times(view.id)) == 28
    assert kept.get().next_due_at == at + timedelta(hours=1)


def test_a_change_of_one_by_itself_is_not_copied(desk):
    view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
    last = rows(series_id=view.id).last()
    # For once they meet at the practice.
    rows(pk=last.pk).update(mode="in_person")
    services.series_extend(people.SYSTEM, at=AT + timedelta(days=15))
    new = rows(series_id=view.id).last()
    assert (new.starts_at, new.mode) == (last.starts_at + WEEK, "telehealth")
    # Where most have changed, it goes on so.
    rows(series_id=view.id).update(mode="in_person")
    services.series_extend(people.SYSTEM, at=AT + timedelta(days=23))
    assert rows(series_id=view.id).last().mode == "in_person"


def test_it_ends_where_care_has_ended(desk):
    view = make(desk, rule=SeriesRule(frequency=Frequency.WEEKLY))
    care = Assignment.objects.unscoped(reason="test").get(patient=desk.patient)
    accounts_services.assignment_end(desk.as_patient, care.id, "no_reason", at=AT)
    assert services.series_extend(people.SYSTEM, at=AT + timedelta(days=30)) == 0
    assert Series.objects.unscoped(reason="test").get(pk=view.id).next_due_at is None


def test_one_of_so_many_ends_by_itself(desk):
    make(desk)
    assert Series.objects.unscoped(reason="test").get().next_due_at is None


def test_only_the_system_asks(desk):
    with pytest.raises(NotAllowed):
        services.series_extend(desk.as_therapist, at=AT)
