"""Whoever has the link of a reminder: what they can do with it, and what the record and its person hear."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Notice, User
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from observability import services as record
from scheduling import errors, services
from scheduling.models import Appointment, Calendar, Reminder
from scheduling.services import outcomes
from scheduling.services.locking import therapist_lock
from scheduling.tests import factories
from scheduling.tests.test_reminders import DAY, HOUR, agreed, now, reminded, run, waiting
from scheduling.types import AppointmentState

pytestmark = pytest.mark.django_db(transaction=True)
# So long a transaction waits here for another that has no reason to be slow.
ARRIVES = 0.7


@pytest.fixture
def desk():
    return factories.desk(time_zone="UTC")


def turns(desk):
    return list(Calendar.objects.unscoped(reason="test").order_by("id").values_list("turn", flat=True))


def test_the_record_tells_a_link_from_its_person(desk, mailoutbox):
    """ASVS 5 V16.2.1: whoever reads the patient's mail is not the patient."""
    _row, address = reminded(desk, mailoutbox)
    record.outbox_drain(people.SYSTEM, at=clock.now())
    Client().post(address, {"answer": "confirm"})
    curious = people.therapist()
    people.browser(curious).post(address, {"answer": "cancel", "sure": "yes"})
    said = people.recorded("scheduling.reminder.answered")
    assert [(each.data["answer"], each.actor_user_id) for each in said] == [
        ("confirm", None),
        ("cancel", curious.id),
    ]
    for name in ("attending", "cancelled"):
        (deed,) = people.recorded(f"scheduling.appointment.{name}")
        assert (deed.actor_user_id, deed.via) == (desk.patient.id, Via.LINK)
    # They hear of it in the app, since it may not have been they.
    record.outbox_drain(people.SYSTEM, at=clock.now())
    told = Notice.objects.unscoped(reason="test").filter(user=desk.patient, code="cancelled")
    assert [each.in_app for each in told] == [True]


def test_who_cancels_in_bloom_is_not_told_of_it_there(desk):
    row = agreed(desk)
    services.appointment_cancel(desk.as_patient, row.id, at=clock.now())
    record.outbox_drain(people.SYSTEM, at=clock.now())
    told = Notice.objects.unscoped(reason="test").filter(user=desk.patient, code="cancelled")
    assert [each.in_app for each in told] == [False]


def test_a_link_dies_with_the_address_that_it_was_sent_to(desk, mailoutbox):
    """ASVS 5 V7.4.1."""
    row, address = reminded(desk, mailoutbox)
    assert Client().get(address).status_code == 200
    User.objects.filter(id=desk.patient.id).update(email="another@example.com")
    assert Client().get(address).status_code == 404
    assert Client().post(address, {"answer": "cancel", "sure": "yes"}).status_code == 404
    assert now(row).state == AppointmentState.CONFIRMED


def test_saying_it_again_takes_no_turn_at_a_therapists_time(desk, mailoutbox):
    _row, address = reminded(desk, mailoutbox)
    Client().post(address, {"answer": "confirm"})
    before = turns(desk)
    for _ in range(3):
        Client().post(address, {"answer": "confirm"})
    assert turns(desk) == before


def test_one_link_answers_so_often(desk, mailoutbox, settings):
    """ASVS 5 V2.4.1."""
    settings.REMINDER_ANSWERS_PER_HOUR = 3
    row, address = reminded(desk, mailoutbox)
    answers = [Client().post(address, {"answer": "confirm"}).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert Client().post(address, {"answer": "cancel", "sure": "yes"}).status_code == 429
    assert now(row).state == AppointmentState.CONFIRMED


def test_an_answer_to_the_old_time_is_none_to_the_new_one(desk, mailoutbox):
    """ASVS 5 V2.3.1: it was open when it was looked at, and moves while the answer waits for the
    therapist's time.
    """
    row = agreed(desk)
    run(row.starts_at - 24 * HOUR)
    reminder = Reminder.objects.unscoped(reason="test").get(sent_at__isnull=False)
    moved = threading.Event()

    def answer():
        assert moved.wait(10)
        try:
            services.reminder_cancel(Actor.anonymous(via=Via.WEB), reminder.id, at=clock.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(answer)
        move_held(row, DAY, moved)
        with pytest.raises(errors.ReminderOver):
            answered.result(20)
    assert now(row).state == AppointmentState.CONFIRMED
    assert now(row).starts_at == row.starts_at + DAY


def test_two_who_note_reminders_at_once_keep_those_of_the_time_that_holds(desk):
    row = agreed(desk)
    moved = threading.Event()

    def follow():
        assert moved.wait(10)
        try:
            services.reminders_follow(people.SYSTEM, row.id, at=clock.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        followed = pool.submit(follow)
        move_held(row, DAY, moved)
        followed.result(20)
    held = Reminder.objects.unscoped(reason="test").filter(appointment=row, due_at__isnull=False)
    assert {each.starts_at for each in held} == {row.starts_at + DAY}
    assert waiting(row) == [120, 1440]


@transactional
def move_held(row, by: timedelta, moved: threading.Event) -> None:
    """Move it, and leave the move unfinished for a moment, in which others come."""
    therapist_lock(row.therapist_id)
    row = Appointment.objects.unscoped(reason="test").get(pk=row.id)
    row.starts_at, row.ends_at = row.starts_at + by, row.ends_at + by
    outcomes.save(row, at=clock.now())
    moved.set()
    threading.Event().wait(ARRIVES)
