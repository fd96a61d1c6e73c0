"""The line goes on: whatever is stale, closed or over, those who wait are offered what there is, or told."""

import uuid
from datetime import timedelta
from unittest import mock

import pytest

from accounts.models import Notice, User
from accounts.tests import factories as people
from scheduling import selectors, services
from scheduling.errors import SlotTaken
from scheduling.models import Service, WaitlistEntry, WeeklyBlock
from scheduling.services import waitlist_offers, waitlist_runs
from scheduling.tests import factories
from scheduling.tests.factories import START
from scheduling.tests.test_waitlist import AT, DAY, HOUR, join, offers, run, state
from scheduling.types import DayPart, EntryState, Wishes

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    made = factories.desk(slot_minutes=60, horizon_days=10)
    people.listing(made.therapist)
    return made


def told(person):
    rows = Notice.objects.unscoped(reason="test").filter(user_id=person.user_id, kind="waitlist")
    rows = rows.order_by("created_at")
    return [row.code for row in rows]


def while_looking(happen):
    """Something happens after the job has read the books, and before it offers anything."""
    true, seen = waitlist_runs._look, []

    def look(rows, *, at):
        found = true(rows, at=at)
        if not seen:
            seen.append(True)
            happen()
        return found

    return mock.patch.object(waitlist_runs, "_look", look)


def test_a_time_that_is_taken_meanwhile_costs_nobody_in_the_line_their_turn(desk):
    entries = [join(desk, at=AT + timedelta(minutes=number))[1] for number in range(3)]
    soonest = AT + HOUR
    with while_looking(lambda: factories.appointment(desk, soonest, patient=people.patient())):
        assert run(AT + timedelta(minutes=5)) == 3
    assert [each.entry_id for each in offers()] == [each.id for each in entries]
    assert soonest not in {each.starts_at for each in offers()}


def test_what_is_offered_is_as_long_as_the_service_is_by_then(desk):
    _actor, entry = join(desk)

    def longer():
        Service.objects.unscoped(reason="test").filter(pk=desk.service.id).update(
            duration_minutes=80, version=2
        )

    with while_looking(longer):
        assert run(AT + timedelta(minutes=5)) == 1
    (offer,) = offers()
    assert (offer.ends_at - offer.starts_at, offer.service_version) == (timedelta(minutes=80), 2)
    assert offer.entry_id == entry.id


def test_a_service_that_is_retired_meanwhile_is_not_offered(desk):
    join(desk)

    def retire():
        Service.objects.unscoped(reason="test").filter(pk=desk.service.id).update(retired_at=AT)

    with while_looking(retire):
        assert run(AT + timedelta(minutes=5)) == 0
    assert offers() == []


def test_a_place_that_rests_ends_in_its_time_too(desk):
    actor, entry = join(desk, wishes=Wishes(time_zone="America/Chicago", last_on=(AT + 5 * DAY).date()))
    WaitlistEntry.objects.unscoped(reason="test").filter(pk=entry.id).update(state=EntryState.RESTING.value)
    assert run(AT + DAY) == 0
    assert state(entry) == EntryState.RESTING
    # It is not looked at in every run.
    due = WaitlistEntry.objects.unscoped(reason="test").get(pk=entry.id).look_due_at
    assert due == AT + 2 * DAY
    run(AT + 7 * DAY)
    assert state(entry) == EntryState.ENDED
    assert told(actor) == ["ended"]


def test_whose_therapist_takes_nobody_new_is_told_once_and_keeps_their_place(desk):
    actor, entry = join(desk)
    listing = people.listing_row(desk.therapist)
    listing.accepts_new = False
    listing.save()
    for number in range(3):
        assert run(AT + number * HOUR) == 0
    assert (told(actor), state(entry)) == (["paused"], EntryState.WAITING)
    page = people.browser(User.objects.get(pk=actor.user_id)).get("/waitlist/").content.decode()
    assert "No times for you at the moment" in page
    listing.accepts_new = True
    listing.save()
    assert run(AT + 3 * HOUR) == 1
    assert told(actor)[-1] == "offered"


def test_who_is_offered_a_time_that_cannot_be_had_any_more_is_told(desk):
    actor, entry = join(desk)
    assert run(AT) == 1
    (offer,) = offers()
    waitlist_offers.offer_withdraw(people.SYSTEM, offer.id, at=AT + HOUR)
    assert (told(actor), state(entry)) == (["offered", "withdrawn"], EntryState.WAITING)


def test_whoever_waits_for_a_therapist_who_leaves_is_told(desk):
    actor, entry = join(desk)
    theirs = join(desk, at=AT + 2 * DAY)[1]
    patient, own = join(desk, at=AT + HOUR)
    assert (
        services.waitlist_leave_all(
            people.SYSTEM, person_id=desk.therapist.id, since=AT + DAY, at=AT + 3 * DAY
        )
        == 2
    )
    assert (state(entry), told(actor)) == (EntryState.ENDED, ["ended"])
    # Who joined after the account came back waits on.
    assert state(theirs) == EntryState.WAITING
    assert (state(own), told(patient)) == (EntryState.ENDED, ["ended"])


