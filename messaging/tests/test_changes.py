"""Editing, deleting, and what is kept of what was said."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel.errors import Invalid, NotFound, RateLimited
from messaging import audit, selectors, services
from messaging.errors import (
    AlertRaisedAgain,
    ConversationReadOnly,
    EditTooLate,
    EditTooOften,
    HistoryClosed,
    MessageBlocked,
    MessageDeleted,
    NotTheAuthor,
)
from messaging.models import CrisisAlert, MessageVersion
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, BLURRED, CRISIS, HARMLESS, Event

pytestmark = pytest.mark.django_db

SOON = AT + timedelta(minutes=2)
OTHER = "I slept badly after all."


@pytest.fixture
def talk():
    return factories.talk()


def edit(actor, message, body=OTHER, at=SOON):
    return services.message_edit(actor, message.id, body, at=at)


def delete(actor, message, at=SOON):
    return services.message_delete(actor, message.id, at=at)


def history(actor, message):
    return services.message_history_open(actor, message.id, at=SOON)


def actions(talk):
    return [row.action for row in factories.audit_rows(talk.id)]


def whole() -> bool:
    return not list(audit.messages_witness())


# Editing ----------------------------------------------------------------------------------------------------


def test_an_edit_takes_the_next_change_and_keeps_what_stood_there(talk):
    first = factories.send(talk.as_patient, talk.id)
    factories.send(talk.as_therapist, talk.id)
    edited = edit(talk.as_patient, first, f"  {OTHER} ")
    assert (edited.seq, edited.change, edited.body, edited.edited_at) == (1, 3, OTHER, SOON)
    assert selectors.message_get(talk.as_therapist, first.id).body == OTHER
    assert factories.conversation_row(talk.id).last_change == 3
    assert factories.conversation_row(talk.id).last_seq == 2
    (version,) = MessageVersion.objects.unscoped(reason="test")
    assert HARMLESS.encode() not in bytes(version.body)
    record = factories.audit_rows(talk.id)[-1]
    assert (record.action, record.outcome, record.message_id) == ("edited", "allow", first.id)
    event = Event.objects.unscoped(reason="test").get(name="messaging.message.edited")
    assert (event.object_id, event.actor_user_id) == (first.id, talk.patient.id)
    assert whole()


def test_the_same_text_again_changes_nothing(talk):
    message = factories.send(talk.as_patient, talk.id)
    assert edit(talk.as_patient, message, f"{HARMLESS} ").change == 1
    again = [edit(talk.as_patient, message), edit(talk.as_patient, message)]
    assert [each.change for each in again] == [2, 2]
    assert actions(talk) == ["sent", "replaced", "edited"]


def test_a_repeat_of_the_original_send_gives_the_edited_message(talk):
    client_id = uuid.uuid4()
    message = factories.send(talk.as_patient, talk.id, client_id=client_id)
    edit(talk.as_patient, message)
    again = services.message_send(talk.as_patient, talk.id, client_id, HARMLESS, at=SOON)
    assert (again.created, again.message.id, again.message.body) == (False, message.id, OTHER)


@pytest.mark.parametrize("body", ["", "  ", "\u200b", "x" * 4001, "a\0b", "\ud800"], ids=ascii)
def test_what_is_no_text_is_no_edit(talk, body):
    message = factories.send(talk.as_patient, talk.id)
    with pytest.raises(Invalid):
        edit(talk.as_patient, message, body)
    assert selectors.message_get(talk.as_patient, message.id).body == HARMLESS


def test_the_window_ends(talk):
    message = factories.send(talk.as_patient, talk.id)
    last = AT + settings.MESSAGE_EDIT_WINDOW - timedelta(seconds=1)
    assert edit(talk.as_patient, message, at=last).body == OTHER
    with pytest.raises(EditTooLate):
        edit(talk.as_patient, message, "later", at=last + timedelta(seconds=1))
    # Taking words back has no end.
    assert delete(talk.as_patient, message, at=AT + timedelta(days=30)).deleted_at


def test_nobody_else_edits_or_deletes(talk):
    message = factories.send(talk.as_patient, talk.id)
    for change in (edit, delete):
        with pytest.raises(NotTheAuthor):
            change(talk.as_therapist, message)
        with pytest.raises(NotFound):
            change(people.actor(people.therapist()), message)
    assert actions(talk) == ["sent"]


def test_a_conversation_that_has_ended_stays_as_it_is(talk):
    message = factories.send(talk.as_patient, talk.id)
    accounts_services.assignment_end(talk.as_therapist, talk.assignment_id, "moved", at=AT)
    factories.follow(talk)
    for change in (edit, delete):
        with pytest.raises(ConversationReadOnly):
            change(talk.as_patient, message)
    with pytest.raises(ConversationReadOnly):
        edit(talk.as_patient, message, BLOCKED)
    assert actions(talk) == ["sent"]


def test_there_is_an_end_to_editing(talk, monkeypatch):
    monkeypatch.setattr("messaging.rules.EDITS_LIMIT", 2)
    message = factories.send(talk.as_patient, talk.id)
    for text in ("one", "two"):
        edit(talk.as_patient, message, text)
    with pytest.raises(EditTooOften):
        edit(talk.as_patient, message, "three")


def test_changes_in_a_hurry_are_refused_with_the_time_to_wait(talk, settings):
    settings.MESSAGE_CHANGES_PER_MINUTE, settings.RATE_FACTOR = 2, 1
    message = factories.send(talk.as_patient, talk.id)
    edit(talk.as_patient, message, "one")
    edit(talk.as_patient, message, "two")
    with pytest.raises(RateLimited):
        delete(talk.as_patient, message)


def test_an_edit_and_a_deletion_survive_a_serialization_failure(talk, retry_once):
    message = factories.send(talk.as_patient, talk.id)
    assert edit(talk.as_patient, message).change == 2
    assert delete(talk.as_patient, message).change == 3
    assert actions(talk) == ["sent", "replaced", "edited", "deleted"]
    assert whole()


# What the moderator says ------------------------------------------------------------------------------------


def test_a_blocked_edit_changes_nothing_and_is_on_record(talk):
    message = factories.send(talk.as_patient, talk.id)
    with pytest.raises(MessageBlocked) as refused:
        edit(talk.as_patient, message, BLOCKED)
    assert refused.value.fields["categories"] == ["sensitive-data"]
    assert selectors.message_get(talk.as_patient, message.id) == message
    record = factories.audit_rows(talk.id)[-1]
    assert (record.action, record.message_id) == ("blocked", message.id)
    assert factories.conversation_row(talk.id).last_change == 1
    assert whole()


def test_an_edit_into_painful_words_hides_them_again(talk):
    message = factories.send(talk.as_patient, talk.id, BLURRED)
    services.message_reveal(talk.as_therapist, message.id, at=AT)
    assert selectors.message_get(talk.as_therapist, message.id).body == BLURRED
    edit(talk.as_patient, message, f"{BLURRED} Go away.")
    hidden = selectors.message_get(talk.as_therapist, message.id)
    assert (hidden.body, hidden.blurred) == (None, True)
    shown = services.message_reveal(talk.as_therapist, message.id, at=SOON)
    assert (shown.body, shown.blurred) == (f"{BLURRED} Go away.", False)


def test_an_edit_into_danger_alerts_and_its_alert_stays_when_the_words_go(talk):
    message = factories.send(talk.as_patient, talk.id)
    edit(talk.as_patient, message, CRISIS)
    (alert,) = selectors.crisis_alert_list(talk.as_therapist)
    assert alert.message_id == message.id
    edit(talk.as_patient, message)
    delete(talk.as_patient, message)
    assert selectors.crisis_alert_list(talk.as_therapist) == [alert]


def test_danger_that_was_acknowledged_stands_again_after_new_words(talk):
    message = factories.send(talk.as_patient, talk.id, CRISIS)
    (alert,) = selectors.crisis_alert_list(talk.as_therapist)
    services.crisis_alert_acknowledge(talk.as_therapist, alert.id, at=AT)
    edit(talk.as_patient, message, f"{CRISIS} I have the pills here.")
    (again,) = selectors.crisis_alert_list(talk.as_therapist)
    assert (again.id, again.raised_at) == (alert.id, SOON)
    assert CrisisAlert.objects.unscoped(reason="test").count() == 1


def test_who_was_shown_earlier_words_does_not_acknowledge_the_newer_ones(talk):
    message = factories.send(talk.as_patient, talk.id, CRISIS)
    (shown,) = selectors.crisis_alert_list(talk.as_therapist)
    edit(talk.as_patient, message, f"{CRISIS} I have the pills here.")
    with pytest.raises(AlertRaisedAgain):
        services.crisis_alert_acknowledge(talk.as_therapist, shown.id, at=SOON, raised_at=shown.raised_at)
    (again,) = selectors.crisis_alert_list(talk.as_therapist)
    services.crisis_alert_acknowledge(talk.as_therapist, again.id, at=SOON, raised_at=again.raised_at)
    assert selectors.crisis_alert_list(talk.as_therapist) == []


# Deleting ---------------------------------------------------------------------------------------------------


def test_a_deletion_leaves_a_marker_for_everybody(talk):
    message = factories.send(talk.as_patient, talk.id)
    deleted = delete(talk.as_patient, message)
    assert (deleted.body, deleted.deleted_at, deleted.change) == (None, SOON, 2)
    for actor in (talk.as_patient, talk.as_therapist):
        assert selectors.message_get(actor, message.id).body is None
        assert selectors.conversation_get(actor, talk.id).last_message.body is None
    assert actions(talk) == ["sent", "deleted"]
    assert delete(talk.as_patient, message).change == 2
    with pytest.raises(MessageDeleted):
        edit(talk.as_patient, message)
    assert actions(talk) == ["sent", "deleted"]
    assert whole()


def test_a_deleted_message_has_nothing_to_reveal(talk):
    message = factories.send(talk.as_patient, talk.id, BLURRED)
    delete(talk.as_patient, message)
    shown = services.message_reveal(talk.as_therapist, message.id, at=SOON)
    assert (shown.body, shown.blurred) == (None, False)


# History ----------------------------------------------------------------------------------------------------


def test_the_author_and_the_therapist_read_all_that_was_said(talk):
    message = factories.send(talk.as_patient, talk.id)
    edit(talk.as_patient, message, "two")
    edit(talk.as_patient, message, "three", at=SOON + timedelta(minutes=1))
    delete(talk.as_patient, message, at=SOON + timedelta(minutes=2))
    for actor in (talk.as_patient, talk.as_therapist):
        told = history(actor, message)
        assert [each.body for each in told.versions] == [HARMLESS, "two", "three"]
        assert [each.number for each in told.versions] == [0, 1, 2]
        assert told.versions[0].until == told.versions[1].written_at == SOON
        assert told.versions[2].until == SOON + timedelta(minutes=2)
    # The therapist's look is on record, the author's own is their own business.
    assert actions(talk)[-1] == "history"
    assert actions(talk).count("history") == 1


def test_a_patient_does_not_read_what_a_therapist_took_back(talk):
    message = factories.send(talk.as_therapist, talk.id, "one")
    edit(talk.as_therapist, message, "two")
    with pytest.raises(HistoryClosed):
        history(talk.as_patient, message)
    for stranger in (people.support(), people.admin(), people.therapist()):
        with pytest.raises(NotFound):
            history(people.actor(stranger), message)
    assert "history" not in actions(talk)


def test_history_hides_what_the_reader_has_not_chosen_to_see(talk):
    message = factories.send(talk.as_patient, talk.id, BLURRED)
    services.message_reveal(talk.as_therapist, message.id, at=AT)
    edit(talk.as_patient, message, f"{BLURRED} Go away.")
    told = history(talk.as_therapist, message).versions
    assert [(each.body, each.blurred) for each in told] == [(BLURRED, False), (None, True)]


def test_to_have_seen_one_text_is_not_to_have_chosen_to_see_those_before_it(talk):
    texts = [BLURRED, f"{BLURRED} Go away.", f"{BLURRED} And stay away."]
    message = factories.send(talk.as_patient, talk.id, texts[0])
    for text in texts[1:]:
        edit(talk.as_patient, message, text)
    services.message_reveal(talk.as_therapist, message.id, at=SOON)
    told = history(talk.as_therapist, message).versions
    assert [(each.body, each.blurred) for each in told] == [(None, True), (None, True), (texts[2], False)]
    assert [each.body for each in history(talk.as_patient, message).versions] == texts


def test_a_version_moved_to_another_message_does_not_open(talk):
    one, two = (factories.send(talk.as_patient, talk.id, text) for text in ("one", "two"))
    edit(talk.as_patient, one, "changed")
    MessageVersion.objects.unscoped(reason="test").update(message_id=two.id)
    assert [each.body for each in history(talk.as_patient, two).versions] == [None, "two"]
