"""What may happen to an appointment."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduling.rules import states
from scheduling.types import CALLED_OFF, OCCUPYING, AppointmentState, Deed, Party

START = datetime(2026, 11, 9, 16, tzinfo=UTC)
BEFORE, AFTER = START - timedelta(hours=30), START + timedelta(hours=1)
IN = AppointmentState


def may(state, party, at):
    return set(states.deeds(state, party, starts_at=START, at=at))


@pytest.mark.parametrize(
    ("state", "party", "before", "after"),
    [
        (IN.REQUESTED, Party.PATIENT, {Deed.CANCEL, Deed.MOVE}, set()),
        (IN.REQUESTED, Party.THERAPIST, {Deed.CONFIRM, Deed.DECLINE, Deed.MOVE}, set()),
        (IN.REQUESTED, Party.SYSTEM, {Deed.END}, {Deed.LAPSE}),
        (IN.CONFIRMED, Party.PATIENT, {Deed.CANCEL, Deed.MOVE}, set()),
        (
            IN.CONFIRMED,
            Party.THERAPIST,
            {Deed.CANCEL, Deed.MOVE},
            {Deed.COMPLETE, Deed.NO_SHOW},
        ),
        (IN.REQUESTED, Party.DESK, set(), set()),
        (IN.CONFIRMED, Party.DESK, {Deed.CANCEL, Deed.MOVE}, set()),
        (IN.IN_SESSION, Party.DESK, set(), set()),
        (IN.COMPLETED, Party.DESK, set(), set()),
        (IN.CONFIRMED, Party.SYSTEM, {Deed.BEGIN, Deed.END}, {Deed.BEGIN, Deed.COMPLETE}),
        (IN.IN_SESSION, Party.PATIENT, set(), set()),
        (IN.IN_SESSION, Party.THERAPIST, {Deed.COMPLETE}, {Deed.COMPLETE, Deed.NO_SHOW}),
        (IN.COMPLETED, Party.THERAPIST, set(), {Deed.NO_SHOW}),
        (IN.COMPLETED, Party.PATIENT, set(), set()),
        (IN.NO_SHOW, Party.THERAPIST, set(), {Deed.COMPLETE}),
        (IN.NO_SHOW, Party.PATIENT, set(), set()),
    ],
)
def test_the_table(state, party, before, after):
    assert may(state, party, BEFORE) == before
    assert may(state, party, AFTER) == after


def test_who_came_is_denied_for_a_week_and_who_did_not_is_believed_ever_after():
    week = timedelta(days=7)
    assert may(IN.COMPLETED, Party.THERAPIST, START + week - timedelta(seconds=1)) == {Deed.NO_SHOW}
    assert may(IN.COMPLETED, Party.THERAPIST, START + week) == set()
    assert may(IN.NO_SHOW, Party.THERAPIST, START + 9 * week) == {Deed.COMPLETE}


@pytest.mark.parametrize(
    ("asked", "answered", "lapsed"),
    [(48, 25, False), (48, 24, True), (48, 1, True), (24, 23, False), (3, 1, False), (None, 1, False)],
)
def test_a_yes_lapses_when_its_answer_comes_after_it_was_free_to_change_ones_mind(asked, answered, lapsed):
    agreed_at = None if asked is None else START - timedelta(hours=asked)
    free_until, at = START - timedelta(hours=24), START - timedelta(hours=answered)
    assert states.yes_has_lapsed(agreed_at, free_until=free_until, at=at) is lapsed


def test_the_moment_of_the_start_is_after_it():
    assert Deed.CANCEL not in may(IN.CONFIRMED, Party.PATIENT, START)
    assert Deed.NO_SHOW in may(IN.CONFIRMED, Party.THERAPIST, START)


@pytest.mark.parametrize("state", sorted(CALLED_OFF))
def test_what_was_called_off_stays_so(state):
    """Its time may be another's by now."""
    for party in Party:
        for at in (BEFORE, AFTER):
            assert may(state, party, at) == set()


def test_no_step_takes_time_that_was_given_back():
    assert set(IN) == OCCUPYING | CALLED_OFF
    for (state, _), step in states.STEPS.items():
        assert state in OCCUPYING or step.to in CALLED_OFF


@pytest.mark.parametrize(
    ("state", "party", "hours", "expected"),
    [
        (IN.CONFIRMED, Party.PATIENT, 25, IN.CANCELLED),
        (IN.CONFIRMED, Party.PATIENT, 24, IN.LATE_CANCELLED),
        (IN.CONFIRMED, Party.PATIENT, 1, IN.LATE_CANCELLED),
        (IN.CONFIRMED, Party.THERAPIST, 1, IN.CANCELLED),
        (IN.CONFIRMED, Party.DESK, 1, IN.CANCELLED),
        (IN.REQUESTED, Party.PATIENT, 1, IN.CANCELLED),
    ],
)
def test_late_is_what_a_patient_calls_off_after_it_was_free(state, party, hours, expected):
    at, free_until = START - timedelta(hours=hours), START - timedelta(hours=24)
    assert states.cancelled_as(state, party, free_until=free_until, at=at) is expected


def test_a_move_asks_again_only_where_times_are_approved_of():
    assert states.moved_to(IN.CONFIRMED, Party.PATIENT, needs_approval=True) is IN.REQUESTED
    assert states.moved_to(IN.CONFIRMED, Party.PATIENT, needs_approval=False) is IN.CONFIRMED
    assert states.moved_to(IN.REQUESTED, Party.PATIENT, needs_approval=False) is IN.REQUESTED
    assert states.moved_to(IN.CONFIRMED, Party.DESK, needs_approval=True) is IN.CONFIRMED
    assert states.moved_to(IN.REQUESTED, Party.THERAPIST, needs_approval=True) is IN.CONFIRMED
