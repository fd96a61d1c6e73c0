"""Nothing in the two descriptions is only ever refused: each operation and each frame is seen to do what it
is for, with input that is right, and its answer held against the description.

Of the REST API the permission table has most (`bloom/tests/permissions/test_routes.py` holds each of its
answers against the description); what no row of it can do in its world is done here.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.files.tests import documents, pictures
from bloom.kernel import clock
from bloom.realtime.tests import board
from bloom.realtime.tests.conftest import Server, servers
from bloom.tests.contract import described
from bloom.tests.contract.test_socket import ACK, ASKED, TOLD, Walker, check
from bloom.tests.permissions.rest_table import REST
from bloom.tests.permissions.world import World, world_make
from observability import services as observability_services
from scheduling.models import Appointment
from scheduling.telehealth import services as telehealth
from scheduling.tests import video

AREAS = ("profile", "people", "assignments", "conversations", "practices", "billing", "files", "scheduling")
SECONDS = 20


# REST -------------------------------------------------------------------------------------------------------


class Program:
    """Somebody's program, whose answers are held against the description; `done` is what succeeded. What asks
    for a proof of a moment ago no token does: `fresh` sends the cookie of somebody who has just signed in.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.done: set[tuple[str, str]] = set()

    def ask(
        self, role: str, method: str, path: str, body: Any = None, *, fresh: bool = False, **more: Any
    ) -> Any:
        client = Client()
        if fresh:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.world.fresh_cookies[role]
        else:
            token = self.world.token(role, *(f"{area}:write" for area in AREAS))
            client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        more = {"content_type": "application/json", **more}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body)
        answer = getattr(client, method.lower())(f"/api/v1/{path}", data or b"", **more)
        content = answer.getvalue()
        found = json.loads(content) if content else None
        described.answer_check(method, f"/api/v1/{path}", answer.status_code, answer.headers, found)
        assert answer.status_code < 300, (method, path, answer.status_code, found)
        self.done.add((method, _pattern(f"/api/v1/{path}")))
        return found


def _pattern(path: str) -> str:
    """The described address that a real one is of."""
    patterns = {pattern for pattern, _method, _operation in described.operations()}
    return next(each for each in patterns if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path))


def _photo(program: Program, ids: Any) -> None:
    form = encode_multipart(BOUNDARY, {"photo": SimpleUploadedFile("photo.jpg", pictures.picture())})
    program.ask("patient", "PUT", "me/photo/", form, content_type=MULTIPART_CONTENT)
    assert program.ask("patient", "GET", "me/photo/")["link"]


def _care(program: Program, ids: Any) -> None:
    program.ask("support", "POST", "connections/", ids["new_care"])
    # One proposal at a time is about a care.
    program.ask("therapist", "POST", f"connections/{ids['proposal_id']}/withdraw/")
    next_care = {"therapist": str(ids["next_therapist_id"])}
    program.ask("therapist", "POST", f"assignments/{ids['assignment_id']}/transfer/", next_care)


def _upload(program: Program, ids: Any) -> None:
    pdf = documents.pdf()
    told = {"name": "plan.pdf", "size": len(pdf), "content_type": "application/pdf"}
    asked = program.ask("patient", "POST", "uploads/", told)
    path = re.sub(r"^https?://[^/]+", "", asked["url"])
    sent = Client().post(path, {**asked["fields"], "file": SimpleUploadedFile("plan.pdf", pdf)})
    assert sent.status_code < 300, sent.content
    program.ask("patient", "POST", f"uploads/{asked['id']}/complete/")


def _copy(program: Program, ids: Any) -> None:
    path = f"conversations/{ids['conversation_id']}/copies/"
    program.ask("patient", "POST", path, {"format": "json"}, fresh=True)
    accounts_services.exports_run(people.SYSTEM, at=clock.now())
    link = program.ask("patient", "GET", path)["copy"]["link"]
    copied = program.ask("patient", "GET", re.sub(r"^.*/api/v1/", "", link))
    assert len(copied["messages"]) == 3


def _appointments(program: Program, ids: Any) -> None:
    week = [{"weekday": day, "from": "00:00", "until": "24:00"} for day in range(7)]
    asked_for = {"time_zone": "UTC", "week": week, "needs_approval": True, "version": 1}
    program.ask("therapist", "PATCH", "availability/", asked_for)
    wanted = {"therapist": str(ids["therapist_id"]), "service": str(ids["service_id"])}
    requested = []
    for hours in range(2):
        starts_at = clock.to_wire(ids["free_at"] + timedelta(hours=hours))
        hold = program.ask("patient", "POST", "holds/", {**wanted, "starts_at": starts_at})
        requested.append(program.ask("patient", "POST", "appointments/", {"hold": hold["id"]})["id"])
    held, declined = requested
    program.ask("therapist", "POST", f"appointments/{declined}/decline/")
    program.ask("therapist", "POST", f"appointments/{held}/confirm/")
    an_hour_ago = clock.now() - timedelta(hours=1)
    Appointment.objects.unscoped(reason="time passes").filter(id=held).update(
        starts_at=an_hour_ago, ends_at=an_hour_ago + timedelta(minutes=50)
    )
    program.ask("therapist", "POST", f"appointments/{held}/complete/")
    program.ask("therapist", "POST", f"appointments/{held}/no-show/")


