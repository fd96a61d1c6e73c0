"""Scores, thresholds, breaker, and what leaves: pure."""

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from messaging.moderation import live
from messaging.moderation.breaker import Breaker, BreakerState
from messaging.moderation.categories import LIVE_CATEGORIES
from messaging.moderation.outward import text_outward
from messaging.moderation.types import Outcome, Verdict

THRESHOLDS = live.thresholds_read(settings.MODERATION_THRESHOLDS)
SCORES = st.fixed_dictionaries({category: st.floats(0, 1) for category in LIVE_CATEGORIES})
VERDICTS = st.builds(
    Verdict,
    outcome=st.sampled_from(list(Outcome)),
    categories=st.sampled_from([(), ("spam",), ("self-harm/intent", "harassment")]),
)


def scores(**more: float) -> dict[str, float]:
    return dict.fromkeys(LIVE_CATEGORIES, 0.0) | more


# Thresholds -------------------------------------------------------------------------------------------------


def test_nothing_found_is_allowed():
    assert live.verdict_of(scores(), THRESHOLDS).outcome is Outcome.ALLOW


@pytest.mark.parametrize("category", ["self-harm", "self-harm/intent", "self-harm/instructions"])
def test_self_harm_is_a_crisis_whatever_else_is_found(category):
    found = live.verdict_of(scores(**{category: 0.99, "hate/threatening": 0.99}), THRESHOLDS)
    assert found.outcome is Outcome.CRISIS
    assert category in found.categories


@given(SCORES)
def test_a_category_is_named_exactly_when_it_reached_something(given_scores):
    verdict = live.verdict_of(given_scores, THRESHOLDS)
    reached = {each for each, outcomes in THRESHOLDS.items() if given_scores[each] >= min(outcomes.values())}
    assert set(verdict.categories) == reached
    assert (verdict.outcome is Outcome.ALLOW) == (not reached)


@given(VERDICTS, SCORES)
def test_the_stricter_of_both_wins(floor, given_scores):
    found = live.verdict_of(given_scores, THRESHOLDS)
    both = live.stricter(floor, found)
    assert both.outcome.rank == max(floor.outcome.rank, found.outcome.rank)
    assert set(both.categories) == {*floor.categories, *found.categories}


@pytest.mark.parametrize(
    "bad",
    [
        {"self-harm": {"block": 0.5}},
        {"self-harm": {"blur": 0.5}},
        {"self-harm": {}},
        {"kindness": {"blur": 0.5}},
        {"hate": {"allow": 0.5}},
        {"hate": {"blur": 0.0}},
        {"hate": {"blur": 1.5}},
    ],
)
def test_a_threshold_that_cannot_hold_is_refused(bad):
    with pytest.raises(live.ThresholdsInvalid):
        live.thresholds_read({**settings.MODERATION_THRESHOLDS, **bad})


# The breaker ------------------------------------------------------------------------------------------------


def test_it_opens_after_failures_in_a_row_and_lets_one_try():
    breaker = Breaker(failures=3, pause=10)
    breaker.failed(0)
    breaker.succeeded()
    for _ in range(2):
        breaker.failed(1)
    assert breaker.state is BreakerState.CLOSED
    breaker.failed(1)
    assert breaker.state is BreakerState.OPEN
    assert not breaker.may_ask(10.9)
    assert breaker.may_ask(11)
    assert breaker.state is BreakerState.TRYING
    assert not breaker.may_ask(11)
    breaker.succeeded()
    assert breaker.may_ask(11.1)


def test_it_waits_longer_after_each_try_that_fails_up_to_a_bound():
    breaker, now, waits = Breaker(failures=1, pause=10, longest=50), 0.0, []
    breaker.failed(now)
    for _ in range(5):
        began = now
        while not breaker.may_ask(now):
            now += 1
        waits.append(now - began)
        breaker.failed(now)
    assert waits == [10, 20, 40, 50, 50]


def test_a_try_that_never_came_back_is_followed_by_another():
    breaker = Breaker(failures=1, pause=10)
    breaker.failed(0)
    assert breaker.may_ask(10)
    assert not breaker.may_ask(19)
    assert breaker.may_ask(20)


def test_it_comes_back_when_it_was_told_to_and_not_before():
    breaker = Breaker(failures=5, pause=10)
    breaker.failed(0, retry_after=40)
    assert not breaker.may_ask(39)
    assert breaker.may_ask(40)


@given(st.lists(st.tuples(st.sampled_from(["ask", "ok", "fail"]), st.floats(0, 400))))
def test_it_never_stays_open_for_good(steps):
    breaker, now = Breaker(), 0.0
    for step, later in steps:
        now += later
        if step == "ask":
            breaker.may_ask(now)
        elif step == "ok":
            breaker.succeeded()
        else:
            breaker.failed(now)
    assert breaker.may_ask(now + 301)


# What leaves ------------------------------------------------------------------------------------------------

NAMES = ("Dr. María José Núñez-Okafor", "Ben O'Brien")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Maria said Ben is late", "[name] said [name] is late"),
        ("MARÍA’s and Okafors", "[name]'s and [name]"),
        ("М\u0430ri\u200ba told me", "[name] told me"),
        ("write to ben.x@example.org", "write to [email]"),
        ("call +1 (312) 555-0142 now", "call [number] now"),
        ("my ssn is 123-45-6789", "my ssn is [number]"),
        ("born 04/12/1985", "born [date]"),
        ("i took 30 pills in 2 hours", "i took 30 pills in 2 hours"),
        ("see https://x.example/u/1?id=2", "see [link]"),
        ("i live at 12 oak tree street", "i live at [address]"),
        ("i am @benny_o there", "i am [handle] there"),
        ("member 90210-11", "member [number]"),
    ],
)
def test_names_and_ids_do_not_leave(text, left):
    assert text_outward(text, NAMES) == left


def test_without_names_the_words_stay():
    assert text_outward("I want to see you in 3 weeks.", ()) == "i want to see you in 3 weeks."


@given(st.text(max_size=300))
def test_any_text_can_be_asked_about(text):
    assert isinstance(text_outward(text, NAMES), str)
