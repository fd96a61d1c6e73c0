"""What is unread, for whom, and how it becomes read."""

import pytest

from accounts.tests import factories as people
from bloom.kernel.errors import NotFound
from messaging import selectors, services
from messaging.tests import factories
from messaging.tests.factories import AT

pytestmark = pytest.mark.django_db


def unread(actor, conversation_id):
    return selectors.conversation_get(actor, conversation_id).unread


def test_what_others_wrote_is_unread_until_it_is_read():
    talk = factories.talk()
    for _ in range(3):
        factories.send(talk.as_patient, talk.id)
    assert (unread(talk.as_patient, talk.id), unread(talk.as_therapist, talk.id)) == (0, 3)
    mark = services.conversation_read(talk.as_therapist, talk.id, 2, at=AT)
    assert (mark.read_seq, mark.unread) == (2, 1)
    assert services.conversation_read(talk.as_therapist, talk.id, 1, at=AT).read_seq == 2
    assert services.conversation_read(talk.as_therapist, talk.id, 99, at=AT).read_seq == 3
    assert selectors.unread_total(talk.as_therapist) == 0


def test_an_answer_does_not_pretend_that_everything_was_read():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    factories.send(talk.as_patient, talk.id)
    factories.send(talk.as_therapist, talk.id)
    factories.send(talk.as_patient, talk.id)
    factories.send(talk.as_therapist, talk.id)
    assert unread(talk.as_therapist, talk.id) == 3
    mark = services.conversation_read(talk.as_therapist, talk.id, 1, at=AT)
    assert (mark.read_seq, mark.unread) == (1, 2)
    assert unread(talk.as_therapist, talk.id) == selectors.unread_total(talk.as_therapist) == 2
    assert services.conversation_read(talk.as_therapist, talk.id, 5, at=AT).unread == 0
    factories.send(talk.as_therapist, talk.id)
    assert factories.member_row(talk.id, talk.therapist.id).read_seq == 6


def test_strangers_cannot_mark_as_read():
    talk = factories.talk()
    with pytest.raises(NotFound) as refused:
        services.conversation_read(people.actor(people.therapist()), talk.id, 0, at=AT)
    assert refused.value.exists
