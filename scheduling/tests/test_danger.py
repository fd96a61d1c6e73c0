"""Somebody says, with the time that they book, that they may be in danger."""

from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import registry
from scheduling import services
from scheduling.models import Appointment
from scheduling.tests import factories
from scheduling.tests.factories import START
from scheduling.tests.steps import book

pytestmark = pytest.mark.django_db

CRISIS = "I can't do this any more. I want to kill myself tonight."
HELP, FIRST = "You do not have to carry this alone", "Please read this first"
ALARMED = "scheduling.appointment.alarmed"


@pytest.fixture
def desk():
    return factories.desk()


def page(user, address):
    return people.browser(user).get(address).content.decode()


def test_the_writer_is_shown_help_at_once_and_the_therapist_what_to_read_first(desk):
    view = book(desk, reason=CRISIS)
    address = f"/appointments/{view.id}/"
    own, theirs = page(desk.patient, address), page(desk.therapist, address)
    assert HELP in own
    assert 'href="tel:988"' in own
    assert FIRST not in own
    assert FIRST in theirs
    assert HELP not in theirs
    (event,) = people.recorded(ALARMED)
    assert (event.object_id, event.subject_id) == (view.id, desk.patient.id)
    assert "kill" not in str(vars(event))
    rest = people.browser(desk.therapist).get(f"/api/v1{address}").json()
    assert rest["alarms"] is True


def test_nothing_is_said_of_ordinary_words_or_of_none(desk):
    for number, reason in enumerate(("I sleep badly since the move.", "")):
        view = book(desk, START + number * timedelta(hours=1), reason=reason)
        for user in (desk.patient, desk.therapist):
            shown = page(user, f"/appointments/{view.id}/")
            assert HELP not in shown
            assert FIRST not in shown
    assert people.recorded(ALARMED) == []


def test_what_is_written_later_is_read_in_the_same_way_and_its_mark_stays(desk):
    view = book(desk)
    assert services.appointment_change(desk.as_patient, view.id, reason=CRISIS, at=factories.AT).alarms
    assert len(people.recorded(ALARMED)) == 1
    # A therapist's own note is not a patient's words, and changes nothing about the mark.
    assert services.appointment_change(desk.as_therapist, view.id, note="Called.", at=factories.AT).alarms
    for said in ("Better now.", "Please do not tell my mother, I want to kill myself.", ""):
        shown = services.appointment_change(desk.as_patient, view.id, reason=said, at=factories.AT)
        assert (shown.alarms, shown.alarm_words, shown.reason) == (True, CRISIS, said or None)
    row = Appointment.objects.unscoped(reason="test").get()
    assert b"kill" not in bytes(row.alarm_words)
    for user in (desk.therapist, desk.patient):
        assert "I want to kill myself tonight." in page(user, f"/appointments/{view.id}/")


def test_a_time_is_booked_though_nobody_can_judge_the_words(desk, monkeypatch):
    def fails(text):
        raise RuntimeError("no rules")

    monkeypatch.setattr(registry.alarm, "_items", {"broken": (1, fails)})
    assert not book(desk, reason=CRISIS).alarms


def test_the_desk_of_the_practice_sees_no_mark(desk):
    from accounts import services as accounts_services
    from accounts.types import MembershipRole
    from scheduling import selectors

    view = book(desk, reason=CRISIS)
    clerk = people.person()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, clerk.id, MembershipRole.FRONT_DESK, at=factories.AT
    )
    here = people.actor(clerk, practice_id=desk.practice_id)
    assert not selectors.appointment_get(here, view.id, at=factories.AT).alarms