def test_who_closes_their_account_and_comes_back_keeps_what_they_joined_since(desk):
    person = people.patient()
    _actor, before = join(desk, person)
    other = factories.desk()
    people.listing(other.therapist)
    _actor, after = join(other, person, at=AT + 2 * DAY)
    assert (
        services.waitlist_leave_all(people.SYSTEM, person_id=person.id, since=AT + DAY, at=AT + 3 * DAY) == 1
    )
    assert (state(before), state(after)) == (EntryState.LEFT, EntryState.WAITING)


# What is given back is kept for the line --------------------------------------------------------------------


def taken_by_others(desk, starts_at, at):
    """Can somebody who waits for nothing have this time? Neither seen, nor booked by whoever has a hold."""
    stranger = people.actor(people.patient())
    seen = selectors.slot_list(stranger, desk.therapist.id, start=starts_at, end=starts_at + HOUR, at=at)
    asked = {
        "therapist_id": desk.therapist.id,
        "service_id": desk.service.id,
        "starts_at": starts_at,
        "at": at,
    }
    try:
        services.hold_place(stranger, **asked)
    except SlotTaken:
        assert starts_at not in {each.starts_at for each in seen}
        return True
    return False


@pytest.fixture
def full():
    """One hour a week, and somebody has it."""
    made = factories.desk(slot_minutes=60, horizon_days=10)
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=made.calendar).delete()
    factories.block(made.calendar, 0, 600, 720)
    people.listing(made.therapist)
    factories.appointment(made, START + HOUR)
    return made, factories.appointment(made)


def test_a_time_that_is_called_off_is_the_lines_from_that_moment_on(full):
    desk, row = full
    actor, _entry = join(desk)
    # What is left of the first day is over by then.
    assert run(AT + 2 * HOUR) == 0
    at = AT + DAY
    services.appointment_cancel(desk.as_patient, row.id, at=at)
    assert taken_by_others(desk, START, at)
    services.waitlist_nudge(people.SYSTEM, therapist_id=desk.therapist.id, at=at)
    assert run(at + timedelta(seconds=10)) == 1
    (offer,) = offers()
    assert offer.starts_at == START
    terms = selectors.waitlist_offer(actor, offer.id).terms
    assert services.offer_accept(actor, offer.id, terms=terms, at=at + timedelta(seconds=20)).is_new


def test_it_is_everybodys_at_once_where_nobody_waits_and_soon_where_it_fits_nobody(full):
    desk, row = full
    at = AT + DAY
    services.appointment_cancel(desk.as_patient, row.id, at=at)
    assert not taken_by_others(desk, START, at)


def test_nobody_keeps_it_for_longer_than_two_minutes(full):
    desk, row = full
    join(desk, wishes=Wishes(time_zone="America/Chicago", parts=frozenset({(2, DayPart.EVENING)})))
    at = AT + DAY
    services.appointment_cancel(desk.as_patient, row.id, at=at)
    assert taken_by_others(desk, START, at + timedelta(minutes=1))
    assert not taken_by_others(desk, START, at + timedelta(minutes=2))


def test_what_is_moved_away_or_declined_goes_to_the_line_too(full):
    desk, row = full
    (first, _one), (_second, two) = join(desk), join(desk, at=AT + HOUR)
    at = AT + DAY
    services.appointment_move(desk.as_therapist, row.id, starts_at=START + 5 * HOUR, at=at)
    assert taken_by_others(desk, START, at)
    services.waitlist_nudge(people.SYSTEM, therapist_id=desk.therapist.id, at=at)
    assert run(at) == 1
    services.offer_decline(first, offers()[0].id, at=at + HOUR)
    assert taken_by_others(desk, START, at + HOUR)
    assert run(at + HOUR) == 1
    assert offers()[-1].entry_id == two.id


def test_its_therapist_gives_it_to_whom_they_choose(full):
    desk, row = full
    join(desk)
    at = AT + DAY
    services.appointment_cancel(desk.as_therapist, row.id, at=at)
    made = services.appointment_book_for(
        desk.as_therapist, desk.patient.id, desk.service.id, starts_at=START, key=uuid.uuid4(), at=at
    )
    assert made.is_new
    # And moves into what overlaps with where it was.
    moved = services.appointment_move(
        desk.as_therapist, made.appointment.id, starts_at=START - timedelta(minutes=20), at=at
    )
    assert moved.starts_at == START - timedelta(minutes=20)
    back = services.appointment_move(desk.as_therapist, moved.id, starts_at=START, at=at)
    assert back.starts_at == START
