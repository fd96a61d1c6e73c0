"""Who does not know the address of a feed reads nothing, and learns nothing of how near they were."""

import re
import secrets
import uuid
from dataclasses import replace

import pytest
from django.test import Client

from accounts import services as accounts_services
from accounts.models import Notice
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded
from bloom.kernel.events import RecordedEvent
from observability import services as record
from scheduling import selectors, services
from scheduling.models import CalendarFeed
from scheduling.rules import feeds as rules
from scheduling.tests import factories
from scheduling.tests.test_feeds import made, read
from scheduling.tests.video import soon

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    desk = factories.desk()
    factories.appointment(desk, soon())
    return desk


def test_guesses_read_nothing_and_end_soon(desk, settings):
    """ASVS 5 V2.4.1: right to the last letter but one, with another case, with more behind, or by the hash
    itself.
    """
    settings.FEED_GUESSES_PER_MINUTE = 8
    address = made(desk.patient)
    secret = address.rpartition("/")[2].removesuffix(".ics")
    row = CalendarFeed.objects.unscoped(reason="test").get()
    near = [
        secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        secret.swapcase(),
        secret + "A",
        secret[:-1],
        bytes(row.secret_hash).hex()[:43],
        str(row.id),
        secrets.token_urlsafe(32),
    ]
    answers = [Client().get(f"/calendar/feed/{guess}.ics") for guess in near]
    assert [answer.status_code for answer in answers] == [404] * len(near)
    later = [Client().get(f"/calendar/feed/{secrets.token_urlsafe(32)}.ics") for _number in range(3)]
    assert later[-1].status_code == 429
    assert "Retry-After" in later[-1].headers
    # Whoever has the right one, behind the same address, is not kept out by them.
    assert read(address).status_code == 200


@pytest.mark.parametrize("guess", ["%00", "..%2f..", "a b", "ü" * 43, "A" * 4000, "'or'1'='1"])
def test_what_is_no_secret_is_nothing(desk, guess):
    """ASVS 5 V2.2.1."""
    answer = Client().get(f"/calendar/feed/{guess}.ics")
    assert answer.status_code in (400, 404)
    assert b"VCALENDAR" not in answer.content


def test_it_is_found_by_its_hash_alone(desk, django_assert_num_queries):
    """ASVS 5 V11.5.1: one look-up by what only this installation can compute: nothing compares letter by
    letter.
    """
    secret = made(desk.patient).rpartition("/")[2].removesuffix(".ics")
    with django_assert_num_queries(1) as asked:
        selectors.feed_find(secret)
    assert secret not in str(asked.captured_queries)


def test_an_address_opens_nothing_else(desk):
    """ASVS 5 V8.2.1: it signs nobody in, and no page takes it for a session."""
    address = made(desk.patient)
    client = Client()
    answer = client.get(address)
    assert not answer.cookies
    assert client.get("/appointments/").status_code == 302
    assert client.post(address).status_code == 405


def test_nobody_ends_or_sees_that_of_another(desk):
    """ASVS 5 V8.2.2."""
    address = made(desk.patient)
    eve = people.browser(people.patient())
    assert "A calendar reads along" not in eve.get("/settings/calendar/").content.decode()
    eve.post("/settings/calendar/feed/end/")
    assert read(address).status_code == 200


def test_one_feed_is_not_read_without_end(desk, settings):
    """ASVS 5 V2.4.1."""
    settings.FEED_READS_PER_HOUR = 2
    address = made(desk.patient)
    assert [read(address).status_code for _number in range(3)] == [200, 200, 429]


def test_a_browser_that_was_left_open_makes_none(desk):
    """ASVS 5 V7.5.1: whoever makes one, or reads along from then on, has just shown that it is they."""
    answer = people.browser(desk.patient).post("/settings/calendar/feed/")
    assert answer.headers["location"].startswith("/accounts/again/")
    assert not CalendarFeed.objects.unscoped(reason="test").exists()


def test_addresses_are_not_made_without_end(desk, settings):
    """ASVS 5 V2.4.1."""
    settings.FEEDS_MADE_PER_HOUR = 1
    browser = people.browser(desk.patient, fresh=True)
    assert browser.post("/settings/calendar/feed/").status_code == 302
    assert browser.post("/settings/calendar/feed/", {"anew": "yes"}).status_code == 429


