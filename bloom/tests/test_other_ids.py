"""Somebody else's ids, in every field of every frame that takes one, and in every body of the API that does:
the answer is that of an id which is nobody's, nothing changes, and nobody else hears of it.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client

import bloom.asgi  # noqa: F401 - every app's frames are registered with the application
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.realtime import registry
from messaging.tests import factories
from messaging.tests.sockets import sockets
from scheduling.tests import video

# What a client makes itself names nothing of anybody's, nor does the name of a page within a room.
OWN = {("message:send", "client_id"), ("video:join", "device"), ("video:signal", "to")}

FRAMES: dict[tuple[str, str], Callable[[Any], dict[str, Any]]] = {
    ("message:send", "conversation"): lambda of: {
        "conversation": of.talk,
        "client_id": uuid.uuid4(),
        "body": "Hello.",
    },
    ("message:send", "attachments"): lambda of: {
        "conversation": of.mine,
        "client_id": uuid.uuid4(),
        "body": "Hello.",
        "attachments": [of.upload],
    },
    ("message:edit", "message"): lambda of: {"message": of.message, "body": "Hello."},
    ("message:delete", "message"): lambda of: {"message": of.message},
    ("message:reveal", "message"): lambda of: {"message": of.message},
    ("reaction:toggle", "message"): lambda of: {
        "message": of.message,
        "emoji": "\N{SEEDLING}",
        "on": True,
    },
    ("receipt:read", "conversation"): lambda of: {"conversation": of.talk, "seq": 1},
    ("user:typing", "conversation"): lambda of: {"conversation": of.talk, "typing": True},
    ("session:resume", "cursors"): lambda of: {"cursors": {str(of.talk): 0}},
    ("video:join", "appointment"): lambda of: {"appointment": of.room, "device": uuid.uuid4()},
    ("video:state", "appointment"): lambda of: {"appointment": of.room},
    ("video:signal", "appointment"): lambda of: {"appointment": of.room, "to": uuid.uuid4(), "data": "{}"},
    ("video:admit", "appointment"): lambda of: {"appointment": of.room},
    ("video:leave", "appointment"): lambda of: {"appointment": of.room},
    ("video:end", "appointment"): lambda of: {"appointment": of.room},
}

BODIES: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "open": ("conversations/", lambda of: {"person": str(of.person)}),
    "attach": (
        "conversations/{mine}/messages/",
        lambda of: {"client_id": str(uuid.uuid4()), "body": "Hello.", "attachments": [str(of.upload)]},
    ),
    "assign": ("assignments/", lambda of: {"patient": str(of.patient), "therapist": str(of.person)}),
    "ask": ("connections/", lambda of: {"patient": str(of.patient), "therapist": str(of.person)}),
    "notices": ("notices/read/", lambda of: {"notices": [str(of.message)]}),
}


class Of:
    """One's own conversation, and things of two others."""

    def __init__(self) -> None:
        self.own, self.others = factories.talk(), factories.talk()
        self.mine, self.talk = self.own.id, self.others.id
        self.message = factories.send(self.others.as_patient, self.talk, at=clock.now()).id
        self.upload = factories.upload(self.others.as_patient, at=clock.now())
        self.person, self.patient = self.others.therapist.pk, self.others.patient.pk
        self.room = video.room_open(self.others).id

    def stand(self) -> list[Any]:
        """What the two others have."""
        rows = factories.message_rows(self.talk) + factories.message_rows(self.mine)
        members = [
            factories.member_row(self.talk, person.pk).read_seq
            for person in (self.others.patient, self.others.therapist)
        ]
        return [*[(row.id, row.change, row.deleted_at, row.edited_at) for row in rows], *members]


class Nobodys(Of):
    """The same shape, of things that are nobody's."""

    def __init__(self, of: Of) -> None:
        self.mine = of.mine
        self.talk, self.message, self.upload, self.person, self.patient = (uuid.uuid4() for _each in range(5))
        self.room = uuid.uuid4()


@pytest.fixture
def of(transactional_db, settings):
    settings.RATE_FACTOR = 1000
    yield Of()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def said(answer: dict[str, Any]) -> Any:
    """What an answer tells, but for the names of its frame."""
    return {key: value for key, value in answer.items() if key != "ref"}


async def asked(socket: Any, frame: str, data: dict[str, Any]) -> dict[str, Any]:
    """The answer, or that there is none."""
    await socket.write(json.dumps({"type": frame, "ref": "it", **data}, default=str))
    await socket.ask("ping")
    found = [each for each in socket.frames if each.get("ref") == "it"]
    socket.frames.clear()
    return said(found[0]) if found else {}


@pytest.mark.parametrize(("frame", "field"), FRAMES, ids=lambda word: word)
async def test_in_a_frame(of, frame, field):
    before = await sync_to_async(of.stand)()
    async with sockets(of.own.patient, of.others.patient, of.others.therapist) as (mine, *theirs):
        answer = await asked(mine, frame, FRAMES[frame, field](of))
        nobodys = await asked(mine, frame, FRAMES[frame, field](Nobodys(of)))
        heard = [await other.silence() for other in theirs]
    assert answer == nobodys
    assert not answer.get("ok") or answer["data"] == {"behind": {}}
    assert heard == [[], []]
    assert await sync_to_async(of.stand)() == before


@pytest.mark.parametrize("name", BODIES)
def test_in_a_body(of, name):
    path, body = BODIES[name]
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = people.session_key(of.own.patient)
    before = of.stand()
    answers = [
        client.post(f"/api/v1/{path.format(mine=of.mine)}", json.dumps(body(whose)), "application/json")
        for whose in (of, Nobodys(of))
    ]
    theirs, nobodys = ({**each.json(), "request_id": None, "status": each.status_code} for each in answers)
    assert theirs == nobodys
    assert theirs["status"] in {400, 403, 404, 409} or theirs.get("read") == 0
    assert of.stand() == before


def test_every_field_that_takes_an_id_is_here() -> None:
    def names_one(kind: Any) -> bool:
        return kind is uuid.UUID or any(names_one(each) for each in get_args(kind))

    found = {
        (name, field.encode_name)
        for name, frame in registry.frames().items()
        if not name.startswith("board:")
        for field in msgspec.structs.fields(frame.shape)
        if names_one(field.type)
    }
    assert found - OWN == set(FRAMES)
