"""The page of the first free times: what narrows it, and what its address tells."""

import re

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from scheduling import services
from scheduling.tests import factories
from scheduling.types import Block, Modes, Rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return open_desk()


def open_desk():
    """A listed therapist who is there at all hours."""
    made = factories.desk()
    people.listing(made.therapist)
    services.availability_set(
        people.actor(made.therapist),
        time_zone="UTC",
        blocks=[Block(weekday, 0, 1440, Modes.BOTH) for weekday in range(7)],
        rules=Rules(notice_minutes=0),
        version=made.calendar.version,
        at=clock.now(),
    )
    return made


def text(answer) -> str:
    return answer.content.decode()


def test_it_is_narrowed_and_no_address_tells_by_what(desk):
    browser = people.browser(desk.patient)
    sent = browser.post("/book/", {"specialty": "anxiety", "mode": "telehealth", "gender": "nothing"})
    assert sent["Location"].startswith("/book/?search=")
    page = text(browser.get(sent["Location"]))
    assert 'value="anxiety" selected' in page
    assert 'value="telehealth" selected' in page
    assert 'name="mode" value="telehealth"' in page
    assert desk.therapist.name in page
    assert "anxiety" not in "".join(re.findall(r'href="([^"]*)"', page))
    assert browser.post("/book/", {"specialty": ""})["Location"] == "/book/"
    assert browser.get("/book/?specialty=anxiety")["Location"].startswith("/book/?search=")
    assert people.browser(people.patient()).get(sent["Location"])["Location"] == "/book/"


def test_more_of_them_are_of_the_same_search(desk, monkeypatch):
    monkeypatch.setattr("scheduling.views_first.SHOWN", 1)
    open_desk()
    browser = people.browser(desk.patient)
    page = text(browser.post("/book/", {"specialty": "anxiety"}, follow=True))
    assert page.count('class="first-when"') == 1
    more = re.search(r'href="(/book/[^"]+all=1)"', page)[1].replace("&amp;", "&")
    page = text(browser.get(more))
    assert 'value="anxiety" selected' in page
    assert page.count('class="first-when"') == 2


def test_to_send_what_one_looks_for_counts_as_one_look(settings, desk):
    settings.SLOT_LOOKS_PER_MINUTE, settings.RATE_FACTOR = 1, 1
    browser = people.browser(desk.patient)
    assert browser.post("/book/", {"specialty": "anxiety"}, follow=True).status_code == 200
    assert browser.get("/book/").status_code == 429