def _series(program: Program, ids: Any) -> None:
    of = f"appointments/{ids['appointment_id']}/"
    program.ask("therapist", "POST", f"{of}repeat/", {"frequency": "weekly", "count": 3})
    (first, *_later) = program.ask("patient", "GET", f"{of}series/")["coming"]
    moved = Appointment.objects.unscoped(reason="where it is").get(id=first["appointment"]).starts_at
    later = {"starts_at": clock.to_wire(moved + timedelta(minutes=60)), "scope": "following"}
    program.ask("therapist", "POST", f"{of}series/move/", later)
    assert program.ask("patient", "POST", f"{of}series/end/", {"scope": "all"})["cancelled"] == 3


BESIDE_THE_TABLE: tuple[Callable[[Program, Any], None], ...] = (
    _photo,
    _upload,
    _copy,
    _appointments,
    _series,
    # At its end the two are in each other's care no more.
    _care,
)


@pytest.mark.django_db
def test_every_operation_is_seen_to_succeed(tmp_path: Any, settings: Any) -> None:
    settings.RATE_FACTOR = 1000
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }
    world = world_make()
    program = Program(world)
    for work in BESIDE_THE_TABLE:
        work(program, world.ids)
    in_table = {
        (row.method, "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", row.route))
        for row in REST
        if any(word.startswith("2") for word in row.expect.values())
    }
    everything = {(method, path) for path, method, _operation in described.operations()}
    missing = everything - in_table - program.done
    assert not missing, f"never seen to succeed: {sorted(missing)}"


# The socket -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock():
        board.schema_create()
        with servers(1, BLOOM_RATE_FACTOR="1000") as [one]:
            yield one


@pytest.fixture
def world(transactional_db: None) -> World:
    return world_make()


def test_every_frame_is_seen_to_succeed_and_every_push_to_come(server: Server, world: World) -> None:
    scopes = [f"{area}:write" for area in AREAS]
    tokens = {role: world.token(role, *scopes) for role in ("patient", "therapist", "support")}
    conversation, hidden = str(world.ids["conversation_id"]), str(world.ids["message_id"])
    walkers = [Walker(server, tokens[role]) for role in ("patient", "therapist")]
    patient, therapist = walkers
    succeeded: set[str] = set()

    def by_rest(role: str, method: str, path: str, body: Any) -> None:
        answer = requests.request(
            method,
            f"{server.http}/api/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {tokens[role]}"},
            timeout=SECONDS,
        )
        assert answer.status_code < 300, answer.text

    async def done(walker: Walker, name: str, **fields: Any) -> Any:
        answer = await walker.step({"type": name, **fields})
        if "x-answer" in ASKED[name]:
            assert answer is not None, name
            assert answer["ok"], answer
            check(ACK["payload"], {**answer, "data": {}})
        else:
            assert answer is None, answer
        succeeded.add(name)
        return answer and answer["data"]

    def arrive() -> None:
        said_by = people.actor(world.people["patient"])
        telehealth.arrival_tell(said_by, world.ids["room_id"], video.ARRIVAL, at=clock.now())

    async def meet() -> None:
        """By video: let in, on another page since, and over for both."""
        room, host, guest = {"appointment": str(world.ids["room_id"])}, str(uuid4()), str(uuid4())
        await done(therapist, "video:join", **room, device=host)
        # As the patient's page does, while their therapist's is open.
        await asyncio.to_thread(arrive)
        await done(patient, "video:join", **room, device=str(uuid4()))
        await done(patient, "video:join", **room, device=guest)
        await done(therapist, "video:admit", **room)
        await done(patient, "video:signal", **room, to=host, data="{}")
        await done(therapist, "video:signal", **room, to=guest, data="{}")
        await done(patient, "video:state", **room)
        await done(patient, "video:leave", **room)
        await done(therapist, "video:end", **room)

    async def walk() -> None:
        for walker in walkers:
            await walker.open()
        await done(patient, "ping")
        await done(patient, "session:resume", cursors={conversation: 0})
        await done(therapist, "presence:set", status="available")
        await done(patient, "presence:set", status="away")
        await done(patient, "user:typing", conversation=conversation, typing=True)
        client_id = str(uuid4())
        sent = await done(
            patient, "message:send", conversation=conversation, client_id=client_id, body="I slept well."
        )
        await done(therapist, "reaction:toggle", message=sent["id"], emoji="\N{SEEDLING}", on=True)
        await done(therapist, "receipt:read", conversation=conversation, seq=sent["seq"])
        await done(patient, "message:reveal", message=hidden)
        await done(patient, "message:edit", message=sent["id"], body="I slept badly.")
        await done(patient, "message:delete", message=sent["id"])
        await meet()
        path = f"conversations/{conversation}/"
        await asyncio.to_thread(by_rest, "patient", "PATCH", path, {"muted": True})
        new_care = {"patient": str(world.ids["next_care"]["patient"]), "therapist": ""}
        new_care["therapist"] = str(world.people["other therapist"].pk)
        await asyncio.to_thread(by_rest, "support", "POST", "connections/", new_care)
        # As a worker does.
        await asyncio.to_thread(observability_services.outbox_drain, people.SYSTEM, at=clock.now())
        async with asyncio.timeout(SECONDS):
            while not set(TOLD) <= patient.seen | therapist.seen:
                await patient.step({"type": "ping"})
                await therapist.step({"type": "ping"})
                await asyncio.sleep(0.1)
        for walker in walkers:
            await walker.client.close()

    # What did not come in time is named below.
    with contextlib.suppress(TimeoutError):
        asyncio.run(walk())
    assert not set(ASKED) - succeeded, f"never seen to succeed: {sorted(set(ASKED) - succeeded)}"
    missing = set(TOLD) - patient.seen - therapist.seen
    assert not missing, f"never seen to come: {sorted(missing)}"
    assert not patient.closed + therapist.closed
