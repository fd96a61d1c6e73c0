"""What is sent is there once, sealed and on record, and can't be moved or changed unseen."""

import uuid
from dataclasses import replace

import pytest
from django.test import override_settings

from accounts.tests import factories as people
from bloom.kernel import vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import IdempotencyConflict, Invalid, NotFound, RateLimited, Unauthenticated
from messaging import audit, selectors, services
from messaging.errors import ConversationReadOnly
from messaging.models import CrisisAlert, Message
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, CRISIS, HARMLESS
from observability import services as observability_services

pytestmark = pytest.mark.django_db


def test_a_message_is_stored_sealed_numbered_and_on_record():
    talk = factories.talk()
    sent = services.message_send(talk.as_patient, talk.id, uuid.uuid4(), "  Good morning.  ", at=AT)
    assert sent.created
    assert (sent.message.seq, sent.message.change, sent.message.body) == (1, 1, "Good morning.")
    (row,) = factories.message_rows(talk.id)
    assert b"morning" not in bytes(row.body)
    (record,) = factories.audit_rows(talk.id)
    assert (record.action, record.outcome, record.message_id) == ("sent", "allow", row.id)
    assert bytes(record.body_hash) == bytes(row.body_hash)
    assert record.subject_id == talk.patient.id


def test_the_record_says_who_and_through_which_door():
    talk = factories.talk()
    actor = Actor(
        user_id=talk.patient.id,
        via=Via.API,
        token_id=uuid.uuid4(),
        request_id=uuid.uuid4(),
        ip="203.0.113.9",
        device="curl/8 " + "x" * 300,
    )
    factories.send(actor, talk.id)
    (record,) = factories.audit_rows(talk.id)
    assert record.actor_user_id == talk.patient.id
    assert (record.token_id, record.request_id) == (actor.token_id, actor.request_id)
    assert (record.via, record.ip, record.system) == ("api", "203.0.113.9", "")
    assert len(record.device) == 200


def test_numbers_go_on_without_gaps_for_both():
    talk = factories.talk()
    seqs = [factories.send(actor, talk.id).seq for actor in (talk.as_patient, talk.as_therapist) * 3]
    assert seqs == [1, 2, 3, 4, 5, 6]
    row = factories.conversation_row(talk.id)
    assert (row.last_seq, row.last_change) == (6, 6)


def test_a_repeat_gives_the_first_message_and_writes_nothing():
    talk = factories.talk()
    client_id = uuid.uuid4()
    first = services.message_send(talk.as_patient, talk.id, client_id, HARMLESS, at=AT)
    again = services.message_send(talk.as_patient, talk.id, client_id, f"\n{HARMLESS} ", at=AT)
    assert (first.created, again.created) == (True, False)
    assert again.message == first.message
    assert len(factories.message_rows(talk.id)) == len(factories.audit_rows(talk.id)) == 1
    assert factories.conversation_row(talk.id).last_seq == 1


def test_a_repeat_with_other_content_is_a_conflict():
    talk = factories.talk()
    client_id = uuid.uuid4()
    factories.send(talk.as_patient, talk.id, client_id=client_id)
    with pytest.raises(IdempotencyConflict):
        factories.send(talk.as_patient, talk.id, "Something else.", client_id=client_id)
    assert factories.conversation_row(talk.id).last_seq == 1


def test_a_client_id_belongs_to_its_sender_and_conversation():
    talk, other = factories.talk(), factories.talk()
    client_id = uuid.uuid4()
    ids = {
        factories.send(actor, place.id, client_id=client_id).id
        for place in (talk, other)
        for actor in (place.as_patient, place.as_therapist)
    }
    assert len(ids) == 4


def test_equal_words_have_different_hashes():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, "yes")
    factories.send(talk.as_patient, talk.id, "yes")
    one, two = factories.message_rows(talk.id)
    assert bytes(one.body_hash) != bytes(two.body_hash)


@pytest.mark.parametrize("body", ["", "  \n\t ", "x" * 4001, "a\0b", "a\ud800b", "\u200b\u2060"])
def test_what_is_no_text_is_refused_before_anything_else(body):
    talk = factories.talk()
    with pytest.raises(Invalid) as refused:
        factories.send(talk.as_patient, talk.id, body)
    assert list(refused.value.errors) == ["body"]
    assert factories.audit_rows(talk.id) == []


@pytest.mark.parametrize(
    "body",
    [
        "x" * 4000,
        "👩‍👩‍👧‍👦 family",
        "Приве́т, 你好, مرحبا",
        "a\u0301",
        "\u202eright to left",
        "line one\nline two",
        "🙂" * 4000,
    ],
)
def test_what_people_write_comes_back_as_it_was(body):
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id, body)
    assert selectors.message_get(talk.as_therapist, message.id).body == body


