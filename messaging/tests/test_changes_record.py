"""What the record knows of edits and deletions: whoever alters a text behind it is found."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection

from accounts.tests import factories as people
from bloom.kernel import clock
from messaging import audit, services
from messaging.models import Message, MessageVersion
from messaging.services import changes
from messaging.tests import factories
from messaging.tests.factories import AT, BLURRED
from messaging.tests.test_changes import SOON, delete, edit, whole
from messaging.types import AuditAction
from observability import services as observability_services

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk():
    return factories.talk()


def altered(message):
    return [("altered", "messaging_message", message.id)]


def test_an_earlier_text_put_back_is_found(talk):
    message = factories.send(talk.as_patient, talk.id)
    (before,) = factories.message_rows(talk.id)
    edit(talk.as_patient, message, "one")
    (between,) = factories.message_rows(talk.id)
    edit(talk.as_patient, message, "two", at=SOON + timedelta(seconds=1))
    assert whole()
    for earlier in (before, between):
        earlier.save()
        assert list(audit.messages_witness()) == altered(message)
    # Nor does the text of then pass under the number of now.
    between.edits = 2
    between.save()
    assert list(audit.messages_witness()) == altered(message)


@pytest.mark.parametrize("change", [{"deleted_at": None}, {"outcome": "crisis"}], ids=str)
def test_a_change_that_the_record_does_not_tell_is_found(talk, change):
    message = factories.send(talk.as_patient, talk.id)
    edit(talk.as_patient, message)
    delete(talk.as_patient, message)
    assert whole()
    Message.objects.unscoped(reason="test").filter(pk=message.id).update(**change)
    assert list(audit.messages_witness()) == altered(message)


def test_a_deletion_without_its_line_of_the_record_is_found(talk):
    message = factories.send(talk.as_patient, talk.id)
    Message.objects.unscoped(reason="test").filter(pk=message.id).update(deleted_at=AT)
    assert list(audit.messages_witness()) == altered(message)


@pytest.fixture
def edited_twice(talk):
    message = factories.send(talk.as_patient, talk.id)
    edit(talk.as_patient, message, "one")
    edit(talk.as_patient, message, "two")
    assert whole()
    return message


def versions():
    return MessageVersion.objects.unscoped(reason="test").order_by("number")


@pytest.mark.parametrize(
    "change",
    ["outcome = 'blur'", "body = '\\x00'", "number = 7", "written_at = now()", "body = (SELECT body FROM v)"],
)
def test_an_earlier_text_that_was_altered_is_found(edited_twice, change):
    version = versions()[1]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH v AS (SELECT body FROM messaging_messageversion WHERE number = 0) "
            f"UPDATE messaging_messageversion SET {change} WHERE id = %s",
            [version.pk],
        )
    assert list(audit.messages_witness()) == [("altered", "messaging_messageversion", version.pk)]


def test_a_message_that_was_edited_before_the_record_told_of_its_texts_and_after_is_whole(talk, monkeypatch):
    """As in the minutes in which old and new processes run side by side."""
    message, told = factories.send(talk.as_patient, talk.id), changes._audit
    with monkeypatch.context() as old:
        old.setattr(
            changes,
            "_audit",
            lambda *given, **more: None if AuditAction.REPLACED in given else told(*given, **more),
        )
        services.message_edit(talk.as_patient, message.id, "one", at=AT + timedelta(minutes=1))
    services.message_edit(talk.as_patient, message.id, "two", at=AT + timedelta(minutes=2))
    assert whole()
    versions().filter(number=1).update(replaced_at=AT)
    assert not whole()


def test_an_earlier_text_that_was_removed_is_found(edited_twice):
    versions().filter(number=0).delete()
    assert list(audit.messages_witness()) == [("removed", "messaging_messageversion", edited_twice.id)]


def test_an_earlier_text_that_nobody_wrote_is_found(talk, edited_twice):
    other = factories.send(talk.as_patient, talk.id)
    version = versions()[0]
    version.pk, version.message_id = uuid.uuid4(), other.id
    version.save(force_insert=True)
    assert list(audit.messages_witness()) == [("inserted", "messaging_messageversion", version.pk)]


def test_a_machine_whose_clock_is_behind_leaves_the_record_whole(talk, monkeypatch):
    """The order of what happened to a message is that of its lock, whatever the machines' clocks say."""
    real = clock.now
    message = factories.send(talk.as_patient, talk.id)
    edit(talk.as_patient, message, BLURRED)
    monkeypatch.setattr(clock, "now", lambda: real() - timedelta(minutes=3))
    edit(talk.as_patient, message, "I am sorry.", at=SOON - timedelta(minutes=1))
    assert whole()
    rows = factories.audit_rows(talk.id)
    assert [row.outcome for row in rows if row.action == "edited"] == ["blur", "allow"]


def test_verify_audit_calls_the_record_whole_after_edits(talk):
    message = factories.send(talk.as_patient, talk.id)
    edit(talk.as_patient, message)
    delete(talk.as_patient, message)
    observability_services.seal_run(people.SYSTEM, at=SOON, everything=True)
    assert observability_services.record_verify(people.SYSTEM).is_whole
