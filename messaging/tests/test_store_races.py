"""Many who write, open and leave at once: real threads, at both isolations."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel.errors import NotFound
from messaging import services, statement, store
from messaging.errors import ConversationReadOnly
from messaging.models import Conversation, Member
from messaging.tests import factories
from messaging.tests.drafts import draft, on_postgresql
from messaging.tests.factories import AT

pytestmark = pytest.mark.django_db(transaction=True)


def _in_thread(work, *, isolation: str = "read committed"):
    """`work` on a connection of its own, at that isolation."""

    def run():
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET default_transaction_isolation TO '{isolation}'")
            return work()
        finally:
            connection.close()

    return run


@on_postgresql
@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
@pytest.mark.parametrize("by", ["statement", "orm"])
def test_fifty_senders_at_once_get_fifty_numbers_without_gaps(isolation, by):
    talk = factories.talk()
    senders = [talk.as_patient, talk.as_therapist]
    drafts = [draft(senders[number % 2], talk.id, f"{number}") for number in range(50)]
    run = store.messages_store if by == "statement" else store.store_by_orm
    ready = threading.Barrier(50)

    def send(one):
        ready.wait(30)
        return run([one])[0]

    with ThreadPoolExecutor(50) as pool:
        futures = [pool.submit(_in_thread(lambda one=one: send(one), isolation=isolation)) for one in drafts]
        results = [future.result(120) for future in futures]

    assert sorted(result.seq for result in results) == list(range(1, 51))
    rows = factories.message_rows(talk.id)
    assert [row.seq for row in rows] == [row.change for row in rows] == list(range(1, 51))
    by_id = {row.id: row.seq for row in rows}
    assert all(by_id[one.message_id] == result.seq for one, result in zip(drafts, results, strict=True))
    assert len(factories.audit_rows(talk.id)) == 50
    place = factories.conversation_row(talk.id)
    assert (place.last_seq, place.last_change) == (50, 50)
    for actor in senders:
        seat = factories.member_row(talk.id, actor.user_id)
        assert seat.read_seq + seat.own_unread <= 50


@on_postgresql
@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_the_same_client_id_from_many_sockets_at_once_is_one_message(isolation):
    talk = factories.talk()
    client_id = uuid.uuid4()
    drafts = [draft(talk.as_patient, talk.id, client_id=client_id) for _ in range(12)]
    ready = threading.Barrier(12)

    def send(one):
        ready.wait(30)
        return store.messages_store([one])[0]

    with ThreadPoolExecutor(12) as pool:
        futures = [pool.submit(_in_thread(lambda one=one: send(one), isolation=isolation)) for one in drafts]
        results = [future.result(60) for future in futures]

    assert {result.seq for result in results} == {1}
    assert sum(result.created for result in results) == 1
    assert len(factories.message_rows(talk.id)) == len(factories.audit_rows(talk.id)) == 1


@on_postgresql
def test_a_draft_whose_first_try_is_still_under_way_elsewhere_is_that_message():
    """The connection that stored it broke before its answer, and its transaction goes on without it."""
    talk = factories.talk()
    one = draft(talk.as_patient, talk.id)
    other = connection.copy()
    with ThreadPoolExecutor(1) as pool:
        try:
            other.set_autocommit(False)
            statement.STORE.run(other.connection, [store._parameters(one)])
            again = pool.submit(_in_thread(lambda: store.messages_store([one])))
            _until_somebody_waits()
            other.commit()
        finally:
            other.close()
        (result,) = again.result(30)
    assert (result.id, result.seq, result.created) == (one.message_id, 1, False)
    assert len(factories.message_rows(talk.id)) == len(factories.audit_rows(talk.id)) == 1


@on_postgresql
def test_the_constraints_of_a_race_are_the_tables_own():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "messaging_message")
    assert {
        name for name in statement.RACE_CONSTRAINTS if found[name]["unique"]
    } == statement.RACE_CONSTRAINTS


CHANGES = {
    "removed": (
        "UPDATE messaging_member SET left_at = now() "
        "WHERE conversation_id = %(conversation)s AND user_id = %(user)s"
    ),
    "closed": "UPDATE messaging_conversation SET read_only_at = now() WHERE id = %(conversation)s",
}


@on_postgresql
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("together", [1, 2])
def test_who_is_removed_while_the_statement_waits_sends_nothing(change, together):
    """The statement's snapshot still shows the member; its turn comes after the removal is committed."""
    talk = factories.talk()
    drafts = [draft(talk.as_therapist, talk.id) for _ in range(together)]
    other = connection.copy()
    with ThreadPoolExecutor(1) as pool:
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("SELECT 1 FROM messaging_conversation WHERE id = %s FOR UPDATE", [talk.id])
                waiting = pool.submit(_in_thread(lambda: store.messages_store(drafts)))
                _until_somebody_waits()
                cursor.execute(CHANGES[change], {"conversation": talk.id, "user": talk.therapist.id})
            other.commit()
        finally:
            other.close()
        results = waiting.result(30)
    expected = NotFound if change == "removed" else ConversationReadOnly
    assert [type(result) for result in results] == [expected] * together
    assert factories.message_rows(talk.id) == factories.audit_rows(talk.id) == []
    assert factories.conversation_row(talk.id).last_seq == 0


