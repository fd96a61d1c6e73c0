"""Bloom's own video through real sockets: who finds whom, who is let in, and who is not."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from redis.exceptions import RedisError

from accounts.tests import factories as people
from bloom.kernel import clock, redis_client
from bloom.tests.rooms.guests import Guest, both, here, told, unheard
from messaging.tests.sockets import sockets
from scheduling.telehealth import rooms, services
from scheduling.tests import video

pytestmark = pytest.mark.django_db(transaction=True)


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


async def test_the_therapist_learns_at_once_that_the_patient_has_said_where_they_are_and_not_what(desk):
    """Who opened the room first, too; and should the frame be lost, the next sign of life says it."""
    appointment = await sync_to_async(video.room_of)(desk)
    stranger = await sync_to_async(people.therapist)()
    async with sockets(desk.patient, desk.therapist, stranger) as opened:
        patient, therapist = (Guest(each, appointment) for each in opened[:2])
        assert (await therapist.join())["arrival_at"] is None
        await sync_to_async(video.ready)(desk, appointment)
        first = await therapist.socket.of_type("video:arrival")
        assert set(first) == {"type", "appointment", "arrival_at"}
        assert (await therapist.ask("state"))["arrival_at"] == first["arrival_at"]
        assert (await patient.join())["arrival_at"] is None
        await sync_to_async(video.ready)(desk, appointment)
        again = await therapist.socket.of_type("video:arrival")
        assert again["arrival_at"] > first["arrival_at"]
        assert (await therapist.ask("state"))["arrival_at"] == again["arrival_at"]
        for outsider in (opened[0], opened[2]):
            assert not [each for each in await outsider.silence() if each["type"] == "video:arrival"]


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


async def test_signals_tell_nobody_anew_who_is_in_the_room(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        before = len(await therapist.socket.silence())
        for _ in range(3):
            await patient.signal(therapist, "candidate")
        told_of = [each["type"] for each in (await therapist.socket.silence())[before:]]
        assert told_of == ["video:signal"] * 3


async def test_the_two_meet_through_the_relay_alone_where_the_operator_says_so(desk, appointment, settings):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = (Guest(each, appointment) for each in opened)
        assert (await patient.join())["relayed"] is False
        settings.VIDEO_RELAY = True
        assert (await therapist.join())["relayed"] is True


async def test_without_the_therapist_the_patient_waits_again(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        assert await therapist.ask("leave") == {}
        frame = await patient.state(lambda frame: frame["waiting"])
        assert frame["here"] == []
        assert (await therapist.join())["waiting"] is True
        assert (await patient.ask("leave")) == {}
        await therapist.state(lambda frame: not frame["waiting"])


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
