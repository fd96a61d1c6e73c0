"""Everything that happens to a message leaves its row in the record of messages, sealed into the chain."""

from datetime import timedelta

import pytest
from django.apps import apps

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from messaging import audit, services
from messaging.errors import MessageBlocked
from messaging.models import MessageAudit
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, BLURRED
from messaging.types import AuditAction
from observability import services as observability_services

SealEntry = apps.get_model("observability", "SealEntry")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]


def row_of(talk, action: AuditAction) -> MessageAudit:
    """The newest row of this kind."""
    return [row for row in factories.audit_rows(talk.id) if row.action == action][-1]


def test_each_thing_that_happens_to_a_message_has_its_row():
    """All kinds that there are: who adds one has to show here how it comes about."""
    talk = factories.talk()
    patient, therapist, staff = talk.as_patient, talk.as_therapist, people.actor(people.support())
    message = factories.send(patient, talk.id, "I slept badly.", attachments=[factories.upload(patient)])
    with pytest.raises(MessageBlocked):
        factories.send(patient, talk.id, BLOCKED)
    services.message_edit(patient, message.id, "I slept well.", at=AT)
    services.message_history_open(therapist, message.id, at=AT)
    services.attachment_fetch(therapist, message.attachments[0].id, at=AT)
    hidden = factories.send(patient, talk.id, BLURRED)
    services.message_reveal(therapist, hidden.id, at=AT)
    sent = factories.audit_rows(talk.id)
    (case,) = [row for row in sent if row.message_id == hidden.id and row.action == AuditAction.SENT]
    services.case_decide(staff, case.id, lift=True, at=AT)
    copy = accounts_services.copy_ask(patient, "conversation", talk.id, "json", at=clock.now())
    accounts_services.exports_run(people.SYSTEM, at=clock.now())
    assert b"".join(accounts_services.export_fetch(patient, copy.id, at=clock.now()))
    services.message_delete(patient, message.id, at=AT + timedelta(minutes=1))

    rows = factories.audit_rows(talk.id)
    assert {row.action for row in rows} == set(AuditAction)
    who = {
        AuditAction.SENT: patient,
        AuditAction.BLOCKED: patient,
        AuditAction.EDITED: patient,
        AuditAction.HISTORY: therapist,
        AuditAction.DOWNLOADED: therapist,
        AuditAction.REVEALED: therapist,
        AuditAction.MODERATED: staff,
        AuditAction.COPIED: patient,
        AuditAction.DELETED: patient,
    }
    for action, actor in who.items():
        row = row_of(talk, action)
        assert (row.actor_user_id, row.conversation_id) == (actor.user_id, talk.id), action
    observability_services.seal_run(people.SYSTEM, at=clock.now(), everything=True)
    sealed = set(SealEntry.objects.values_list("row_id", flat=True))
    assert {row.id for row in rows} <= sealed


def test_a_row_is_read_in_the_order_in_which_it_was_authenticated():
    """Another order of the model's fields, and no row that was ever written would be right any more."""
    assert audit.AUDIT_SOURCE.columns == (
        *("id", "practice_id", "action", "conversation_id", "message_id", "subject_id", "body_hash"),
        *("outcome", "categories", "source", "rules", "actor_user_id", "session_id", "token_id", "system"),
        *("via", "ip", "device", "request_id", "at", "recorded_at"),
    )
