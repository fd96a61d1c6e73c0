"""On a laptop without a server: the same messages, stored through the ORM on SQLite in memory.

    DJANGO_SETTINGS_MODULE=bloom.settings.sqlite pytest messaging/tests/test_seed_sqlite.py

Nothing here is particular to SQLite, so these tests also run with the rest of the suite.
"""

import uuid

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from messaging import selectors, services
from messaging.errors import MessageBlocked
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, BLURRED
from observability import services as observability_services

pytestmark = pytest.mark.django_db


def test_a_flagged_text_is_stored_blurred_with_its_audit_entry():
    talk = factories.talk()
    sent = services.message_send(talk.as_patient, talk.id, uuid.uuid4(), BLURRED, at=AT)

    (row,) = factories.message_rows(talk.id)
    assert (row.id, row.seq, row.outcome, row.categories) == (sent.message.id, 1, "blur", ["harassment"])
    assert b"bitch" not in bytes(row.body)
    (record,) = factories.audit_rows(talk.id)
    assert (record.action, record.outcome, record.message_id) == ("sent", "blur", row.id)
    assert (record.source, record.rules) == ("deterministic", ["insult-to-reader"])
    hidden = selectors.message_get(talk.as_therapist, row.id)
    assert (hidden.body, hidden.blurred) == (None, True)
    assert selectors.message_get(talk.as_patient, row.id).body == BLURRED


def test_a_blocked_text_leaves_only_its_audit_entry():
    talk = factories.talk()
    with pytest.raises(MessageBlocked):
        factories.send(talk.as_patient, talk.id, BLOCKED)
    assert factories.message_rows(talk.id) == []
    (record,) = factories.audit_rows(talk.id)
    assert (record.action, record.outcome) == ("blocked", "block")


def test_the_record_of_messages_is_sealed_and_whole():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, BLURRED)
    with pytest.raises(MessageBlocked):
        factories.send(talk.as_patient, talk.id, BLOCKED)
    run = observability_services.seal_run(people.SYSTEM, at=clock.now())
    assert run.refused == 0
    verdict = observability_services.record_verify(people.SYSTEM)
    assert verdict.is_whole, verdict.faults
    assert verdict.rows["messaging.message_audit"] == 2
