"""One contract for both ways to store: the statement and its pipeline on PostgreSQL, and the ORM."""

import dataclasses
import uuid
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.tests import factories as people
from bloom.kernel.errors import IdempotencyConflict, NotFound
from messaging import audit, statement, store
from messaging.errors import ConversationReadOnly
from messaging.models import Conversation, CrisisAlert, Member
from messaging.moderation.types import Outcome
from messaging.store import Stored
from messaging.tests import factories
from messaging.tests.drafts import draft, on_postgresql
from messaging.tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["statement", "orm"])
def messages_store(request) -> Callable:
    """Each test of the contract runs against both."""
    if request.param == "orm":
        return store.store_by_orm
    if connection.vendor != "postgresql":
        pytest.skip("the statement is PostgreSQL's")
    return store.messages_store


# The contract -----------------------------------------------------------------------------------------------


def test_each_draft_gets_its_own_answer_in_its_own_place(messages_store):
    one, two = factories.talk(), factories.talk()
    twice, other = draft(one.as_patient, one.id), uuid.uuid4()
    factories.send(one.as_patient, one.id, "first use", client_id=other)
    Conversation.objects.unscoped(reason="test").filter(pk=two.id).update(read_only_at=AT)

    results = messages_store(
        [
            draft(two.as_patient, two.id),
            twice,
            draft(two.as_patient, one.id),
            draft(one.as_therapist, one.id),
            twice,
            draft(one.as_patient, one.id, "second use", client_id=other),
        ]
    )

    assert isinstance(results[0], ConversationReadOnly)
    assert (results[1].seq, results[1].created) == (2, True)
    assert isinstance(results[2], NotFound)
    assert results[3].seq == 3
    assert (results[4].seq, results[4].created, results[4].id) == (2, False, results[1].id)
    assert isinstance(results[5], IdempotencyConflict)
    assert [row.seq for row in factories.message_rows(one.id)] == [1, 2, 3]
    assert len(factories.audit_rows(one.id)) == 3
    assert factories.audit_rows(two.id) == []


def test_who_cares_for_a_patient_writes_in_the_practice_that_they_act_for(messages_store):
    talk = factories.talk()
    there = people.practice(people.therapist(), talk.therapist)
    elsewhere = talk.as_therapist.acting_for(there)
    nowhere = dataclasses.replace(talk.as_therapist, practice_id=None)
    patient = talk.as_patient.acting_for(there)
    results = messages_store([draft(actor, talk.id) for actor in (elsewhere, nowhere, patient)])
    assert [type(each) for each in results] == [NotFound, NotFound, Stored]
    assert [row.sender_id for row in factories.message_rows(talk.id)] == [talk.patient.id]
    # Nor do they learn of what they wrote there before.
    known = draft(talk.as_therapist, talk.id)
    messages_store([known])
    (again,) = messages_store([dataclasses.replace(known, actor=elsewhere)])
    assert isinstance(again, NotFound)


def test_a_lone_draft_is_stored_with_all_that_belongs_to_it(messages_store):
    talk = factories.talk()
    (stored,) = messages_store([draft(talk.as_patient, talk.id)])
    assert isinstance(stored, Stored)
    (row,) = factories.message_rows(talk.id)
    assert (row.id, row.seq, row.change, row.sent_change) == (stored.id, 1, 1, 1)
    assert (bytes(row.body), row.outcome, row.categories, row.sent_at) == (stored.body, "allow", [], AT)
    assert set(stored.recipients) == {talk.patient.id, talk.therapist.id}
    place = factories.conversation_row(talk.id)
    assert (place.last_seq, place.last_change, place.last_sent_at) == (1, 1, AT)
    assert factories.member_row(talk.id, talk.patient.id).read_seq == 1
    assert factories.member_row(talk.id, talk.therapist.id).read_seq == 0


def test_a_repeat_carries_the_message_as_it_is_now(messages_store):
    talk = factories.talk()
    first = draft(talk.as_patient, talk.id)
    messages_store([first])
    row = factories.message_rows(talk.id)[0]
    row.outcome, row.categories, row.change, row.edited_at = "blur", ["hate"], 5, AT
    row.save()
    (again,) = messages_store([first])
    assert (again.outcome, again.categories, again.change, again.edited_at) == ("blur", ("hate",), 5, AT)
    assert again.body == first.body


def test_the_senders_unread_count_stays_right(messages_store):
    talk = factories.talk()
    messages_store([draft(talk.as_patient, talk.id)])
    messages_store([draft(talk.as_therapist, talk.id), draft(talk.as_therapist, talk.id)])
    seat = factories.member_row(talk.id, talk.therapist.id)
    assert (seat.read_seq, seat.own_unread) == (0, 2)
    messages_store([draft(talk.as_patient, talk.id)])
    seat = factories.member_row(talk.id, talk.patient.id)
    assert (seat.read_seq, seat.own_unread) == (1, 1)


