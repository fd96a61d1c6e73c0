"""Care begins and ends in accounts; conversations follow through the outbox."""

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock, registry
from messaging import selectors
from messaging.models import Conversation
from messaging.tests.factories import AT
from observability import services as observability_services

pytestmark = pytest.mark.django_db


def drain():
    run = observability_services.outbox_drain(people.SYSTEM, at=clock.now())
    assert (run.failed, run.dead) == (0, 0)


def test_an_assignment_brings_a_conversation_and_its_end_closes_it():
    patient, therapist = people.patient(), people.therapist()
    care = people.assignment(patient, therapist)
    drain()
    (seen,) = selectors.conversation_list(people.actor(patient)).items
    assert not seen.read_only
    assert seen.practice_id == care.practice_id
    accounts_services.assignment_end(people.actor(therapist), care.id, "moved", at=AT)
    drain()
    (seen,) = selectors.conversation_list(people.actor(patient)).items
    assert seen.read_only


def test_events_that_come_in_the_wrong_order_leave_the_truth():
    patient, therapist = people.patient(), people.therapist()
    care = people.assignment(patient, therapist)
    accounts_services.assignment_end(people.actor(therapist), care.id, "moved", at=AT)
    drain()
    assert not Conversation.objects.unscoped(reason="test").filter(read_only_at=None).exists()


def test_each_practice_has_its_own_conversation():
    patient, therapist, owner = people.patient(), people.therapist(), people.therapist()
    solo = people.practice_of(therapist)
    group = people.practice(owner, therapist)
    people.assignment(patient, therapist, practice_id=solo)
    people.assignment(patient, therapist, practice_id=group)
    drain()
    found = Conversation.objects.unscoped(reason="test").values_list("practice_id", flat=True)
    assert sorted(found) == sorted([group, solo])


def test_messaging_listens_to_care():
    for name in ("accounts.assignment.started", "accounts.assignment.ended"):
        assert "messaging.conversation_follow" in registry.subscriptions(name)
