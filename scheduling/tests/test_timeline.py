"""What became of a meeting: properties, against news in any order, several times."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scheduling.telehealth.rules.timeline import timeline
from scheduling.telehealth.types import Happening, MeetingNews

START = datetime(2026, 12, 3, 16, 0, tzinfo=UTC)


def news(happening, minute, person="", session="one"):
    return MeetingNews(
        vendor_id="1",
        happening=Happening(happening),
        session=session,
        person=person,
        happened_at=START + timedelta(minutes=minute),
        dedupe_key=f"{happening}:{minute}:{person}:{session}",
    )


def minute(moment):
    return None if moment is None else (moment - START) / timedelta(minutes=1)


def stays(line):
    return [(each.person, minute(each.joined_at), minute(each.left_at)) for each in line.stays]


WHOLE = [
    news("started", 0),
    news("joined", 0, "a"),
    news("joined", 2, "b"),
    news("left", 10, "b"),
    news("joined", 11, "b"),
    news("left", 48, "b"),
    news("left", 50, "a"),
    news("ended", 50),
]
ANY = st.lists(
    st.builds(
        news,
        st.sampled_from(list(Happening)),
        st.integers(0, 8),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["one", "two"]),
    ),
    max_size=14,
)


def test_a_whole_session():
    line = timeline(WHOLE)
    assert (minute(line.started_at), minute(line.ended_at), line.is_live) == (0, 50, False)
    assert stays(line) == [("a", 0, 50), ("b", 2, 10), ("b", 11, 48)]


def test_nothing_was_told():
    line = timeline([])
    assert (line.started_at, line.ended_at, line.is_live, line.stays) == (None, None, False, ())


def test_the_end_closes_whoever_was_never_seen_to_leave():
    assert stays(timeline([news("joined", 1, "a"), news("ended", 30)])) == [("a", 1, 30)]


def test_a_second_start_runs_again_until_it_is_ended():
    line = timeline([*WHOLE, news("started", 60, session="two")])
    assert (line.is_live, line.ended_at) == (True, None)
    line = timeline([*WHOLE, news("started", 60, session="two"), news("ended", 70, session="two")])
    assert (line.is_live, minute(line.ended_at)) == (False, 70)


def test_a_coming_without_a_start_is_a_start():
    line = timeline([news("joined", 3, "a")])
    assert (minute(line.started_at), line.is_live) == (3, True)
    assert stays(line) == [("a", 3, None)]


def test_a_leave_that_overtakes_its_coming_is_mended_by_it():
    assert stays(timeline([news("left", 9, "a")])) == []
    assert stays(timeline([news("left", 9, "a"), news("joined", 3, "a")])) == [("a", 3, 9)]


def test_within_one_second():
    assert stays(timeline([news("joined", 3, "a"), news("left", 3, "a")])) == [("a", 3, 3)]
    away_and_back = [news("joined", 1, "a"), news("left", 3, "a"), news("joined", 3, "a")]
    assert stays(timeline([*away_and_back, news("left", 7, "a")])) == [("a", 1, 7)]


@given(ANY, st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_change_nothing(told, chance: random.Random, data):
    expected = timeline(told)
    again = told + data.draw(st.lists(st.sampled_from(told), max_size=5) if told else st.just([]))
    chance.shuffle(again)
    assert timeline(again) == expected


@given(ANY)
def test_stays_are_in_order_and_of_one_person_never_at_once(told):
    line = timeline(told)
    assert list(line.stays) == sorted(line.stays, key=lambda each: (each.joined_at, each.person))
    for each in line.stays:
        assert each.left_at is None or each.joined_at <= each.left_at
        assert line.started_at is not None
        assert line.started_at <= each.joined_at
    one = [each for each in told if each.session == "one"]
    for person in "ab":
        own = [each for each in timeline(one).stays if each.person == person]
        for earlier, later in pairwise(own):
            assert earlier.left_at is not None
            assert earlier.left_at <= later.joined_at


@given(ANY)
def test_it_runs_or_it_has_ended_and_never_both(told):
    line = timeline(told)
    if not told:
        assert not line.is_live
    else:
        assert line.is_live == (line.ended_at is None)


def test_who_is_soon_back_was_there_all_the_time():
    told = [news("joined", 1, "a"), news("left", 3, "a"), news("joined", 4, "a"), news("left", 9, "a")]
    assert stays(timeline(told)) == [("a", 1, 3), ("a", 4, 9)]
    assert stays(timeline(told, resumes=timedelta(minutes=2))) == [("a", 1, 9)]
    assert stays(timeline(told, resumes=timedelta(minutes=1))) == [("a", 1, 3), ("a", 4, 9)]
