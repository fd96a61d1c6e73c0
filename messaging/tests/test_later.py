"""Messages that go later: each once, changed until then, its author's alone."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection

from accounts.tests import factories as people
from bloom.kernel import clock, vault
from bloom.kernel.errors import IdempotencyConflict, Invalid, NotAllowed, NotFound
from messaging import selectors, services
from messaging.errors import (
    ScheduledFull,
    ScheduledSent,
)
from messaging.models import ScheduledMessage
from messaging.services import due as due_service
from messaging.tests import factories
from messaging.tests.factories import AT, CRISIS, HARMLESS
from messaging.tests.plans import DUE, bodies, browser, happened, plan, row_of, sweep
from messaging.types import SCHEDULED_MOST, ScheduledState, StopReason

pytestmark = pytest.mark.django_db


# To its time and beyond -------------------------------------------------------------------------------------


def test_nobody_sees_it_before_its_time_and_then_it_is_a_message_like_any():
    talk = factories.talk()
    planned = plan(talk.as_therapist, talk, "Breathe.")
    assert sweep(DUE - timedelta(seconds=1)) == 0
    assert bodies(talk) == []
    assert sweep() == 1
    (message,) = selectors.message_list(talk.as_patient, talk.id).items
    assert (message.body, message.client_id, message.sent_at) == ("Breathe.", planned.client_id, DUE)
    assert message.sender.id == talk.therapist.id
    (audited,) = factories.audit_rows(talk.id)
    assert (audited.actor_user_id, audited.via) == (talk.therapist.id, "job")
    after = selectors.scheduled_get(talk.as_therapist, planned.id)
    assert (after.state, after.body, after.message_id) == (ScheduledState.SENT, None, message.id)
    assert row_of(planned).body is None
    assert sweep(DUE + timedelta(hours=1)) == 0
    assert happened(planned) == ["planned", "sent"]


def test_a_patients_goes_whichever_practice_they_work_for():
    talk = factories.talk()
    plan(talk.as_patient, talk)
    assert sweep() == 1


def test_a_repeat_is_the_same_plan_and_other_content_a_conflict():
    talk, client_id = factories.talk(), uuid.uuid4()
    first = services.scheduled_plan(talk.as_patient, talk.id, client_id, HARMLESS, DUE, at=AT)
    again = services.scheduled_plan(talk.as_patient, talk.id, client_id, HARMLESS, DUE, at=DUE)
    assert (first.created, again.created, again.scheduled) == (True, False, first.scheduled)
    with pytest.raises(IdempotencyConflict):
        plan(talk.as_patient, talk, "Another.", client_id=client_id)
    with pytest.raises(IdempotencyConflict):
        plan(talk.as_patient, talk, client_id=client_id, due_at=DUE + timedelta(hours=1))
    # The other person's id is their own.
    assert plan(talk.as_therapist, talk, client_id=client_id).id != first.scheduled.id


def test_it_is_changed_moved_and_taken_back_until_it_goes():
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)
    changed = services.scheduled_change(talk.as_patient, planned.id, body="Another.", at=AT)
    assert (changed.body, changed.due_at) == ("Another.", DUE)
    moved = services.scheduled_change(talk.as_patient, planned.id, due_at=DUE + timedelta(days=1), at=AT)
    assert moved.body == "Another."
    assert services.scheduled_change(talk.as_patient, planned.id, body="Another.", at=AT) == moved
    assert sweep() == 0
    assert services.scheduled_cancel(talk.as_patient, planned.id, at=AT) == "Another."
    assert sweep(DUE + timedelta(days=2)) == 0
    assert happened(planned) == ["planned", "changed", "changed", "cancelled"]
    with pytest.raises(NotFound):
        services.scheduled_cancel(talk.as_patient, planned.id, at=AT)


def test_sent_now_it_goes_once_however_often_one_says_so():
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)
    first = services.scheduled_send(talk.as_patient, planned.id, at=AT)
    assert services.scheduled_send(talk.as_patient, planned.id, at=AT) == first
    assert sweep() == 0
    assert bodies(talk) == [HARMLESS]
    for late in (
        lambda: services.scheduled_change(talk.as_patient, planned.id, body="x", at=AT),
        lambda: services.scheduled_cancel(talk.as_patient, planned.id, at=AT),
    ):
        with pytest.raises(ScheduledSent) as refused:
            late()
        assert refused.value.fields["message"] == str(first.id)


@pytest.mark.parametrize("due_at", [AT, AT + timedelta(seconds=59), AT + timedelta(days=367)])
def test_when_it_cannot_go(due_at):
    talk = factories.talk()
    with pytest.raises(Invalid) as refused:
        plan(talk.as_patient, talk, due_at=due_at)
    assert "send_at" in refused.value.errors


def test_so_many_and_no_more():
    talk, other = factories.talk(), factories.talk()
    for _ in range(SCHEDULED_MOST):
        plan(talk.as_patient, talk)
    with pytest.raises(ScheduledFull) as refused:
        plan(talk.as_patient, talk)
    assert refused.value.fields["most"] == SCHEDULED_MOST
    plan(other.as_patient, other)
    one, *_ = selectors.scheduled_list(talk.as_patient, talk.id)
    services.scheduled_cancel(talk.as_patient, one.id, at=AT)
    plan(talk.as_patient, talk)


def test_what_went_long_ago_is_forgotten_and_the_message_stays():
    talk = factories.talk()
    planned = plan(talk.as_patient, talk)
    sweep()
    assert services.scheduled_forget(people.SYSTEM, at=DUE + due_service.KEPT) == 0
    assert services.scheduled_forget(people.SYSTEM, at=DUE + due_service.KEPT + timedelta(days=1)) == 1
    with pytest.raises(NotFound):
        selectors.scheduled_get(talk.as_patient, planned.id)
    assert bodies(talk) == [HARMLESS]


# Danger, and whose it is ------------------------------------------------------------------------------------


def test_words_of_danger_are_not_left_to_wait_in_silence():
    talk = factories.talk()
    planned = plan(talk.as_patient, talk, CRISIS, due_at=clock.now() + timedelta(days=1), at=clock.now())
    assert planned.alarms
    page = browser(talk.patient).get(f"/messages/{talk.id}/").content.decode()
    assert "Please do not wait: send it now" in page
    message = services.scheduled_send(talk.as_patient, planned.id, at=clock.now())
    assert message.outcome == "crisis"
    assert selectors.crisis_alert_list(talk.as_therapist)


def test_it_is_its_authors_alone_and_sealed():
    talk, stranger = factories.talk(), factories.talk()
    planned = plan(talk.as_therapist, talk, "zyxmark")
    for actor in (talk.as_patient, stranger.as_therapist, people.actor(people.admin())):
        with pytest.raises(NotFound):
            selectors.scheduled_get(actor, planned.id)
        for deed in (services.scheduled_cancel, services.scheduled_send, services.scheduled_change):
            with pytest.raises(NotFound):
                deed(actor, planned.id, at=AT)
    assert selectors.scheduled_list(talk.as_patient, talk.id) == []
    with pytest.raises(NotFound):
        selectors.scheduled_list(stranger.as_patient, talk.id)
    with pytest.raises(NotFound):
        plan(stranger.as_patient, talk)
    with connection.cursor() as cursor:
        for table in ("messaging_scheduledmessage", "observability_event", "accounts_notice"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE '%zyxmark%'")
            assert cursor.fetchone()[0] == 0
    # In another row it does not open.
    other = plan(stranger.as_therapist, stranger)
    rows = ScheduledMessage.objects.unscoped(reason="test")
    rows.filter(pk=other.id).update(body=row_of(planned).body)
    assert selectors.scheduled_get(stranger.as_therapist, other.id).body is None
    # What cannot be read is no message: it stays.
    assert sweep() == 1
    assert row_of(other).reason == StopReason.FAILED
    assert bodies(stranger) == []


def test_acting_for_another_practice_one_does_not_see_it():
    talk = factories.talk()
    planned = plan(talk.as_therapist, talk)
    elsewhere = people.practice(talk.therapist)
    with pytest.raises(NotFound):
        selectors.scheduled_get(talk.as_therapist.acting_for(elsewhere), planned.id)
    # It goes from the practice in which it was written all the same.
    assert sweep() == 1


def test_only_the_system_sweeps():
    talk = factories.talk()
    with pytest.raises(NotAllowed):
        services.scheduled_send_due(talk.as_therapist, at=DUE)
    with pytest.raises(NotAllowed):
        services.scheduled_forget(talk.as_therapist, at=DUE)


def test_with_the_key_destroyed_nothing_goes():
    talk = factories.talk()
    plan(talk.as_therapist, talk)
    vault.key_destroy(people.SYSTEM, talk.patient.id, at=AT)
    assert sweep() == 0
    assert bodies(talk) == []


def test_the_copy_of_ones_data_holds_it():
    talk = factories.talk()
    plan(talk.as_patient, talk)
    (part,) = [each for each in selectors.export_parts(talk.as_patient) if each.name == "planned_messages"]
    assert list(part.rows()) == [{"to_be_sent": DUE, "text": HARMLESS, "files": [], "held_back": False}]
    (part,) = [each for each in selectors.export_parts(talk.as_therapist) if each.name == "planned_messages"]
    assert list(part.rows()) == []
