"""Attacks by reactions and by typing: scripts in emoji, floods, other people's messages and rooms."""

import json
import uuid

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings
from django.db import connections
from django.test import Client

from accounts.tests import factories as people
from messaging import services
from messaging.models import Reaction
from messaging.tests import factories
from messaging.tests.factories import AT, Event
from messaging.tests.sockets import sockets

JSON = {"content_type": "application/json"}
PLANT = "\N{SEEDLING}"


@pytest.fixture
def talk(transactional_db):
    yield factories.talk()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def browser(person):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = people.session_key(person)
    return client


def react(person, message_id, emoji, on=True):
    return browser(person).post(
        f"/api/v1/messages/{message_id}/reactions/", json.dumps({"emoji": emoji, "on": on}), **JSON
    )


def reactions():
    return Reaction.objects.unscoped(reason="test").count()


@pytest.mark.parametrize(
    "emoji",
    [
        "<script>alert(1)</script>",
        "<img src=x>",
        ":custom:",
        "{{ 7*7 }}",
        PLANT * 30,
        PLANT + "\u202e",
        "\0",
        5,
        None,
    ],
    ids=ascii,
)
def test_nothing_but_an_emoji_is_stored(talk, emoji):
    """ASVS 5 V2.2.1: a list of what is allowed, so no script, markup or custom picture can be stored."""
    message = factories.send(talk.as_patient, talk.id)
    assert react(talk.patient, message.id, emoji).status_code == 400
    assert reactions() == 0


def test_a_strangers_reaction_does_not_tell_whether_the_message_exists(talk):
    """ASVS 5 V8.2.2: another's message and one that is not there get the same answer."""
    message = factories.send(talk.as_patient, talk.id)
    stranger = people.therapist()
    answers = [react(stranger, each, PLANT) for each in (message.id, uuid.uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert reactions() == 0


def test_one_cannot_take_back_anothers_reaction(talk):
    """ASVS 5 V8.2.2: "off" is one's own reaction off."""
    message = factories.send(talk.as_patient, talk.id)
    react(talk.patient, message.id, PLANT)
    assert react(talk.therapist, message.id, PLANT, on=False).json()["reactions"] == [
        {"emoji": PLANT, "count": 1, "mine": False}
    ]


def test_on_and_off_in_a_loop_is_told_to_wait(talk, settings):
    """ASVS 5 V2.4.1: each change wakes every device of the room, so a flood is cut off."""
    settings.REACTIONS_PER_MINUTE, settings.RATE_FACTOR = 3, 1
    message = factories.send(talk.as_patient, talk.id)
    answers = [react(talk.patient, message.id, PLANT, on=bool(number % 2)) for number in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["Retry-After"]


async def test_typing_in_a_room_that_one_is_not_in_is_refused_and_heard_by_nobody(talk):
    """ASVS 5 V8.2.2: a stranger's sign does not reach the room, and the attempt is on record."""
    stranger = await sync_to_async(people.therapist)()
    async with sockets(stranger, talk.patient, talk.therapist) as (outside, patient, therapist):
        ack = await outside.ask("user:typing", conversation=talk.id, typing=True)
        assert ack["error"]["code"] == "not_found"
        assert await patient.silence() == await therapist.silence() == []
    refused = Event.objects.unscoped(reason="test").filter(name="observability.access.refused")
    assert await sync_to_async(refused.count)() == 1


async def test_typing_on_and_off_in_a_loop_is_heard_once(talk, monkeypatch):
    """ASVS 5 V2.4.1: who says "stopped" in between is not told on any more often."""
    monkeypatch.setattr("messaging.services.typing.AGAIN_SECONDS", 60.0)
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        for number in range(20):
            await patient.write(
                json.dumps({"type": "user:typing", "conversation": str(talk.id), "typing": number % 2 == 0})
            )
        await patient.ask("ping")
        assert [frame["typing"] for frame in await therapist.silence()] == [True, False]


async def test_a_flood_of_typing_is_heard_once(talk):
    """ASVS 5 V2.4.1: however often a client says it, the others are woken every few seconds at most."""
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        for _ in range(50):
            await patient.write(
                json.dumps({"type": "user:typing", "conversation": str(talk.id), "typing": True})
            )
        await therapist.of_type("user:typing")
        await patient.ask("ping")
        assert await therapist.silence() == []


def test_a_deleted_messages_reactions_are_gone_with_it(talk):
    """ASVS 5 V14.2.6: nothing of a deleted message is shown but that it was there."""
    message = factories.send(talk.as_patient, talk.id)
    react(talk.therapist, message.id, PLANT)
    services.message_delete(talk.as_patient, message.id, at=AT)
    page = browser(talk.therapist).get(f"/messages/{talk.id}/").content.decode()
    assert f'data-emoji="{PLANT}"' not in page
