"""Rooms that are not one's own, not open, or not to be used like that; and whom a TURN pass is for."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.tests.rooms.guests import Guest, both, here, refusals
from messaging.tests.sockets import Socket, sockets
from scheduling.telehealth import selectors, services
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.types_rooms import SIGNAL_BYTES_MOST
from scheduling.tests import factories, video
from scheduling.types import AppointmentState, Mode

pytestmark = pytest.mark.django_db(transaction=True)


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
