"""Who is told of what is kept for one who waits, and when the right to it ends."""

from dataclasses import replace

import pytest

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.models import Notice
from accounts.tests import factories as people
from accounts.types import TermKind
from bloom.kernel import clock
from bloom.kernel.actor import Via
from observability import services as record
from scheduling import services
from scheduling.models import Calendar, Claim, Service
from scheduling.tests.test_waitlist_bounds import AT, daily, join, offers, person_of, row_of, run
from scheduling.types import EntryState, OfferState, WhoMayBook, Wishes

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return daily()


def test_a_token_reads_of_a_kept_time_with_the_scope_of_scheduling_alone(desk):
    actor, _entry = join(desk)
    run(AT)
    for scopes, seen in ((("conversations:read",), 0), (("scheduling:read",), 1)):
        token = replace(people.actor(person_of(actor)), via=Via.API, scopes=frozenset(scopes))
        rows = Notice.objects.visible_to(token).filter(kind="waitlist")
        assert rows.count() == seen


def care_end(desk):
    care = people.actor(desk.patient)
    held = accounts_selectors.assignment_list(care, active=True).items[0]
    accounts_services.assignment_end(care, held.id, "", at=clock.now())


def soon_desk(**facts):
    """As `desk`, by the clock of now: what the record tells of happens now."""
    made = daily(8)
    Service.objects.unscoped(reason="test").filter(pk=made.service.id).update(**facts)
    Calendar.objects.unscoped(reason="test").filter(pk=made.calendar.id).update(time_zone="UTC")
    # What was told of while it was made is over.
    drain()
    return made


def drain():
    record.outbox_drain(people.SYSTEM, at=clock.now())


@pytest.mark.parametrize("is_offered", [True, False])
def test_when_care_ends_what_was_for_those_in_it_is_over(is_offered):
    desk = soon_desk(who_may_book=WhoMayBook.EXISTING.value)
    at = clock.now()
    _actor, entry = join(desk, desk.patient, wishes=Wishes(time_zone="UTC"), at=at)
    if is_offered:
        assert run(at) == 1
    care_end(desk)
    drain()
    assert row_of(entry).state == EntryState.ENDED
    assert not offers(state=OfferState.OPEN.value)
    assert not Claim.objects.unscoped(reason="test").exists()


def test_where_care_lasts_a_place_stays(desk):
    desk = soon_desk(who_may_book=WhoMayBook.EXISTING.value)
    at = clock.now()
    _actor, entry = join(desk, desk.patient, wishes=Wishes(time_zone="UTC"), at=at)
    services.waitlist_recheck(people.SYSTEM, therapist_id=desk.therapist.id, at=at)
    assert row_of(entry).state == EntryState.WAITING
    assert run(at) == 1
    services.waitlist_recheck(people.SYSTEM, therapist_id=desk.therapist.id, at=at)
    assert row_of(entry).state == EntryState.OFFERED


def test_what_is_offered_to_others_now_is_waited_for_no_more():
    desk = soon_desk()
    at = clock.now()
    _stranger, entry = join(desk, wishes=Wishes(time_zone="UTC"), at=at)
    Service.objects.unscoped(reason="test").filter(pk=desk.service.id).update(
        who_may_book=WhoMayBook.EXISTING.value
    )
    # The job looks, whether or not anybody told it.
    assert run(at) == 0
    assert row_of(entry).state == EntryState.ENDED


def test_a_service_that_is_retired_takes_its_offers_along():
    desk = soon_desk()
    at = clock.now()
    language = next(iter(people.listing_facts()["languages"]))
    _one, one = join(desk, wishes=Wishes(time_zone="UTC"), at=at)
    _two, anybody = join(desk, wishes=Wishes(time_zone="UTC"), at=at, terms={TermKind.LANGUAGE: (language,)})
    assert run(at) == 2
    services.service_retire(desk.as_therapist, desk.service.id, at=clock.now())
    drain()
    assert row_of(one).state == EntryState.ENDED
    # Whoever fits is somebody else then.
    assert row_of(anybody).state == EntryState.WAITING
    assert not offers(state=OfferState.OPEN.value)
    assert not Claim.objects.unscoped(reason="test").exists()


def anybody_offered():
    """Somebody who waits for whoever fits is kept a time of a therapist."""
    desk = soon_desk()
    language = next(iter(people.listing_facts()["languages"]))
    actor, entry = join(
        desk, wishes=Wishes(time_zone="UTC"), at=clock.now(), terms={TermKind.LANGUAGE: (language,)}
    )
    assert run(clock.now()) == 1
    return desk, actor, entry


def hide(desk):
    accounts_services.listing_hide(people.actor(desk.therapist), hidden=True, at=clock.now())


def close_to_new(desk):
    accounts_services.listing_change(people.actor(desk.therapist), {"accepts_new": False}, at=clock.now())


def leave(desk):
    care_end(desk)
    accounts_services.account_close(people.actor(desk.therapist), at=clock.now())


@pytest.mark.parametrize("happen", [hide, close_to_new, leave])
def test_a_time_of_who_is_not_found_any_more_is_taken_back_at_once(happen):
    desk, actor, entry = anybody_offered()
    happen(desk)
    drain()
    assert not offers(state=OfferState.OPEN.value)
    assert row_of(entry).state == EntryState.WAITING
    told = Notice.objects.unscoped(reason="test").filter(user_id=actor.user_id, kind="waitlist")
    assert [row.code for row in told.order_by("created_at")] == ["offered", "withdrawn"]
    # Nobody is there for whom the minutes would be kept.
    assert not Claim.objects.unscoped(reason="test").exists()


def test_who_is_in_their_care_keeps_what_is_kept_for_them():
    desk = soon_desk()
    join(desk, desk.patient, wishes=Wishes(time_zone="UTC"), at=clock.now())
    assert run(clock.now()) == 1
    close_to_new(desk)
    drain()
    assert len(offers(state=OfferState.OPEN.value)) == 1
