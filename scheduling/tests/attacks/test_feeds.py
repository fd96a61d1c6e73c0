"""Who does not know the address of a feed reads nothing, and learns nothing of how near they were."""

import secrets

import pytest
from django.test import Client

from accounts.tests import factories as people
from scheduling import selectors
from scheduling.models import CalendarFeed
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
    """Right to the last letter but one, with another case, with more behind, or by the hash itself."""
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
    answer = Client().get(f"/calendar/feed/{guess}.ics")
    assert answer.status_code in (400, 404)
    assert b"VCALENDAR" not in answer.content


def test_it_is_found_by_its_hash_alone(desk, django_assert_num_queries):
    """One look-up by what only this installation can compute: nothing compares letter by letter."""
    secret = made(desk.patient).rpartition("/")[2].removesuffix(".ics")
    with django_assert_num_queries(1) as asked:
        selectors.feed_find(secret)
    assert secret not in str(asked.captured_queries)


def test_an_address_opens_nothing_else(desk):
    """It signs nobody in, and no page takes it for a session."""
    address = made(desk.patient)
    client = Client()
    answer = client.get(address)
    assert not answer.cookies
    assert client.get("/appointments/").status_code == 302
    assert client.post(address).status_code == 405


def test_nobody_ends_or_sees_that_of_another(desk):
    address = made(desk.patient)
    eve = people.browser(people.patient())
    assert "A calendar reads along" not in eve.get("/settings/calendar/").content.decode()
    eve.post("/settings/calendar/feed/end/")
    assert read(address).status_code == 200


def test_one_feed_is_not_read_without_end(desk, settings):
    settings.FEED_READS_PER_HOUR = 2
    address = made(desk.patient)
    assert [read(address).status_code for _number in range(3)] == [200, 200, 429]


def test_addresses_are_not_made_without_end(desk, settings):
    settings.FEEDS_MADE_PER_HOUR = 1
    browser = people.browser(desk.patient)
    assert browser.post("/settings/calendar/feed/").status_code == 200
    assert browser.post("/settings/calendar/feed/").status_code == 429