def test_a_message_never_moves_the_conversations_newest_moment_back(messages_store):
    talk = factories.talk()
    later = AT.replace(year=AT.year + 1)
    Conversation.objects.unscoped(reason="test").filter(pk=talk.id).update(last_sent_at=later)
    messages_store([draft(talk.as_patient, talk.id)])
    assert factories.conversation_row(talk.id).last_sent_at == later


def test_who_has_left_is_not_found(messages_store):
    talk = factories.talk()
    seats = Member.objects.unscoped(reason="test").filter(conversation_id=talk.id)
    seats.filter(user_id=talk.therapist.id).update(left_at=AT)
    refused, stored = messages_store([draft(talk.as_therapist, talk.id), draft(talk.as_patient, talk.id)])
    assert isinstance(refused, NotFound)
    assert refused.exists
    assert stored.recipients == (talk.patient.id,)


def test_a_conversation_that_is_gone_is_not_found(messages_store):
    talk = factories.talk()
    late = draft(talk.as_patient, talk.id)
    Conversation.objects.unscoped(reason="test").filter(pk=talk.id).delete()
    (refused,) = messages_store([late])
    assert isinstance(refused, NotFound)


def test_a_crisis_alerts_in_the_same_transaction(messages_store):
    talk = factories.talk()
    messages_store([draft(talk.as_patient, talk.id, outcome=Outcome.CRISIS), draft(talk.as_patient, talk.id)])
    alert = CrisisAlert.objects.unscoped(reason="test").get()
    assert (alert.therapist_id, alert.patient_id) == (talk.therapist.id, talk.patient.id)


def test_a_run_that_breaks_leaves_nothing(messages_store):
    talk = factories.talk()
    broken = draft(talk.as_patient, talk.id)
    values = {**broken.audit, "action": "x" * 50} if connection.vendor == "postgresql" else {"nonsense": 1}
    object.__setattr__(broken, "audit", values)
    with pytest.raises(Exception, match=r"character varying|nonsense"):
        messages_store([draft(talk.as_therapist, talk.id), broken])
    assert factories.message_rows(talk.id) == []
    assert factories.conversation_row(talk.id).last_seq == 0


# The statement ----------------------------------------------------------------------------------------------


def test_the_statement_writes_every_column_of_the_record():
    columns = [*audit.AUDIT_SOURCE.columns, "mac"]
    written = statement.SQL.partition("INSERT INTO messaging_messageaudit (")[2].partition(")")[0]
    assert sorted(column.strip() for column in written.split(",")) == sorted(columns)
    given = {column for column in columns if column != "id"} | {"audit_id"}
    assert given <= set(statement._TYPES)


@on_postgresql
def test_the_record_of_a_message_is_as_it_was_authenticated():
    from observability import services as observability_services

    talk = factories.talk()
    store.messages_store([draft(talk.as_patient, talk.id)])
    (row,) = factories.audit_rows(talk.id)
    values = {column: getattr(row, column) for column in audit.AUDIT_SOURCE.columns}
    assert observability_services.row_mac(audit.AUDIT_SOURCE, values) == bytes(row.mac)


@on_postgresql
def test_a_lone_draft_is_one_statement_on_the_wire_and_several_are_one_round_trip(tmp_path):
    """Counted in what libpq sends, since Django does not see the driver's own cursors."""
    talk = factories.talk()
    for _ in range(3):
        store.messages_store([draft(talk.as_patient, talk.id)])
    lone = [draft(talk.as_patient, talk.id)]
    assert _wire(tmp_path / "lone", lambda: store.messages_store(lone)) == {"Execute": 1, "Sync": 1}
    # Of one conversation each has a statement, of several as many rows as there is a statement for.
    several = [draft(talk.as_patient, talk.id) for _ in range(5)]
    counted = _wire(tmp_path / "several", lambda: store.messages_store(several))
    assert counted == {"Execute": 5, "Sync": 1}
    talks = [factories.talk() for _ in range(5)]
    for _ in range(2):
        drafts = [draft(each.as_patient, each.id) for each in talks]
        counted = _wire(tmp_path / "apart", lambda drafts=drafts: store.messages_store(drafts))
    assert counted == {"Execute": 2, "Sync": 1}


@on_postgresql
def test_a_whole_send_is_one_statement_once_the_process_knows_the_room(tmp_path):
    talk = factories.talk()
    for _ in range(2):
        factories.send(talk.as_patient, talk.id)
    counted = _wire(tmp_path / "send", lambda: factories.send(talk.as_patient, talk.id))
    assert counted == {"Execute": 1, "Sync": 1}


def _wire(path, work) -> dict[str, int]:
    driver = connection.connection.pgconn
    with path.open("w") as file:
        driver.trace(file.fileno())
        work()
        driver.untrace()
    counts: dict[str, int] = {}
    for line in path.read_text().splitlines():
        kind = line.split("\t")
        name = kind[3].split()[0] if len(kind) > 3 and kind[1] == "F" else ""
        if name in {"Execute", "Sync", "Query", "Parse"}:
            counts[name] = counts.get(name, 0) + 1
    return counts
