"""What becomes of a session in Bloom's own room: its beginning, its timeline, its end."""

from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.tests.rooms.guests import Guest, both, rooms_drop, state_of, timeline_of, told, unheard
from messaging.tests.sockets import sockets
from observability import services as observability
from scheduling import services as scheduling
from scheduling.telehealth import rooms, selectors, services
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.services import rooms as room_services
from scheduling.tests import factories, video
from scheduling.types import AppointmentState

pytestmark = pytest.mark.django_db(transaction=True)


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


async def test_the_therapist_ends_it_for_both(desk, appointment):
    async with sockets(desk.patient, desk.therapist) as opened:
        patient, therapist = await both(opened, appointment)
        assert (await therapist.ask("end"))["ended"] is True
        assert (await patient.state(lambda frame: frame["ended"]))["here"] == []
        assert (await patient.ask("state"))["joined"] is False
        # Back, the patient is in the waiting room.
        assert (await patient.join())["waiting"] is True
    assert ("ended", "") in await told(appointment)


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
