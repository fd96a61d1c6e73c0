"""Waiting for a time, by who means it ill and by who is unlucky: what one may keep, what stops the job."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connections

from accounts.models import User
from accounts.tests import factories as people
from accounts.types import TermKind
from bloom.kernel.errors import Invalid, RateLimited
from scheduling import errors, selectors, services
from scheduling.models import Service, WaitlistEntry, WaitlistOffer, WeeklyBlock
from scheduling.services import turns, waitlist_runs
from scheduling.tests import factories
from scheduling.tests.factories import START
from scheduling.types import WAITING_MOST, EntryState, OfferState, Wishes

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AT = START - 7 * DAY
ANY = Wishes(time_zone="America/Chicago")
SPANISH = {TermKind.LANGUAGE: ("es",)}


def daily(hours=1, **facts):
    """A therapist of the directory with some hours a day, from ten on."""
    made = factories.desk(**{"slot_minutes": 60, "horizon_days": 30, **facts})
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=made.calendar).delete()
    for weekday in range(7):
        factories.block(made.calendar, weekday, 600, 600 + 60 * hours)
    people.listing(made.therapist)
    return made


@pytest.fixture
def desk():
    return daily()


def join(desk, person=None, *, wishes=ANY, at=AT, **kwargs):
    actor = people.actor(person or people.patient())
    kwargs = kwargs or {"service_id": desk.service.id}
    return actor, services.waitlist_join(actor, wishes=wishes, at=at, **kwargs)


def run(at):
    return services.waitlist_run(people.SYSTEM, at=at)


def offers(**which):
    rows = WaitlistOffer.objects.unscoped(reason="test").filter(**which)
    return list(rows.order_by("offered_at", "starts_at"))


def row_of(entry):
    return WaitlistEntry.objects.unscoped(reason="test").get(pk=entry.id)


def waiting_made(desk, count, *, at):
    """So many who wait for a service, without the way in."""
    rows = [
        WaitlistEntry(
            practice_id=desk.practice_id,
            patient_id=person,
            therapist_id=desk.therapist.id,
            service_id=desk.service.id,
            time_zone="America/Chicago",
            # Not for weeks: nobody of them is offered what there is.
            first_on=(at + 300 * DAY).date(),
            joined_at=at,
            look_due_at=at,
        )
        for person in count
    ]
    WaitlistEntry.objects.bulk_create(rows)


def person_of(actor):
    return User.objects.get(pk=actor.user_id)


# What stops the job -----------------------------------------------------------------------------------------


def test_whoever_fits_has_to_fit_something(desk):
    actor = people.actor(people.patient())
    with pytest.raises(Invalid) as refused:
        services.waitlist_join(actor, wishes=ANY, terms={}, at=AT)
    assert "terms" in refused.value.errors
    with pytest.raises(Invalid):
        services.waitlist_join(actor, wishes=ANY, terms={TermKind.LANGUAGE: ()}, at=AT)
    assert not WaitlistEntry.objects.unscoped(reason="test").exists()


def test_who_can_come_only_beyond_what_can_be_booked_is_not_looked_up(desk, monkeypatch):
    asked = []
    found = waitlist_runs.accounts_selectors.directory_ids
    monkeypatch.setattr(
        waitlist_runs.accounts_selectors, "directory_ids", lambda *args: asked.append(args) or found(*args)
    )
    far = Wishes(time_zone="America/Chicago", first_on=(AT + 330 * DAY).date())
    join(desk, wishes=far, terms=SPANISH)
    assert run(AT) == 0
    assert asked == []


def test_of_many_who_fit_some_are_looked_at_and_others_next_time(desk, monkeypatch):
    monkeypatch.setattr(waitlist_runs, "_THERAPISTS_MOST", 2)
    for _ in range(3):
        made = daily()
        Service.objects.unscoped(reason="test").filter(pk=made.service.id).update(retired_at=AT)
    language = next(iter(people.listing_facts()["languages"]))
    _actor, entry = join(desk, terms={TermKind.LANGUAGE: (language,)})
    loaded, add = [], waitlist_runs._books_add
    monkeypatch.setattr(
        waitlist_runs,
        "_books_add",
        lambda look, ids, *, at: loaded.append(len(set(ids))) or add(look, ids, at=at),
    )
    made = run(AT) + run(AT + HOUR / 4)
    assert max(loaded) == 2
    assert made == 1
    assert offers()[0].entry_id == entry.id


def test_a_row_that_fails_stops_no_other_and_is_not_taken_again_at_once(desk, monkeypatch):
    _one, first = join(desk)
    _two, second = join(desk, at=AT + timedelta(minutes=1))
    tries, offer = [], waitlist_runs._offer_first

    def failing(actor, row, look, *, at):
        tries.append(row.id)
        if row.id == first.id:
            raise RuntimeError("a row that nobody foresaw")
        return offer(actor, row, look, at=at)

    monkeypatch.setattr(waitlist_runs, "_offer_first", failing)
    at = AT + timedelta(minutes=2)
    assert run(at) == 1
    assert offers()[0].entry_id == second.id
    assert run(at + timedelta(seconds=10)) == 0
    assert tries.count(first.id) == 1
    assert row_of(first).look_due_at > at + timedelta(seconds=10)


def test_the_rest_of_a_page_is_due_when_time_is_up(desk, settings, monkeypatch):
    (_one, first), (_two, second) = join(desk), join(desk, at=AT + timedelta(minutes=1))
    ticks = iter([0.0, 1.0, 1.0, 99.0, 99.0])
    monkeypatch.setattr(waitlist_runs, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    at = AT + timedelta(minutes=2)
    assert run(at) == 1
    assert offers()[0].entry_id == first.id
    assert row_of(second).look_due_at == at


def test_while_one_run_is_under_way_another_does_nothing(desk):
    join(desk)
    ours = turns.turn_take(waitlist_runs.TURN, at=AT, lasts=timedelta(seconds=30))
    assert ours
    assert run(AT) == 0
    turns.turn_end(waitlist_runs.TURN, ours)
    assert run(AT) == 1


def test_whoever_is_far_down_the_line_is_looked_at(desk, monkeypatch):
    monkeypatch.setattr(waitlist_runs, "_AT_ONCE", 3)
    crowd = [people.patient().id for _ in range(16)]
    waiting_made(desk, crowd, at=AT - DAY)
    _actor, last = join(desk)
    assert run(AT) == 1
    assert offers()[0].entry_id == last.id


def test_a_time_that_is_freed_while_others_are_looked_at_is_not_forgotten(desk, monkeypatch):
    _actor, entry = join(desk)
    at, look = AT + timedelta(minutes=1), waitlist_runs._look
    now = at + timedelta(seconds=1)

    def slow(rows, *, at):
        found = look(rows, at=at)
        found.books.clear()
        found.services.clear()
        # It was read before this was free.
        services.waitlist_nudge(people.SYSTEM, therapist_id=desk.therapist.id, at=now)
        return found

    monkeypatch.setattr(waitlist_runs, "_look", slow)
    assert run(at) == 0
    monkeypatch.setattr(waitlist_runs, "_look", look)
    assert run(now) == 1
    assert offers()[0].entry_id == entry.id


def test_who_comes_later_is_not_looked_at_before_who_is_there(desk):
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    _one, first = join(desk)
    assert run(AT) == 0
    # Free again, and nobody told the line.
    factories.block(desk.calendar, 0, 600, 660)
    join(desk, at=AT + timedelta(minutes=2))
    assert run(AT + timedelta(minutes=2)) >= 1
    assert offers()[0].entry_id == first.id


# What one may keep ------------------------------------------------------------------------------------------


def test_one_time_of_each_therapist_and_two_in_all_are_kept_for_one_person(desk):
    person = people.patient()
    join(desk, person)
    other = factories.service(desk.calendar)
    join(desk, person, service_id=other.id)
    for _ in range(2):
        join(daily(), person)
    run(AT)
    kept = offers(state=OfferState.OPEN.value)
    assert len(kept) == 2
    assert len({each.therapist_id for each in kept}) == 2
    assert run(AT + HOUR / 4) == 0


def test_two_runs_at_once_keep_no_more_than_one_may_have(desk):
    person = people.patient()
    proposals = []
    for _ in range(3):
        made = daily()
        _actor, entry = join(made, person)
        look = waitlist_runs._look([row_of(entry)], at=AT)
        row = row_of(entry)
        offered = waitlist_runs._services_for(row, look, at=AT)
        span = waitlist_runs._span(row, look, at=AT)
        proposals.append(waitlist_runs._first(row, offered, look, span, at=AT))
    made = [waitlist_runs.offer_make(people.SYSTEM, each, at=AT) for each in proposals]
    assert made == [True, True, False]


def test_no_clock_of_ones_own_keeps_a_time_longer_than_half_a_day(desk):
    # Where it is eight in the evening now.
    join(desk, wishes=Wishes(time_zone="Asia/Tokyo"), at=AT.replace(hour=11))
    assert run(AT.replace(hour=11)) == 1
    (offer,) = offers()
    assert offer.expires_at - offer.offered_at <= 12 * HOUR


def test_who_lets_times_go_is_asked_and_gets_no_more_that_day(desk):
    actor, entry = join(desk)
    at = AT
    for _ in range(4):
        assert run(at) == 1
        services.offer_decline(actor, offers()[-1].id, at=at)
        at += timedelta(minutes=15)
    assert row_of(entry).state == EntryState.RESTING
    services.waitlist_resume(actor, entry.id, at=at)
    assert run(at) == 0
    # Nor by leaving and coming back, nor in another line.
    services.waitlist_leave(actor, entry.id, at=at)
    _actor, again = join(desk, person_of(actor), at=at)
    assert run(at + HOUR) == 0
    assert run(AT + DAY + HOUR) == 1
    # A time that was let go does not come again.
    times = [each.starts_at for each in offers()]
    assert offers()[-1].entry_id == again.id
    assert len(set(times)) == len(times)


def test_declining_and_coming_back_are_counted(desk, settings):
    settings.WAITLIST_ANSWERS_PER_HOUR = 1
    settings.RATE_FACTOR = 1
    actor, entry = join(desk)
    run(AT)
    services.offer_decline(actor, offers()[0].id, at=AT)
    run(AT + HOUR / 4)
    with pytest.raises(RateLimited):
        services.offer_decline(actor, offers()[-1].id, at=AT + HOUR / 4)
    with pytest.raises(RateLimited):
        services.waitlist_resume(actor, entry.id, at=AT + HOUR / 4)


@pytest.mark.django_db(transaction=True)
def test_joins_at_once_do_not_pass_the_number(settings):
    settings.RATE_FACTOR = 1000
    desk = daily()
    others = [factories.service(desk.calendar) for _ in range(WAITING_MOST + 3)]
    actor = people.actor(people.patient())
    ready = threading.Barrier(len(others))

    def try_one(service):
        try:
            ready.wait(60)
            services.waitlist_join(actor, wishes=ANY, service_id=service.id, at=AT)
        except errors.WaitlistFull:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(len(others)) as pool:
        joined = list(pool.map(try_one, others))
    assert sum(joined) == WAITING_MOST
    assert WaitlistEntry.objects.unscoped(reason="test").count() == WAITING_MOST


def test_where_a_day_has_a_limit_an_offered_time_is_one_of_it():
    desk = daily(3, daily_limit=1)
    actor, _entry = join(desk)
    run(AT)
    (offer,) = offers()
    other = people.actor(people.patient())
    day = offer.starts_at
    free = selectors.slot_list(other, desk.therapist.id, start=day, end=day + 5 * HOUR, at=AT)
    assert free == []
    with pytest.raises(errors.SlotNotOffered):
        services.hold_place(
            other,
            therapist_id=desk.therapist.id,
            service_id=desk.service.id,
            starts_at=offer.starts_at + 2 * HOUR,
            at=AT,
        )
    terms = selectors.waitlist_offer(actor, offer.id).terms
    assert services.offer_accept(actor, offer.id, terms=terms, at=AT).is_new
