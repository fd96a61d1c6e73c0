"""Messages that could not go: kept with a reason, or tried again, and never twice."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.apps import apps
from django.core import mail

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import Invalid
from messaging import present, selectors, services
from messaging.errors import (
    ConversationReadOnly,
    MessageBlocked,
    ScheduledSent,
    ScheduledUnderWay,
)
from messaging.services import due as due_service
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, HARMLESS
from messaging.tests.plans import DUE, bodies, happened, plan, row_of, sweep, told
from messaging.types import ScheduledState, StopReason

pytestmark = pytest.mark.django_db


# What cannot go ---------------------------------------------------------------------------------------------


def test_what_the_moderator_blocks_stays_with_its_author_who_is_told_without_its_words():
    talk = factories.talk()
    planned = plan(talk.as_patient, talk, BLOCKED)
    assert sweep() == 0
    assert bodies(talk) == []
    (kept,) = selectors.scheduled_list(talk.as_patient, talk.id)
    assert (kept.state, kept.reason, kept.body) == (ScheduledState.STOPPED, StopReason.BLOCKED, BLOCKED)
    assert kept.categories
    assert (told(talk.patient), told(talk.therapist)) == (["blocked"], [])
    people.letters_send(at=DUE)
    (letter,) = [each for each in mail.outbox if each.to == [talk.patient.email]]
    assert "card" not in (letter.subject + letter.body).lower()
    assert "held back" not in letter.subject + letter.body
    assert happened(planned) == ["planned", "stopped"]
    # It waits for its author, not for the next sweep.
    assert sweep(DUE + timedelta(days=1)) == 0
    with pytest.raises(Invalid):
        services.scheduled_change(talk.as_patient, planned.id, body="My card is lost.", at=DUE)
    again = DUE + timedelta(hours=2)
    services.scheduled_change(talk.as_patient, planned.id, body="My card is lost.", due_at=again, at=DUE)
    assert sweep(again) == 1
    assert bodies(talk) == ["My card is lost."]


def test_what_is_blocked_when_one_sends_it_now_says_so_and_stays():
    talk = factories.talk()
    planned = plan(talk.as_patient, talk, BLOCKED)
    with pytest.raises(MessageBlocked):
        services.scheduled_send(talk.as_patient, planned.id, at=AT)
    assert selectors.scheduled_get(talk.as_patient, planned.id).reason is StopReason.BLOCKED
    assert told(talk.patient) == []


def test_it_does_not_go_into_a_conversation_that_has_ended():
    talk = factories.talk()
    planned = plan(talk.as_therapist, talk)
    accounts_services.assignment_end(talk.as_therapist, talk.assignment_id, "moved", at=AT)
    factories.follow(talk)
    assert sweep() == 0
    kept = selectors.scheduled_get(talk.as_therapist, planned.id)
    assert (kept.reason, kept.body, told(talk.therapist)) == (StopReason.ENDED, HARMLESS, ["stopped"])
    with pytest.raises(ConversationReadOnly):
        plan(talk.as_therapist, talk)
    with pytest.raises(ConversationReadOnly):
        services.scheduled_change(talk.as_therapist, planned.id, due_at=DUE + timedelta(days=1), at=DUE)


def test_it_does_not_go_from_a_closed_account():
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)
    talk.patient.closing_at = DUE
    talk.patient.save(update_fields=["closing_at"])
    assert sweep() == 0
    assert row_of(planned).reason == StopReason.CLOSED
    assert bodies(talk) == []


def test_it_does_not_go_from_somebody_who_works_there_no_more():
    talk = factories.talk()
    planned = plan(talk.as_therapist, talk)
    membership = apps.get_model("accounts", "Membership").objects.unscoped(reason="test")
    membership.filter(user_id=talk.therapist.id, practice_id=talk.practice_id).update(ended_at=DUE)
    assert sweep() == 0
    row = row_of(planned)
    assert (row.reason, present.scheduled_open(row)) == (StopReason.LEFT, HARMLESS)


def test_what_fails_is_tried_again_and_keeps_no_other_from_going(monkeypatch):
    talk = factories.talk()
    bad = plan(talk.as_patient, talk, "Bad.")
    plan(talk.as_patient, talk, "Good.", due_at=DUE + timedelta(minutes=1))
    real = due_service.message_send

    def failing(actor, conversation_id, client_id, body, **more):
        if body == "Bad.":
            raise OSError("the disk is gone")
        return real(actor, conversation_id, client_id, body, **more)

    monkeypatch.setattr(due_service, "message_send", failing)
    at = DUE + timedelta(minutes=1)
    assert sweep(at) == 1
    assert row_of(bad).state == ScheduledState.WAITING
    for _ in range(due_service.TRIES):
        at += timedelta(hours=1)
        sweep(at)
    assert row_of(bad).reason == StopReason.FAILED
    assert bodies(talk) == ["Good."]
    assert told(talk.patient) == ["stopped"]


def test_who_died_while_sending_leaves_it_to_the_next_and_it_goes_once(monkeypatch):
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)
    # It was stored, and the process died before it said so.
    monkeypatch.setattr(due_service, "_went", lambda *args, **more: None)
    sweep()
    monkeypatch.undo()
    for change in (
        lambda: services.scheduled_change(talk.as_patient, planned.id, body="Too late.", at=DUE),
        lambda: services.scheduled_cancel(talk.as_patient, planned.id, at=DUE),
        lambda: services.scheduled_send(talk.as_patient, planned.id, at=DUE),
    ):
        with pytest.raises(ScheduledUnderWay):
            change()
    assert sweep(DUE + due_service.LEASE) == 1
    assert bodies(talk) == [HARMLESS]
    assert row_of(planned).state == ScheduledState.SENT


@pytest.mark.parametrize("deed", ["send", "change", "cancel"])
def test_what_was_held_back_and_died_on_its_way_comes_back_to_its_author(monkeypatch, deed):
    talk = factories.talk()
    planned = plan(talk.as_patient, talk, BLOCKED)
    assert sweep() == 0
    # "Send now", and the process dies before it has sent anything.
    monkeypatch.setattr(due_service, "message_send", _died)
    monkeypatch.setattr(due_service, "_put_back", lambda *args, **more: None)
    with pytest.raises(SystemExit):
        services.scheduled_send(talk.as_patient, planned.id, at=DUE)
    monkeypatch.undo()
    with pytest.raises(ScheduledUnderWay):
        services.scheduled_cancel(talk.as_patient, planned.id, at=DUE)
    after = DUE + due_service.LEASE
    match deed:
        case "send":
            with pytest.raises(MessageBlocked):
                services.scheduled_send(talk.as_patient, planned.id, at=after)
            assert not row_of(planned).is_sending
        case "change":
            again = after + timedelta(hours=1)
            services.scheduled_change(talk.as_patient, planned.id, body=HARMLESS, due_at=again, at=after)
            services.scheduled_change(talk.as_patient, planned.id, body="Another.", at=after)
            assert sweep(again) == 1
            assert bodies(talk) == ["Another."]
        case "cancel":
            assert services.scheduled_cancel(talk.as_patient, planned.id, at=after) == BLOCKED


def _died(*args, **more):
    raise SystemExit


def test_what_went_before_its_sender_died_is_neither_changed_nor_taken_back(monkeypatch):
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)
    monkeypatch.setattr(due_service, "_went", lambda *args, **more: None)
    message = services.scheduled_send(talk.as_patient, planned.id, at=AT)
    monkeypatch.undo()
    after = AT + due_service.LEASE
    for late in (
        lambda: services.scheduled_change(talk.as_patient, planned.id, body="Too late.", at=after),
        lambda: services.scheduled_cancel(talk.as_patient, planned.id, at=after),
    ):
        with pytest.raises(ScheduledSent) as refused:
            late()
        assert refused.value.message_id == message.id
    assert services.scheduled_send(talk.as_patient, planned.id, at=after).id == message.id
    assert (row_of(planned).state, bodies(talk)) == (ScheduledState.SENT, [HARMLESS])


def test_what_went_has_gone_though_its_author_left_before_anybody_said_so(monkeypatch):
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)
    monkeypatch.setattr(due_service, "_went", lambda *args, **more: None)
    sweep()
    monkeypatch.undo()
    talk.patient.closing_at = DUE
    talk.patient.save(update_fields=["closing_at"])
    sweep(DUE + due_service.LEASE)
    assert row_of(planned).state == ScheduledState.SENT
    assert (bodies(talk), told(talk.patient), happened(planned)) == ([HARMLESS], [], ["planned", "sent"])


def test_what_went_before_its_try_failed_is_neither_changed_nor_taken_back(monkeypatch):
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)
    real = due_service.message_send

    def failing(*args, **more):
        real(*args, **more)
        raise OSError("the answer was lost")

    monkeypatch.setattr(due_service, "message_send", failing)
    assert sweep() == 0
    monkeypatch.undo()
    assert not row_of(planned).is_sending
    for late in (
        lambda: services.scheduled_change(talk.as_patient, planned.id, body="Too late.", at=DUE),
        lambda: services.scheduled_cancel(talk.as_patient, planned.id, at=DUE),
    ):
        with pytest.raises(ScheduledSent):
            late()
    assert sweep(DUE + timedelta(hours=1)) == 1
    assert bodies(talk) == [HARMLESS]


def test_a_sweep_takes_each_with_a_time_of_its_own_and_ends(monkeypatch):
    talk = factories.talk()
    for number in range(3):
        plan(talk.as_patient, talk, f"Number {number}.")
    seconds = iter([0, 40, 55])
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    real, leases = due_service._send_due, []

    def sending(actor, taken, *, at):
        leases.append(taken.lease)
        return real(actor, taken, at=at)

    monkeypatch.setattr(due_service, "_send_due", sending)
    assert sweep() == 2
    times = [DUE, DUE + timedelta(seconds=40)]
    assert leases == [each + due_service.LEASE for each in times]
    assert [each.sent_at for each in selectors.message_list(talk.as_patient, talk.id).items] == times


def test_a_sweep_whose_time_is_over_ends_and_its_message_goes_with_the_next(monkeypatch):
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)

    def over(*args, **more):
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(due_service, "message_send", over)
    with pytest.raises(SoftTimeLimitExceeded):
        sweep()
    monkeypatch.undo()
    assert row_of(planned).state == ScheduledState.WAITING
    assert sweep(DUE + due_service.LEASE) == 1
