"""A week as it is told, days apart, and what is offered."""

import uuid
from datetime import date

import pytest

from accounts.errors import ChangedMeanwhile
from accounts.tests import factories as people
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from scheduling import errors, selectors, services
from scheduling.models import Calendar, DateException
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.tests.steps import WEEK, slots, week_set
from scheduling.types import (
    Block,
    ExceptionKind,
    Modes,
    Rules,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def test_a_week_is_kept_as_it_was_told():
    actor = people.actor(people.therapist())
    assert selectors.availability_get(actor, at=AT).version == 0
    rules = Rules(slot_minutes=30, daily_limit=6, needs_approval=True, late_fee_minor=75_00)
    told = week_set(actor, rules=rules)
    assert told == selectors.availability_get(actor, at=AT)
    assert (told.blocks, told.rules, told.version) == (WEEK, rules, 1)
    # The same again changes nothing, and what was read before something else was told is not kept.
    assert week_set(actor, rules=rules, version=1).version == 1
    assert len(people.recorded("scheduling.calendar.changed")) == 1
    assert week_set(actor, WEEK[:1], version=1).blocks == WEEK[:1]
    with pytest.raises(ChangedMeanwhile):
        week_set(actor, version=1)


@pytest.mark.parametrize(
    ("blocks", "field"),
    [
        ((Block(0, 540, 600), Block(0, 570, 660)), "week.1.from"),
        ((Block(6, 1380, 1500), Block(0, 0, 120)), "week.1.from"),
        ((Block(0, 600, 540),), "week.0.until"),
        ((Block(7, 540, 600),), "week.0.from"),
        ((Block(0, 541, 600),), "week.0.from"),
        ((Block(0, 540, 600), Block(1, 540, 603)), "week.1.until"),
        (tuple(Block(day, hour * 60, hour * 60 + 30) for day in range(7) for hour in range(11)), "week"),
        ((Block(0, 540, 600, Modes.IN_PERSON, uuid.uuid4()),), "week.0.location"),
    ],
)
def test_hours_that_cannot_be_are_refused(blocks, field):
    actor = people.actor(people.therapist())
    with pytest.raises(Invalid) as refused:
        week_set(actor, blocks)
    assert field in refused.value.errors
    assert not Calendar.objects.unscoped(reason="test").exists()


@pytest.mark.parametrize(
    "facts",
    [
        {"slot_minutes": 7},
        {"notice_minutes": -5},
        {"horizon_days": 0},
        {"daily_limit": 0},
        {"free_cancel_minutes": 10**6},
        {"late_fee_minor": 10**9},
    ],
)
def test_rules_that_cannot_be_are_refused(facts):
    with pytest.raises(Invalid) as refused:
        week_set(people.actor(people.therapist()), rules=Rules(**facts))
    assert set(refused.value.errors) == set(facts)
    with pytest.raises(Invalid):
        week_set(people.actor(people.therapist()), zone="Mars/Olympus")


def test_hours_at_a_place_of_the_practice():
    therapist = people.therapist()
    place = people.location(therapist)
    block = Block(0, 540, 600, Modes.IN_PERSON, place.id)
    assert week_set(people.actor(therapist), (block,)).blocks == (block,)


def test_only_who_gives_care_has_hours():
    for person in (people.patient(), people.support()):
        with pytest.raises(NotAllowed):
            week_set(people.actor(person))


def test_days_apart_are_added_and_taken_back(desk):
    holiday = {"kind": ExceptionKind.OFF, "starts_on": START.date(), "ends_on": START.date()}
    added = services.exception_add(desk.as_therapist, **holiday, at=AT)
    assert selectors.availability_get(desk.as_therapist, at=AT).exceptions == (added,)
    assert slots(desk) == []
    with pytest.raises(NotFound):
        services.exception_remove(factories.desk().as_therapist, added.id, at=AT)
    services.exception_remove(desk.as_therapist, added.id, at=AT)
    assert slots(desk)
    with pytest.raises(errors.CalendarMissing):
        services.exception_add(people.actor(people.therapist()), **holiday, at=AT)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"ends_on": date(2026, 11, 8)}, "ends_on"),
        ({"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 2)}, "ends_on"),
        ({"ends_on": date(2036, 1, 1)}, "ends_on"),
        ({"kind": ExceptionKind.EXTRA}, "hours"),
        ({"starts_minute": 540}, "hours"),
        ({"starts_minute": 540, "ends_minute": 500}, "hours"),
        ({"starts_minute": 541, "ends_minute": 600}, "hours"),
        ({"location_id": uuid.uuid4()}, "location"),
    ],
)
def test_days_apart_that_cannot_be_are_refused(desk, facts, field):
    base = {"kind": ExceptionKind.OFF, "starts_on": date(2026, 11, 9), "ends_on": date(2026, 11, 9)}
    with pytest.raises(Invalid) as refused:
        services.exception_add(desk.as_therapist, **{**base, **facts}, at=AT)
    assert set(refused.value.errors) == {field}
    assert not DateException.objects.unscoped(reason="test").exists()
