"""When two people have a conversation, and when they can only read it."""

import uuid

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel.errors import NotFound
from messaging import selectors, services
from messaging.errors import ConversationReadOnly, NoSharedCare
from messaging.models import Conversation
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, HARMLESS, event_names

pytestmark = pytest.mark.django_db


def test_both_open_the_same_conversation():
    talk = factories.talk()
    again = services.conversation_open(talk.as_therapist, talk.patient.id, at=AT)
    assert (again.created, again.conversation.id) == (False, talk.id)
    assert {(member.id, member.role.value) for member in again.conversation.members} == {
        (talk.patient.id, "patient"),
        (talk.therapist.id, "therapist"),
    }
    assert event_names() == ["messaging.conversation.opened"]


def test_without_care_there_is_no_conversation():
    patient, listed = people.patient(), people.therapist()
    with pytest.raises(NotFound):
        services.conversation_open(people.actor(patient), uuid.uuid4(), at=AT)
    people.practice_list_publicly(people.practice_of(listed))
    with pytest.raises(NoSharedCare):
        services.conversation_open(people.actor(patient), listed.id, at=AT)
    with pytest.raises(NotFound):
        services.conversation_open(people.actor(listed), patient.id, at=AT)
    assert not Conversation.objects.unscoped(reason="test").exists()


def test_a_conversation_can_only_be_read_once_care_has_ended():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    accounts_services.assignment_end(talk.as_therapist, talk.assignment_id, "moved", at=AT)
    factories.follow(talk)
    for actor in (talk.as_patient, talk.as_therapist):
        assert selectors.conversation_get(actor, talk.id).read_only
        assert len(selectors.message_list(actor, talk.id).items) == 1
        for body in (HARMLESS, BLOCKED):
            with pytest.raises(ConversationReadOnly):
                factories.send(actor, talk.id, body)
    assert services.conversation_open(talk.as_patient, talk.therapist.id, at=AT).conversation.id == talk.id

    people.assignment(talk.patient, talk.therapist)
    factories.follow(talk)
    factories.follow(talk)
    assert factories.send(talk.as_patient, talk.id).seq == 2
    assert event_names() == [
        "messaging.conversation.opened",
        "messaging.conversation.closed",
        "messaging.conversation.opened",
    ]


def test_a_late_or_doubled_event_changes_nothing():
    talk = factories.talk()
    for _ in range(2):
        factories.follow(talk)
    assert not selectors.conversation_get(talk.as_patient, talk.id).read_only
    assert event_names() == ["messaging.conversation.opened"]