def test_nobody_and_strangers_cannot_send():
    talk = factories.talk()
    with pytest.raises(Unauthenticated):
        factories.send(Actor.anonymous(via=Via.API), talk.id)
    for stranger in (people.patient(), people.therapist(), people.support(), people.admin()):
        for body in (HARMLESS, BLOCKED):
            with pytest.raises(NotFound) as refused:
                factories.send(people.actor(stranger), talk.id, body)
            assert refused.value.exists
    with pytest.raises(NotFound) as refused:
        factories.send(talk.as_patient, uuid.uuid4())
    assert not refused.value.exists
    assert factories.message_rows(talk.id) == factories.audit_rows(talk.id) == []


def test_a_token_of_another_practice_does_not_reach_the_conversation():
    talk = factories.talk()
    elsewhere = Actor(user_id=talk.therapist.id, via=Via.API, token_id=uuid.uuid4(), practice_id=uuid.uuid4())
    with pytest.raises(NotFound):
        factories.send(elsewhere, talk.id)
    with pytest.raises(NotFound):
        selectors.conversation_get(elsewhere, talk.id)
    assert selectors.conversation_list(elsewhere).items == []


@override_settings(MESSAGES_PER_MINUTE=2, RATE_FACTOR=1)
def test_too_many_sends_are_refused_with_the_time_to_wait():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    factories.send(talk.as_patient, talk.id)
    with pytest.raises(RateLimited) as refused:
        factories.send(talk.as_patient, talk.id)
    assert 1 <= refused.value.retry_after <= 30
    factories.send(talk.as_therapist, talk.id)


def test_a_send_survives_a_serialization_failure(retry_once):
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    factories.send(talk.as_patient, talk.id, CRISIS)
    assert [row.seq for row in factories.message_rows(talk.id)] == [1, 2]
    assert len(factories.audit_rows(talk.id)) == 2
    assert CrisisAlert.objects.unscoped(reason="test").count() == 1


def test_nothing_is_added_once_the_patients_key_is_gone():
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id)
    vault.key_destroy(talk.as_patient, talk.patient.id, at=AT)
    with pytest.raises(ConversationReadOnly):
        factories.send(talk.as_therapist, talk.id)
    assert selectors.message_get(talk.as_patient, message.id).body is None


def test_a_body_moved_to_another_message_does_not_open():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, "one")
    factories.send(talk.as_patient, talk.id, "two")
    one, two = factories.message_rows(talk.id)
    with pytest.raises(vault.SealBroken):
        vault.open(one.body, factories.place_of(two))


def test_a_message_moved_to_another_conversation_does_not_open_and_is_found():
    talk, other = factories.talk(), factories.talk()
    message = factories.send(talk.as_patient, talk.id, "one")
    every = Message.objects.unscoped(reason="test")
    assert list(audit.messages_witness()) == []
    every.filter(pk=message.id).update(conversation_id=other.id)
    assert selectors.message_get(other.as_patient, message.id).body is None
    assert list(audit.messages_witness()) == [("altered", "messaging_message", message.id)]


@pytest.mark.parametrize(
    "change", [{"outcome": "blur"}, {"categories": ["hate"]}, {"body_hash": b"x" * 32}], ids=str
)
def test_a_message_that_is_not_as_it_was_sent_is_found(change):
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id, "one")
    Message.objects.unscoped(reason="test").filter(pk=message.id).update(**change)
    assert list(audit.messages_witness()) == [("altered", "messaging_message", message.id)]


def test_a_message_without_its_line_of_the_record_is_found():
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id, "one")
    (row,) = factories.message_rows(talk.id)
    row.pk = uuid.uuid4()
    row.seq, row.change, row.sent_change, row.client_id = 2, 2, 2, uuid.uuid4()
    row.save(force_insert=True)
    assert message.id != row.pk
    assert list(audit.messages_witness()) == [("inserted", "messaging_message", row.pk)]


def test_one_damaged_message_does_not_hide_the_others():
    talk = factories.talk()
    one, two = (factories.send(talk.as_patient, talk.id, text) for text in ("one", "two"))
    Message.objects.unscoped(reason="test").filter(pk=one.id).update(body=b"\x01" + bytes(60))
    page = selectors.message_list(talk.as_therapist, talk.id)
    assert [message.body for message in page.items] == [None, "two"]
    assert selectors.conversation_list(talk.as_therapist).items[0].last_message.id == two.id


@pytest.mark.parametrize("ip", ["2001:DB8:0::0001", "fe80::1%eth0", "not an ip", "192.0.2.7:4711"])
def test_the_records_rows_prove_themselves_whatever_a_proxy_claims(ip):
    talk = factories.talk()
    factories.send(replace(talk.as_patient, ip=ip), talk.id)
    (line,) = factories.audit_rows(talk.id)
    values = {column: getattr(line, column) for column in audit.AUDIT_SOURCE.columns}
    assert observability_services.row_mac(audit.AUDIT_SOURCE, values) == bytes(line.mac)
