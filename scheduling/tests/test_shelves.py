"""The list of appointments: what comes, what was, what was called off, and what comes at the practice."""

import re
from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.models import Role
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed
from scheduling import selectors
from scheduling.tests import factories
from scheduling.types import Shelf

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LINKS = r'href="/appointments/([0-9a-f-]{36})/"'


@pytest.fixture
def desk():
    return factories.desk()


@pytest.fixture
def front_desk(desk):
    """Somebody who sits at the desk and has no part in care."""
    person = people.patient()
    Role.objects.filter(user=person).delete()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, person.id, MembershipRole.FRONT_DESK, at=factories.AT
    )
    return person


def off(desk, starts_at):
    return factories.appointment(
        desk, starts_at, state="cancelled", cancelled_at=clock.now(), is_claimed=False
    )


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def listed(browser, query=""):
    return list(dict.fromkeys(re.findall(LINKS, text(browser.get(f"/appointments/{query}")))))


def test_what_would_still_come_stands_apart_from_what_was(desk):
    now = clock.now()
    took_place = factories.appointment(desk, now - 3 * DAY, state="completed", is_claimed=False)
    past_off = off(desk, now - 9 * DAY)
    ended = [off(desk, now + (7 * week) * DAY) for week in range(1, 27)]
    comes = factories.appointment(desk, now + 2 * DAY)
    browser = people.browser(desk.patient)
    assert listed(browser, "?was=1") == [str(took_place.id), str(past_off.id)]
    assert listed(browser, "?off=1") == [str(each.id) for each in ended[:20]]
    assert listed(browser) == [str(comes.id)]
    page = text(browser.get("/appointments/?off=1"))
    more = re.search(r'href="(\?off=1&amp;cursor=[^"]+)"', page)[1].replace("&amp;", "&")
    assert listed(browser, more) == [str(each.id) for each in ended[20:]]


def test_another_year_is_named(desk):
    now = clock.now()
    this_year = now.replace(month=6, day=15, hour=16, minute=0, second=0, microsecond=0)
    factories.appointment(desk, this_year, state="completed", is_claimed=False)
    factories.appointment(desk, this_year.replace(year=now.year - 1), state="completed", is_claimed=False)
    pages = "".join(
        text(people.browser(desk.patient).get(f"/appointments/{query}")) for query in ("", "?was=1")
    )
    assert f"15 June {now.year - 1}," in pages
    assert "15 June," in pages


def test_a_month_shows_what_takes_place_and_how_many_more(desk):
    starts_at = factories.weekday_ahead()
    called_off = [off(desk, starts_at + timedelta(hours=number)) for number in range(3)]
    live = factories.appointment(desk, starts_at + timedelta(hours=4))
    page = text(people.browser(desk.therapist).get(f"/calendar/?view=month&on={starts_at.date()}"))
    assert str(live.id) in page
    assert str(called_off[2].id) not in page
    assert "1 more" in page


def test_the_front_desk_sees_what_comes_at_the_practice(desk, front_desk):
    first = factories.appointment(desk, clock.now() + DAY)
    other = factories.desk()
    factories.appointment(other, clock.now() + DAY)
    off(desk, clock.now() + 2 * DAY)
    browser = people.browser(front_desk)
    page = text(browser.get("/appointments/"))
    assert listed(browser) == [str(first.id)]
    assert desk.therapist.name in page
    assert desk.patient.name in page
    home = text(browser.get("/dashboard/"))
    assert f"/appointments/{first.id}/" in home
    assert "Next at the practice" in home
    assert desk.therapist.name in home
    assert listed(browser, "?of=own") == []


def test_who_sees_no_schedules_sees_none_of_the_practice(desk):
    """A clinician beside them, and their patient, ask for it by hand."""
    row = factories.appointment(desk, clock.now() + DAY)
    colleague = people.therapist()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, colleague.id, MembershipRole.CLINICIAN, at=factories.AT
    )
    for person in (colleague, people.patient()):
        assert str(row.id) not in listed(people.browser(person), "?of=practice")
        assert "Next at the practice" not in text(people.browser(person).get("/dashboard/"))
    beside = people.actor(colleague, practice_id=desk.practice_id)
    with pytest.raises(NotAllowed):
        selectors.appointment_practice(beside, at=clock.now())


def test_a_patient_works_at_no_desk(desk):
    row = factories.appointment(desk, clock.now() + DAY)
    page = selectors.appointment_own(desk.as_patient, Shelf.COMING, at=clock.now())
    assert [each.id for each in page.items] == [row.id]
    assert "?of=practice" not in text(people.browser(desk.patient).get("/appointments/"))


def test_first_pages_say_by_whose_clock_they_are(desk):
    desk.patient.time_zone = "America/New_York"
    desk.patient.save()
    factories.appointment(desk, clock.now() + DAY)
    page = text(people.browser(desk.patient).get("/dashboard/"))
    assert "Times are in your time zone, America/New_York." in page
