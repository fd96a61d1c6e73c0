"""What lets a browser use the TURN server, when a room is open, and what is enough to send help."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from scheduling.telehealth.rules import arrivals, rooms, turn
from scheduling.telehealth.rules.arrivals import Fault
from scheduling.tests.factories import START
from scheduling.tests.video import ARRIVAL
from scheduling.types import AppointmentState, Mode

SECRET = "a secret that coturn and Bloom share"
END = START + timedelta(minutes=50)


def given(**more):
    facts = {
        "appointment_id": uuid4(),
        "person_id": uuid4(),
        "at": START,
        "room_closes_at": rooms.closes_at(END),
        **more,
    }
    return turn.turn_pass(SECRET, **facts)


def believed(username: str, credential: str, *, at, secret: str = SECRET) -> bool:
    """What coturn does with use-auth-secret: nothing but this."""
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    is_signed = hmac.compare_digest(base64.b64encode(digest).decode(), credential)
    return is_signed and int(username.partition(":")[0]) > at.timestamp()


def test_a_turn_pass_holds_for_half_an_hour():
    made = given()
    assert believed(made.username, made.credential, at=START)
    assert believed(made.username, made.credential, at=START + timedelta(minutes=29))
    assert not believed(made.username, made.credential, at=START + timedelta(minutes=30))


def test_a_turn_pass_ends_with_the_room():
    closes = rooms.closes_at(END)
    made = given(at=closes - timedelta(minutes=2))
    assert made.ends_at == closes
    assert not believed(made.username, made.credential, at=closes)
    assert not believed(*(lambda late: (late.username, late.credential))(given(at=closes)), at=closes)


def test_a_turn_pass_is_not_made_to_last_by_its_bearer():
    made = given()
    mark = made.username.partition(":")[2]
    later = f"{int((START + timedelta(days=365)).timestamp())}:{mark}"
    assert not believed(later, made.credential, at=START)
    assert not believed(made.username, made.credential, at=START, secret="another server's secret, as long")


def test_a_turn_pass_of_one_is_no_other_s_and_names_nobody():
    appointment_id, person_id = uuid4(), uuid4()
    own = given(appointment_id=appointment_id, person_id=person_id)
    others = [
        given(appointment_id=appointment_id, person_id=uuid4()),
        given(appointment_id=uuid4(), person_id=person_id),
    ]
    for other in others:
        assert other.username != own.username
        assert not believed(own.username, other.credential, at=START)
    for told in (str(appointment_id), str(person_id), person_id.hex, appointment_id.hex):
        assert told not in own.username
    assert own.credential not in repr(own)


def test_without_servers_there_are_none():
    assert turn.ice_servers([], [], None) == []
    assert turn.ice_servers(["stun:a.example"], ["turn:b.example"], None) == [{"urls": ["stun:a.example"]}]
    made = given()
    assert turn.ice_servers([], ["turn:b.example"], made) == [
        {"urls": ["turn:b.example"], "username": made.username, "credential": made.credential}
    ]


@pytest.mark.parametrize(
    ("minutes", "is_open"),
    [(-16, False), (-15, True), (0, True), (50, True), (50 + 59, True), (50 + 60, False)],
)
def test_a_room_is_open_from_a_quarter_before_until_an_hour_after(minutes, is_open):
    assert rooms.is_open(START, END, at=START + timedelta(minutes=minutes)) is is_open


def test_only_what_takes_place_by_video_has_a_room():
    having = {state for state in AppointmentState if rooms.has_room(state, Mode.TELEHEALTH)}
    assert having == {AppointmentState.CONFIRMED, AppointmentState.IN_SESSION, AppointmentState.COMPLETED}
    assert not any(rooms.has_room(state, Mode.IN_PERSON) for state in AppointmentState)


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ({}, {}),
        ({"region": " "}, {"region": Fault.EMPTY}),
        ({"address": "x" * 201}, {"address": Fault.LONG}),
        ({"contact_phone": "ask me"}, {"contact_phone": Fault.NO_PHONE}),
        ({"contact_phone": "911"}, {"contact_phone": Fault.NO_PHONE}),
        ({"contact_phone": "1234567<b>"}, {"contact_phone": Fault.NO_PHONE}),
        ({"contact_phone": "٠١٢٣٤٥٦٧"}, {"contact_phone": Fault.NO_PHONE}),
    ],
)
def test_what_is_said_of_a_place_is_enough_to_send_help(said, faults):
    assert arrivals.arrival_check(replace(ARRIVAL, **said))[1] == faults


def test_white_space_is_cleaned():
    clean, _faults = arrivals.arrival_check(replace(ARRIVAL, address="  120  Elm\nStreet "))
    assert clean.address == "120 Elm Street"
