"""Who learns that somebody is here: the people of a conversation that lives, unless one hides it."""

import asyncio
import json

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.apps import apps
from django.db import connections
from redis.exceptions import ConnectionError as RedisDown

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.realtime import hub, presence, presence_watch
from messaging import selectors
from messaging.tests import factories
from messaging.tests.factories import AT
from messaging.tests.sockets import sockets

Role = apps.get_model("accounts", "Role")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The same, in less time."""
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(presence, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(presence_watch, "GATHER_SECONDS", 0.02)
    monkeypatch.setattr(presence_watch, "SWEEP_SECONDS", 0.05)
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def talk(transactional_db):
    return factories.talk()


@pytest.fixture
def unknown(transactional_db):
    return people.patient()


async def here(socket, status="available"):
    await socket.write(json.dumps({"type": "presence:set", "status": status}))
    await socket.ask("ping")


async def told(socket, person, status):
    frame = await socket.of_type("presence:update")
    assert frame == {"type": "presence:update", "person": str(person.pk), "status": status}


async def nothing(socket):
    await asyncio.sleep(0.4)
    assert [each for each in await socket.silence() if each["type"] == "presence:update"] == []


async def test_the_two_of_a_conversation_see_each_other_come_and_go(talk, unknown):
    async with sockets(talk.patient, talk.therapist, unknown) as (patient, therapist, stranger):
        for each in (stranger, patient, therapist):
            await here(each)
        await told(therapist, talk.patient, "available")
        await told(patient, talk.therapist, "available")
        await here(patient, "away")
        await told(therapist, talk.patient, "away")
        await nothing(stranger)


async def test_a_patient_sees_their_therapist_whichever_practice_they_work_for_now(transactional_db):
    def both():
        works_too = people.therapist()
        accounts_services.role_grant(people.SYSTEM, works_too.id, "patient", at=AT)
        return factories.talk(patient=works_too)

    talk = await sync_to_async(both)()
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        await here(patient)
        await told(therapist, talk.patient, "available")
        # Told to who is there, and to who comes.
        await here(therapist)
        await told(patient, talk.therapist, "available")
        async with sockets(talk.patient) as (later,):
            await here(later)
            await told(later, talk.therapist, "available")


async def test_where_care_has_ended_nobody_is_seen(talk):
    await sync_to_async(accounts_services.assignment_end)(talk.as_therapist, talk.assignment_id, "", at=AT)
    await sync_to_async(factories.follow)(talk)
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        for each in (patient, therapist):
            await here(each)
        for each in (patient, therapist):
            await nothing(each)


@sync_to_async
def hide(person, *, shown=False):
    accounts_services.profile_change(people.actor(person), shows_presence=shown, at=AT)


async def test_whoever_hides_it_is_gone_at_once_and_sees_others(talk):
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        for each in (patient, therapist):
            await here(each)
        await told(therapist, talk.patient, "available")
        await told(patient, talk.therapist, "available")
        await hide(talk.patient)
        await told(therapist, talk.patient, "offline")
        await here(patient, "away")
        await nothing(therapist)
        await here(therapist, "away")
        await told(patient, talk.therapist, "away")
        await hide(talk.patient, shown=True)
        await told(therapist, talk.patient, "away")


@pytest.fixture
def helper(talk):
    """A patient who also works for the platform."""
    Role.objects.create(user=talk.patient, role="support", granted_at=AT)


async def test_staff_are_not_seen_whatever_else_they_are(talk, helper, settings):
    settings.MFA_POLICY = dict.fromkeys(settings.MFA_POLICY, "off")
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        for each in (therapist, patient):
            await here(each)
        await told(patient, talk.therapist, "available")
        await nothing(therapist)


async def test_without_redis_nobody_is_shown_and_nothing_fails(talk, monkeypatch):
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        for each in (patient, therapist):
            await here(each)
        await told(therapist, talk.patient, "available")
        running = hub.running()

        async def down(*args, **kwargs):
            raise RedisDown

        with monkeypatch.context() as broken:
            broken.setattr(running.redis, "zrangebyscore", down)
            await told(therapist, talk.patient, "offline")
            assert (await therapist.ask("ping"))["ok"]
        await told(therapist, talk.patient, "available")


def test_circles_are_conversations_that_live_and_cost_two_queries(talk, django_assert_num_queries):
    other = factories.talk(therapist=talk.therapist)
    ended = factories.talk(therapist=talk.therapist)
    accounts_services.assignment_end(ended.as_therapist, ended.assignment_id, "", at=AT)
    factories.follow(ended)
    with django_assert_num_queries(2):
        found = selectors.conversation_circles(
            people.SYSTEM, [talk.therapist.pk, talk.patient.pk, ended.patient.pk]
        )
    (seen,) = found[talk.therapist.pk]
    assert (seen.practice_id, seen.is_patient) == (talk.practice_id, False)
    assert set(seen.people) == set(seen.patients) == {talk.patient.pk, other.patient.pk}
    (seen,) = found[talk.patient.pk]
    assert (seen.practice_id, seen.is_patient) == (talk.practice_id, True)
    assert (seen.people, seen.patients) == ((talk.therapist.pk,), ())
    assert ended.patient.pk not in found
