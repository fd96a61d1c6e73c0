"""Bloom's own video through real sockets: who finds whom, who is let in, and who is not."""

import json
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections
from redis.exceptions import RedisError

import bloom.asgi  # noqa: F401 - every app's frames are registered with the application
from accounts.tests import factories as people
from bloom.kernel import clock, redis_client
from messaging.tests.sockets import Socket, sockets
from observability import services as observability
from observability.models import Event
from scheduling import services as scheduling
from scheduling.models import RoomEvent
from scheduling.telehealth import rooms, selectors, services
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.services import rooms as room_services
from scheduling.telehealth.types_rooms import SIGNAL_BYTES_MOST
from scheduling.tests import factories, video
from scheduling.types import AppointmentState, Mode

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = "observability.access.refused"


@pytest.fixture(autouse=True)
def no_connection_outlives_the_test():
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def rooms_drop() -> None:
    client = redis_client.get()
    for key in client.scan_iter("bloom:room*"):
        client.delete(key)


@pytest.fixture(autouse=True)
def no_room_outlives_the_test():
    rooms_drop()
    yield
    rooms_drop()


@sync_to_async
def unheard(appointment, role: str) -> None:
    """Nothing has been heard of their page for longer than a seat lasts."""
    client, key = redis_client.get(), f"bloom:room:{appointment.id}"
    seat = json.loads(client.hget(key, role))
    seat["beat"] -= (rooms.LASTS_SECONDS + 1) * 1000
    client.hset(key, role, json.dumps(seat))
    client.zadd("bloom:rooms", {str(appointment.id): seat["beat"]})


@pytest.fixture
def desk(transactional_db, settings):
    settings.RATE_FACTOR = 100
    return factories.desk()


@pytest.fixture
def appointment(desk):
    made = video.room_of(desk)
    video.ready(desk, made)
    return made


class Guest:
    """A socket, and the page that it is of."""

    def __init__(self, socket: Socket, appointment) -> None:
        self.socket, self.appointment, self.device = socket, appointment, str(uuid4())

    async def ask(self, what: str, **data) -> dict:
        ack = await self.socket.ask(f"video:{what}", appointment=self.appointment.id, **data)
        return ack["data"] if ack["ok"] else ack["error"]

    async def join(self) -> dict:
        return await self.ask("join", device=self.device)

    async def signal(self, to: "Guest", data: str) -> dict:
        return await self.ask("signal", to=to.device, data=data)

    async def state(self, wanted) -> dict:
        """The first state of which this is so, as it is pushed."""
        while True:
            frame = await self.socket.of_type("video:state")
            if wanted(frame):
                return frame


def here(frame) -> dict[str, str]:
    return {each["role"]: each["device"] for each in frame["here"]}


async def both(opened, appointment) -> tuple[Guest, Guest]:
    """The patient and the therapist, in the room."""
    patient, therapist = (Guest(each, appointment) for each in opened)
    await therapist.join()
    await patient.join()
    await therapist.ask("admit")
    await patient.state(lambda frame: len(frame["here"]) == 2)
    return patient, therapist


def timeline_of(appointment) -> list[tuple[str, str]]:
    rows = RoomEvent.objects.unscoped(reason="test").filter(appointment=appointment)
    return list(rows.order_by("happened_at", "happening").values_list("happening", "person"))


told = sync_to_async(timeline_of)


@sync_to_async
def state_of(appointment) -> str:
    return type(appointment).objects.unscoped(reason="test").get(pk=appointment.pk).state


@sync_to_async
def refusals(person, appointment) -> int:
    rows = Event.objects.unscoped(reason="test").filter(name=REFUSED, actor_user_id=person.pk)
    return rows.filter(object_id=appointment.id).count()