def _until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits for the lock")


@on_postgresql
def test_two_who_open_at_once_open_one_conversation():
    patient, therapist = people.patient(), people.therapist()
    people.assignment(patient, therapist)
    pairs = [(people.actor(patient), therapist.id), (people.actor(therapist), patient.id)] * 4
    ready = threading.Barrier(len(pairs))

    def open_it(actor, person_id):
        ready.wait(30)
        return services.conversation_open(actor, person_id, at=AT)

    with ThreadPoolExecutor(len(pairs)) as pool:
        futures = [pool.submit(_in_thread(lambda pair=pair: open_it(*pair))) for pair in pairs]
        results = [future.result(60) for future in futures]

    assert len({result.conversation.id for result in results}) == 1
    assert sum(result.created for result in results) == 1
    assert Member.objects.unscoped(reason="test").count() == 2


@on_postgresql
def test_care_that_ends_while_somebody_opens_leaves_no_conversation():
    patient, therapist = people.patient(), people.therapist()
    care = people.assignment(patient, therapist)
    actor, other = people.actor(patient), connection.copy()
    with ThreadPoolExecutor(1) as pool:
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("UPDATE accounts_assignment SET ended_at = now() WHERE id = %s", [care.id])
                opening = pool.submit(
                    _in_thread(lambda: services.conversation_open(actor, therapist.id, at=AT))
                )
                _until_somebody_waits()
            other.commit()
        finally:
            other.close()
        with pytest.raises(NotFound):
            opening.result(30)
    assert not Conversation.objects.unscoped(reason="test").exists()


@on_postgresql
@pytest.mark.parametrize("lasts", [True, False])
def test_a_conversation_follows_the_care_that_is_true_when_its_turn_comes(lasts):
    """The event of before is being handled while care begins again, or ends."""
    talk = factories.talk()
    if lasts:
        accounts_services.assignment_end(talk.as_therapist, talk.assignment_id, "", at=AT)
    other = connection.copy()
    with ThreadPoolExecutor(1) as pool:
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("SELECT 1 FROM messaging_conversation WHERE id = %s FOR UPDATE", [talk.id])
                following = pool.submit(_in_thread(lambda: factories.follow(talk)))
                _until_somebody_waits()
                if lasts:
                    people.assignment(talk.patient, talk.therapist)
                else:
                    accounts_services.assignment_end(talk.as_therapist, talk.assignment_id, "", at=AT)
            other.rollback()
        finally:
            other.close()
        following.result(30)
    assert (factories.conversation_row(talk.id).read_only_at is None) is lasts


@on_postgresql
@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_reading_while_others_and_oneself_write_keeps_the_count(isolation):
    talk = factories.talk()
    reader, writer = talk.as_therapist, talk.as_patient
    drafts = [draft(actor, talk.id) for actor in (writer, reader) * 15]

    def send():
        for one in drafts:
            store.messages_store([one])

    def read():
        for seq in range(1, 31):
            services.conversation_read(reader, talk.id, seq, at=AT)

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(_in_thread(work, isolation=isolation)) for work in (send, read)]:
            future.result(60)

    for actor in (reader, writer):
        seat = factories.member_row(talk.id, actor.user_id)
        rows = [row for row in factories.message_rows(talk.id) if row.seq > seat.read_seq]
        assert seat.own_unread == sum(row.sender_id == actor.user_id for row in rows)