# Whoever was in somebody's account --------------------------------------------------------------------------


def test_who_has_a_factor_shows_it_before_making_one(desk):
    """ASVS 5 V7.5.3."""
    people.app(desk.patient)
    with pytest.raises(FreshFactorNeeded):
        services.feed_make(people.actor(desk.patient), at=clock.now())
    services.feed_make(people.actor(desk.patient, factor_at=clock.now()), at=clock.now())


def test_its_person_is_told_that_there_is_one(desk, mailoutbox):
    """ASVS 5 V6.3.7."""
    made(desk.patient)
    told = Notice.objects.unscoped(reason="test").get(user=desk.patient, code="feed_made")
    assert (told.kind, told.in_app) == ("security", True)
    assert [(mail.subject, mail.to) for mail in mailoutbox] == [
        ("An address for your calendar was made", [desk.patient.email])
    ]


def lost_factors(person):
    people.app(person)
    accounts_services.factors_reset(people.SYSTEM, person.id, at=clock.now())


def closes(person):
    accounts_services.account_close(people.actor(person, factor_at=clock.now()), at=clock.now())


def resets(person):
    accounts_services.password_reset(people.actor(person), person.id, at=clock.now())


def changes(person):
    accounts_services.password_changed(
        replace(people.actor(person), session_id=MINE), person.id, keep_session=MINE, at=clock.now()
    )


MINE, THEIRS = uuid.UUID(int=1).hex, uuid.UUID(int=2).hex


@pytest.mark.parametrize("happens", [resets, changes, lost_factors, closes])
def test_it_ends_with_the_way_in_of_who_may_have_made_it(desk, happens):
    """ASVS 5 V7.4.1."""
    address = made(desk.patient)
    record.outbox_drain(people.SYSTEM, at=clock.now())
    assert read(address).status_code == 200
    happens(desk.patient)
    record.outbox_drain(people.SYSTEM, at=clock.now())
    assert read(address).status_code == 404
    assert len(people.recorded("scheduling.feed.ended")) == 1
    told = Notice.objects.unscoped(reason="test").filter(user=desk.patient, code="feed_ended")
    assert told.count() == 1
    # One that is made afterwards stays, however often that is heard of.
    if happens is not closes:
        again = made(desk.patient)
        record.outbox_drain(people.SYSTEM, at=clock.now())
        assert read(again).status_code == 200


@pytest.mark.parametrize(
    ("name", "session", "by", "data", "ends"),
    [
        ("accounts.session.ended", THEIRS, MINE, {}, True),
        ("accounts.session.ended", THEIRS, THEIRS, {}, False),
        ("accounts.session.ended", THEIRS, "", {"over": "expired"}, False),
        ("accounts.session.ended", MINE, "", {}, False),
        ("accounts.password.changed", None, THEIRS, {}, False),
        ("accounts.password.changed", None, MINE, {}, True),
        ("accounts.email.restored", None, "", {}, True),
        ("accounts.email.changed", None, MINE, {}, True),
        ("accounts.profile.changed", None, MINE, {}, False),
    ],
)
def test_who_is_thrown_out_takes_it_along(name, session, by, data, ends):
    """ASVS 5 V7.4.1."""
    recorded = RecordedEvent(
        id=uuid.uuid4(), name=name, object_kind="x", practice_id=None, subject_id=None, actor_user_id=None,
        object_id=uuid.UUID(session) if session else uuid.uuid4(), via="web", session_id=by, data=data,
        at=clock.now(),
    )  # fmt: skip
    assert rules.is_thrown_out(THEIRS, recorded) is ends


def test_a_session_that_its_person_ends_from_another_takes_its_feed_along(desk):
    """ASVS 5 V7.4.1."""
    there = people.browser(desk.patient, fresh=True)
    page = there.post("/settings/calendar/feed/", follow=True).content.decode()
    address = re.search(r"/calendar/feed/[A-Za-z0-9_-]{43}\.ics", page).group()
    here = people.browser(desk.patient)
    held = CalendarFeed.objects.unscoped(reason="test").get().session_id
    assert held
    accounts_services.session_end(
        replace(people.actor(desk.patient), session_id=MINE), uuid.UUID(held), at=clock.now()
    )
    record.outbox_drain(people.SYSTEM, at=clock.now())
    assert read(address).status_code == 404
    assert here.get("/settings/calendar/").status_code == 200