async def test_the_patient_waits_until_the_therapist_lets_them_in(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = (Guest(each, appointment) for each in opened)
        first = await patient.join()
        assert (first["role"], first["polite"], first["joined"]) == ("patient", True, True)
        assert (first["here"], first["waiting"]) == ([], True)
        await therapist.state(lambda frame: frame["waiting"])
        second = await therapist.join()
        assert (second["polite"], second["waiting"]) == (False, True)
        assert here(second) == {"therapist": therapist.device}
        assert await therapist.signal(patient, "offer") == await patient.signal(therapist, "offer")
        assert (await patient.signal(therapist, "x"))["code"] == "not_in_room"
        admitted = await therapist.ask("admit")
        assert here(admitted) == {"therapist": therapist.device, "patient": patient.device}
        seen = await patient.state(lambda frame: len(frame["here"]) == 2)
        assert seen["waiting"] is False
    # Waiting is no part of a session.
    assert {("joined", "patient"), ("joined", "therapist"), ("started", "")} <= set(await told(appointment))


async def test_what_one_signals_the_other_gets_and_nobody_else(desk, appointment):
    stranger = await sync_to_async(people.patient)()
    async with sockets(desk.patient, desk.therapist, desk.patient, stranger) as opened:
        *two, second_tab, other = opened
        patient, therapist = await both(two, appointment)
        assert await patient.signal(therapist, '{"sdp": "v=0 <b>"}') == {"passed": True}
        frame = await therapist.socket.of_type("video:signal")
        assert frame == {
            "type": "video:signal",
            "appointment": str(appointment.id),
            "from": patient.device,
            "data": '{"sdp": "v=0 <b>"}',
        }
        assert await therapist.signal(patient, "answer") == {"passed": True}
        assert (await patient.socket.of_type("video:signal"))["data"] == "answer"
        # A page that is no more is told nothing, and nobody in its place.
        assert await patient.ask("signal", to=uuid4(), data="late") == {"passed": False}
        for outsider in (second_tab, other):
            assert not [each for each in await outsider.silence() if each["type"] == "video:signal"]


async def test_signals_leave_nothing_behind(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        await patient.signal(therapist, "candidate 192.0.2.77")
        client = redis_client.get()
        for key in client.scan_iter():
            assert b"192.0.2.77" not in (client.dump(key) or b"")


async def test_a_second_page_takes_the_place_of_the_first_which_is_told(desk, appointment):
    async with sockets(desk.patient, desk.therapist, desk.patient) as opened:
        *two, again = opened
        patient, therapist = await both(two, appointment)
        second = Guest(again, appointment)
        answer = await second.join()
        # They were let in already.
        assert here(answer)["patient"] == second.device
        assert (await patient.socket.of_type("video:replaced"))["appointment"] == str(appointment.id)
        await therapist.state(lambda frame: here(frame).get("patient") == second.device)
        assert (await patient.signal(therapist, "x"))["code"] == "not_in_room"
        assert (await patient.ask("state"))["joined"] is False
        assert await second.signal(therapist, "x") == {"passed": True}
        assert not [each for each in await again.silence() if each["type"] == "video:replaced"]


async def test_the_same_page_comes_back_through_another_socket(desk, appointment):
    async with sockets(desk.patient, desk.therapist, desk.patient) as opened:
        *two, again = opened
        patient, therapist = await both(two, appointment)
        back = Guest(again, appointment)
        back.device = patient.device
        assert here(await back.join())["patient"] == patient.device
        assert not [each for each in await patient.socket.silence() if each["type"] == "video:replaced"]
        assert await therapist.signal(back, "restart") == {"passed": True}
        assert (await again.of_type("video:signal"))["data"] == "restart"
    assert [each for each in await told(appointment) if each == ("joined", "patient")] == [
        ("joined", "patient")
    ]


async def test_a_page_that_crashed_is_gone_soon_and_the_other_is_told(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        _patient, therapist = await both(opened, appointment)
        await unheard(appointment, "patient")
        now = await therapist.ask("state")
        assert here(now) == {"therapist": therapist.device}
        await therapist.state(lambda frame: "patient" not in here(frame))
    assert ("left", "patient") in await told(appointment)


async def test_when_both_are_gone_the_session_is_over(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        therapist = Guest(opened[1], appointment)
        await therapist.join()
    await unheard(appointment, "therapist")
    swept = await sync_to_async(services.rooms_sweep)(people.SYSTEM, at=clock.now())
    assert swept == 1
    assert sorted(each for each, _person in await told(appointment)) == ["ended", "joined", "left"]
    assert await sync_to_async(services.rooms_sweep)(people.SYSTEM, at=clock.now()) == 0
    view = await sync_to_async(selectors.room_of)(desk.as_therapist, appointment.id, at=clock.now())
    assert (view.timeline.is_live, len(view.timeline.stays)) == (False, 1)


def test_what_could_not_be_stored_comes_with_the_next_sign_of_life_or_the_sweep(
    desk, appointment, monkeypatch
):
    def do(deed, actor, **more):
        return deed(actor, appointment.id, socket_id=str(actor.user_id), at=clock.now(), **more)

    def failing(*args, **more):
        raise OSError("the disk is gone")

    def fails(deed, actor):
        with monkeypatch.context() as broken:
            broken.setattr(room_services, "_keep", failing)
            do(deed, actor)

    do(services.room_join, desk.as_therapist, device=uuid4())
    do(services.room_join, desk.as_patient, device=uuid4())
    # It keeps nobody out.
    fails(services.room_admit, desk.as_therapist)
    assert timeline_of(appointment) == [("joined", "therapist")]
    do(services.room_state, desk.as_patient)
    rows = type(appointment).objects.unscoped(reason="test")
    assert rows.get(pk=appointment.pk).state == AppointmentState.IN_SESSION
    assert sorted(timeline_of(appointment)) == [
        ("joined", "patient"),
        ("joined", "therapist"),
        ("started", ""),
    ]
    # Nobody is left to give a sign of life.
    fails(services.room_end, desk.as_therapist)
    later = clock.now() + timedelta(seconds=rooms.LASTS_SECONDS + 1)
    assert services.rooms_sweep(people.SYSTEM, at=later) == 1
    assert {"ended", "left"} <= {each for each, _person in timeline_of(appointment)}
    assert services.rooms_sweep(people.SYSTEM, at=later) == 0
    began = people.recorded("scheduling.appointment.began")
    assert len(began) == 1


def test_one_room_that_fails_keeps_no_other_from_its_end(desk, appointment, monkeypatch):
    other = factories.desk()
    second = video.room_of(other)
    for made, row in ((desk, appointment), (other, second)):
        services.room_join(made.as_therapist, row.id, device=uuid4(), socket_id="s", at=clock.now())
        unheard.func(row, "therapist")
    real = room_services._follow

    def failing(actor, row, *args, **more):
        if row.id == appointment.id:
            raise OSError("the disk is gone")
        real(actor, row, *args, **more)

    monkeypatch.setattr(room_services, "_follow", failing)
    services.rooms_sweep(people.SYSTEM, at=clock.now())
    assert ("ended", "") in timeline_of(second)
    assert ("ended", "") not in timeline_of(appointment)
    monkeypatch.undo()
    later = clock.now() + timedelta(seconds=rooms.LASTS_SECONDS + 1)
    assert services.rooms_sweep(people.SYSTEM, at=later) == 1
    assert ("ended", "") in timeline_of(appointment)


async def test_when_both_are_in_it_the_appointment_is_in_session_once(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = (Guest(each, appointment) for each in opened)
        await therapist.join()
        await patient.join()
        assert await state_of(appointment) == AppointmentState.CONFIRMED
        await therapist.ask("admit")
        assert await state_of(appointment) == AppointmentState.IN_SESSION
        await therapist.ask("end")
        await both(opened, appointment)
    assert await state_of(appointment) == AppointmentState.IN_SESSION
    began = await sync_to_async(people.recorded)("scheduling.appointment.began")
    assert [(each.object_id, each.actor_user_id) for each in began] == [(appointment.id, None)]


async def test_a_session_of_which_redis_knows_no_more_ends(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        await both(opened, appointment)
        await sync_to_async(rooms_drop)()
    later = appointment.ends_at + timedelta(minutes=64)
    assert await sync_to_async(services.sessions_end)(people.SYSTEM, at=later) == 0
    later += timedelta(minutes=2)
    assert await sync_to_async(services.sessions_end)(people.SYSTEM, at=later) == 1
    assert await sync_to_async(services.sessions_end)(people.SYSTEM, at=later) == 0
    view = await sync_to_async(selectors.room_of)(desk.as_therapist, appointment.id, at=later)
    assert (view.timeline.is_live, view.timeline.ended_at) == (False, appointment.ends_at)


async def test_signals_tell_nobody_anew_who_is_in_the_room(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        before = len(await therapist.socket.silence())
        for _ in range(3):
            await patient.signal(therapist, "candidate")
        told_of = [each["type"] for each in (await therapist.socket.silence())[before:]]
        assert told_of == ["video:signal"] * 3


async def test_coming_and_going_without_end_leaves_a_timeline_that_can_be_read(
    desk, appointment, settings, monkeypatch
):
    monkeypatch.setattr(opening, "MOVES_MOST", 6)
    monkeypatch.setattr("scheduling.telehealth.selectors.rooms.NEWS_MOST", 6)
    settings.ROOM_DOINGS_PER_MINUTE = 1000
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        for _ in range(8):
            await patient.ask("leave")
            await patient.join()
        await therapist.ask("end")
    moves = [each for each in await told(appointment) if each[1] == "patient"]
    assert len(moves) == 6
    view = await sync_to_async(selectors.room_of)(desk.as_therapist, appointment.id, at=clock.now())
    assert not view.timeline.is_live
    assert len([each for each in view.timeline.stays if each.person == "patient"]) == 1


async def test_the_two_meet_through_the_relay_alone_where_the_operator_says_so(desk, appointment, settings):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = (Guest(each, appointment) for each in opened)
        assert (await patient.join())["relayed"] is False
        settings.VIDEO_RELAY = True
        assert (await therapist.join())["relayed"] is True


async def test_the_therapist_ends_it_for_both(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        assert (await therapist.ask("end"))["ended"] is True
        assert (await patient.state(lambda frame: frame["ended"]))["here"] == []
        assert (await patient.ask("state"))["joined"] is False
        # Back, the patient is in the waiting room.
        assert (await patient.join())["waiting"] is True
    assert ("ended", "") in await told(appointment)


async def test_without_the_therapist_the_patient_waits_again(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        assert await therapist.ask("leave") == {}
        frame = await patient.state(lambda frame: frame["waiting"])
        assert frame["here"] == []
        assert (await therapist.join())["waiting"] is True
        assert (await patient.ask("leave")) == {}
        await therapist.state(lambda frame: not frame["waiting"])


async def test_a_cancelled_appointment_ends_its_session(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, _therapist = await both(opened, appointment)
        await sync_to_async(
            type(appointment).objects.unscoped(reason="test").filter(pk=appointment.pk).update
        )(state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
        await sync_to_async(services.room_close)(people.SYSTEM, appointment.id, at=clock.now())
        assert (await patient.state(lambda frame: frame["ended"]))["here"] == []
        for what in ("state", "join"):
            data = {"device": patient.device} if what == "join" else {}
            assert (await patient.ask(what, **data))["code"] == "room_closed"


async def test_a_cancellation_closes_the_room_by_itself(desk):
    soon = await sync_to_async(video.room_of)(desk, clock.now() + timedelta(minutes=10))
    await sync_to_async(video.ready)(desk, soon)
    async with sockets(desk.patient, desk.therapist) as opened:
        # Not both: it would be in session, and not be called off any more.
        patient = Guest(opened[0], soon)
        await patient.join()
        await sync_to_async(scheduling.appointment_cancel)(desk.as_therapist, soon.id, at=clock.now())
        await sync_to_async(observability.outbox_drain)(people.SYSTEM, at=clock.now())
        assert (await patient.state(lambda frame: frame["ended"]))["here"] == []


async def test_two_processes_agree_on_who_sits_where(desk, appointment):
    """What one web process has let in, another knows: nothing of a room is kept in a process."""
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        seen = await sync_to_async(services.room_state)(
            desk.as_patient, appointment.id, socket_id="of another process", at=clock.now()
        )
        assert {each.device for each in seen.room.seats} == {patient.device, therapist.device}
        assert seen.room.is_mine is False


async def test_a_turn_pass_comes_with_the_room(desk, appointment, settings):
    settings.TURN_URLS, settings.TURN_SECRET = ("turn:turn.example.org",), "s" * 32
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = (Guest(each, appointment) for each in opened)
        (own,), (other,) = (await patient.join())["ice_servers"], (await therapist.join())["ice_servers"]
        assert own["urls"] == ["turn:turn.example.org"]
        assert own["username"] != other["username"]
        ends_at = int(own["username"].partition(":")[0])
        assert 0 < ends_at - clock.now().timestamp() <= 30 * 60


# Attacks ----------------------------------------------------------------------------------------------------


def relayed(answer: dict) -> list[str]:
    """The names for the TURN server that an answer carries."""
    return [each["username"] for each in answer.get("ice_servers", ()) if "username" in each]


async def test_no_turn_pass_without_a_seat(desk, appointment, settings):
    """ASVS 5 V8.2.1: not for who only looks, not for one's second socket, not after one has gone."""
    settings.TURN_URLS, settings.TURN_SECRET = ("turn:turn.example.org",), "s" * 32
    settings.STUN_URLS = ("stun:turn.example.org",)
    async with sockets(desk.patient, desk.patient, desk.therapist) as opened:
        patient, second, therapist = (Guest(each, appointment) for each in opened)
        before = await patient.ask("state")
        assert before["ice_servers"] == [{"urls": ["stun:turn.example.org"]}]
        assert len(relayed(await patient.join())) == len(relayed(await patient.ask("state"))) == 1
        assert relayed(await second.ask("state")) == []
        await therapist.join()
        # The page that took the seat over has it, and the other has it no more.
        assert len(relayed(await second.join())) == 1
        assert relayed(await patient.ask("state")) == []
        await second.ask("leave")
        assert relayed(await second.ask("state")) == []
        assert relayed(await therapist.ask("end")) == []


async def test_no_turn_pass_for_anybody_else(desk, appointment, settings):
    """ASVS 5 V8.2.2: not by naming somebody's appointment, not in another role, not by any frame."""
    settings.TURN_URLS, settings.TURN_SECRET = ("turn:turn.example.org",), "s" * 32
    for make in (people.patient, people.therapist, people.support, people.admin):
        person = await sync_to_async(make)()
        async with sockets(person) as (socket,):
            guest = Guest(socket, appointment)
            for answer in (await guest.join(), await guest.ask("state"), await guest.ask("admit")):
                assert "code" in answer
                assert "ice_servers" not in answer


async def test_a_turn_pass_is_of_one_person_one_appointment_and_ends(desk, appointment, settings):
    """ASVS 5 V7.3.2: nothing of it can be reused for another session, by another, or after its end."""
    settings.TURN_URLS, settings.TURN_SECRET = ("turn:turn.example.org",), "s" * 32
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = (Guest(each, appointment) for each in opened)
        own, other = relayed(await patient.join())[0], relayed(await therapist.join())[0]
        marks = {name.partition(":")[2] for name in (own, other)}
        assert len(marks) == 2
        for name in (own, other):
            ends_at = int(name.partition(":")[0])
            assert clock.now().timestamp() < ends_at <= opening.closes_at(appointment.ends_at).timestamp()
            assert str(desk.patient.pk) not in name
            assert str(appointment.pk) not in name
        await patient.ask("leave")
        following = await sync_to_async(video.room_of)(desk)
        await sync_to_async(video.ready)(desk, following)
        elsewhere = Guest(opened[0], following)
        assert relayed(await elsewhere.join())[0].partition(":")[2] not in marks


async def test_nobody_else_joins_or_signals_and_the_attempt_is_on_record(desk, appointment):
    """ASVS 5 V8.2.2."""
    strangers = [
        await sync_to_async(make)()
        for make in (people.patient, people.therapist, people.support, people.admin)
    ]
    async with sockets(desk.patient, desk.therapist, *strangers) as opened:
        patient, _therapist = await both(opened[:2], appointment)
        for person, socket in zip(strangers, opened[2:], strict=True):
            guest = Guest(socket, appointment)
            tries = [
                await guest.join(),
                await guest.ask("state"),
                await guest.signal(patient, "offer"),
                await guest.ask("admit"),
                await guest.ask("end"),
                await guest.ask("leave"),
            ]
            assert [each["code"] for each in tries] == ["not_found"] * 6
            await socket.ask("ping")
            assert await refusals(person, appointment) == 6
        assert not [each for each in await patient.socket.silence() if each["type"] == "video:signal"]
        assert (await patient.ask("state"))["joined"] is True


async def test_the_desk_sees_the_appointment_and_comes_to_no_session(desk, appointment):
    """ASVS 5 V8.2.1."""
    from accounts import services as accounts
    from accounts.types import MembershipRole

    clerk = await sync_to_async(people.therapist)()
    await sync_to_async(accounts.membership_start)(
        people.SYSTEM, desk.practice_id, clerk.id, MembershipRole.FRONT_DESK, at=clock.now()
    )
    async with sockets(Socket(clerk, practice_id=desk.practice_id)) as (socket,):
        assert (await Guest(socket, appointment).join())["code"] == "not_found"


async def test_a_patient_lets_nobody_in_and_ends_nothing(desk, appointment):
    """ASVS 5 V8.2.1."""
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = (Guest(each, appointment) for each in opened)
        await therapist.join()
        await patient.join()
        for what in ("admit", "end"):
            assert (await patient.ask(what))["code"] == "not_allowed"
        assert (await patient.ask("state"))["waiting"] is True
        await patient.socket.ask("ping")
        assert await refusals(desk.patient, appointment) == 2


@pytest.mark.parametrize("size", [SIGNAL_BYTES_MOST, SIGNAL_BYTES_MOST + 1])
async def test_a_signal_of_16_kib_passes_and_not_one_byte_more(desk, appointment, size):
    """ASVS 5 V17.3.2."""
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        answer = await patient.signal(therapist, "x" * size)
        assert answer == {"passed": True} if size == SIGNAL_BYTES_MOST else answer["code"] == "invalid"
        # Short in letters, long on the wire.
        wide = await patient.signal(therapist, "€" * (SIGNAL_BYTES_MOST // 2))
        assert wide["code"] == "too_large"


async def test_signals_have_a_limit(desk, appointment, settings):
    """ASVS 5 V17.3.1."""
    settings.ROOM_SIGNALS_PER_MINUTE, settings.RATE_FACTOR = 3, 1
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        answers = [await patient.signal(therapist, "x") for _ in range(4)]
        assert [each.get("passed") for each in answers] == [True, True, True, None]
        assert answers[-1]["code"] == "rate_limited"


@pytest.mark.parametrize("minutes", [16, -50 - 61])
async def test_no_room_opens_too_early_or_too_late(desk, minutes):
    """ASVS 5 V2.3.1."""
    other = await sync_to_async(video.room_of)(desk, clock.now() + timedelta(minutes=minutes))
    await sync_to_async(video.ready)(desk, other)
    async with sockets(desk.patient, desk.therapist) as opened:
        for socket in opened:
            answer = await Guest(socket, other).join()
            assert answer["code"] == "room_closed"
            assert clock.from_wire(answer["opens_at"]) < clock.from_wire(answer["closes_at"])


@pytest.mark.parametrize(
    "facts",
    [
        {"state": AppointmentState.REQUESTED.value},
        {"state": AppointmentState.NO_SHOW.value},
        {"state": AppointmentState.LATE_CANCELLED.value, "cancelled_at": factories.AT},
        {"mode": Mode.IN_PERSON.value},
    ],
    ids=str,
)
async def test_what_does_not_take_place_by_video_has_no_room(desk, facts):
    other = await sync_to_async(video.room_of)(desk, **facts)
    await sync_to_async(video.ready)(desk, other)
    async with sockets(desk.patient, desk.therapist) as opened:
        for socket in opened:
            assert (await Guest(socket, other).join())["code"] == "room_closed"


async def test_a_crafted_frame_gets_around_neither_consent_nor_place(desk):
    """ASVS 5 V2.3.1."""
    other = await sync_to_async(video.room_of)(desk)
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = (Guest(each, other) for each in opened)
        await therapist.join()
        for what in ("state", "signal", "join"):
            data = {"join": {"device": patient.device}, "signal": {"to": therapist.device, "data": "x"}}
            assert (await patient.ask(what, **data.get(what, {})))["code"] == "consent_needed"
        await sync_to_async(services.consent_give)(
            desk.as_patient, other.id, version=video.CONSENT_VERSION, at=clock.now()
        )
        assert (await patient.join())["code"] == "arrival_needed"
        await sync_to_async(services.arrival_tell)(desk.as_patient, other.id, video.ARRIVAL, at=clock.now())
        assert (await patient.join())["joined"] is True


async def test_who_takes_consent_back_is_out(desk, appointment):
    """ASVS 5 V2.3.1."""
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        (given,) = await sync_to_async(selectors.consent_list)(desk.as_patient)
        await sync_to_async(services.consent_withdraw)(desk.as_patient, given.id, at=clock.now())
        assert (await patient.ask("state"))["code"] == "consent_needed"
        assert (await patient.signal(therapist, "x"))["code"] == "consent_needed"


async def test_a_seat_is_not_taken_by_naming_it(desk, appointment):
    """ASVS 5 V8.2.2: a second socket of the same person neither signals, admits nor leaves in the name of
    the first.
    """
    async with sockets(desk.patient, desk.therapist, desk.therapist) as opened:
        *two, other = opened
        patient, therapist = await both(two, appointment)
        guest = Guest(other, appointment)
        for what in ("admit", "end"):
            assert (await guest.ask(what))["code"] == "not_in_room"
        assert (await guest.signal(patient, "x"))["code"] == "not_in_room"
        await guest.ask("leave")
        assert here(await therapist.ask("state")) == {
            "therapist": therapist.device,
            "patient": patient.device,
        }


async def test_without_redis_a_room_says_so_and_nothing_is_lost(desk, appointment, monkeypatch):
    class Down:
        def eval(self, *_arguments):
            raise RedisError

    async with sockets(desk.patient) as (socket,):
        with monkeypatch.context() as patched:
            patched.setattr(rooms, "redis_client", SimpleNamespace(get=Down))
            answer = await Guest(socket, appointment).join()
        assert answer["code"] == "room_unavailable"
    assert await told(appointment) == []
