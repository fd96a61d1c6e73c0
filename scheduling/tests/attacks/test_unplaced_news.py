"""News that does not say of which meeting it is: plenty of it, slow to place, broken, and others' beside."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bloom.kernel import clock, vault
from scheduling.integrations import calls
from scheduling.models import MeetingCredential, MeetingTurn
from scheduling.telehealth import services
from scheduling.telehealth.services import hooks, placing
from scheduling.tests import factories, video
from scheduling.tests.attacks.test_hooks import deliveries, push

pytestmark = pytest.mark.django_db


class Room:
    """A therapist's account, of which Google tells, and a meeting that is about to begin."""

    def __init__(self, meet):
        desk = factories.desk()
        account = video.meet_account(meet, topic="projects/p/topics/t", push_email=meet.pusher)
        self.meet = meet
        self.held = services.credential_save(
            video.owner(desk), desk.practice_id, account, is_own=True, at=clock.now()
        )
        self.appointment = video.booked(desk, clock.now().replace(microsecond=0) + timedelta(minutes=30))
        video.run()

    def told(self):
        return video.told(self.appointment)

    def push(self, happening, *, is_named=False):
        """The status of the answer to news that names its space, or does not."""
        space = video.meeting(self.appointment).vendor_id.removeprefix("spaces/")
        news = self.meet.news(space, happening)
        if not is_named:
            del news["message"]["attributes"]["ce-subject"]
        token = self.meet.push_token(aud=hooks.meet_audience(self.held.id))
        return push(news, token, credential=self.held.id).status_code

    def row(self):
        return MeetingCredential.objects.unscoped(reason="test").get(pk=self.held.id)


@pytest.fixture
def room(meet):
    return Room(meet)


def place(**later):
    return services.deliveries_place(video.SYSTEM, at=clock.now() + timedelta(**later))


def asked(meet):
    """How often Google was asked of which space a conference was."""
    return sum(path.startswith("/v2/conferenceRecords/") for _method, path in meet.asked)


def test_so_much_of_an_account_is_taken_and_the_rest_told_again(meet, room, monkeypatch):
    """ASVS 5 V15.2.2."""
    monkeypatch.setattr(hooks, "UNPLACED_MOST", 2)
    other = Room(meet)
    assert [room.push(each) for each in ("started", "joined", "left")] == [204, 204, 429]
    assert deliveries().count() == 2
    assert other.push("started") == 204, "another's account has room of its own"
    assert room.push("ended", is_named=True) == 204, "what says its space need not wait"
    assert place() == 3
    assert room.push("left") == 204


def test_each_account_has_its_turn(meet, room, monkeypatch):
    """ASVS 5 V15.2.2."""
    monkeypatch.setattr(placing, "OF_EACH", 1)
    for happening in ("started", "joined", "left"):
        room.push(happening)
    other = Room(meet)
    other.push("started")
    assert place() == 2
    assert (room.told(), other.told()) == (["started"], ["started"])
    assert place() == 1


def test_the_first_of_each_comes_before_the_second_of_any(meet, room, monkeypatch):
    monkeypatch.setattr(placing, "IN_ALL", 2)
    for happening in ("started", "joined", "left"):
        room.push(happening)
    other = Room(meet)
    other.push("started")
    place()
    assert other.told() == ["started"]


def test_an_account_that_does_not_answer_is_asked_once_and_rests(meet, room):
    for happening in ("started", "joined", "left"):
        room.push(happening)
    meet.fault_set("error", path="", times=calls.TRIES)
    assert place() == 0
    assert asked(meet) == 0, "the faults are for one question, and no other was asked"
    assert sorted(deliveries().values_list("tries", flat=True)) == [0, 0, 1]
    assert room.row().rests_until is not None
    assert place() == 0, "it rests"
    assert asked(meet) == 0
    assert place(minutes=5) == 3


def test_what_waits_does_not_wait_for_an_account_that_rests(meet, room):
    other = Room(meet)
    room.push("started")
    other.push("started")
    MeetingCredential.objects.unscoped(reason="test").filter(pk=room.held.id).update(
        rests_until=clock.now() + timedelta(hours=1)
    )
    assert place() == 1
    assert (room.told(), other.told()) == ([], ["started"])


def test_a_run_has_an_end(room, monkeypatch):
    """ASVS 5 V15.2.2."""
    for happening in ("started", "joined", "left"):
        room.push(happening)
    with monkeypatch.context() as short:
        short.setattr(placing, "RUN", timedelta(microseconds=1))
        assert place() == 1
    assert place() == 2


def test_one_run_at_a_time(room):
    room.push("started")
    MeetingTurn.objects.update_or_create(
        name=placing.TURN, defaults={"until": clock.now() + timedelta(minutes=1)}
    )
    assert place() == 0
    assert place(minutes=2) == 1


def test_one_that_cannot_be_opened_keeps_nobody_elses_waiting(meet, room):
    room.push("started")
    sealed = vault.seal(vault.SYSTEM_SUBJECT, "{}", hooks.payload_place(uuid4()))
    deliveries().update(payload=sealed)
    room.push("joined")
    assert place() == 1
    assert room.told() == ["joined"]
    assert sorted(deliveries().values_list("tries", flat=True)) == [0, 1]
    assert room.row().rests_until is None
    assert place() == 0, "it waits"
