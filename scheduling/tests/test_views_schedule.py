"""The pages on which a therapist says when they work and what they offer, without a script."""

import re
from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from scheduling import selectors, services
from scheduling.models import DateException, Service, WeeklyBlock
from scheduling.types import Block, Mode, Modes, Rules

pytestmark = pytest.mark.django_db

HOURS = "/schedule/availability/"
WEEK = {
    "version": 0,
    "time_zone": "America/Chicago",
    "slot_minutes": 30,
    "notice_minutes": 0,
    "horizon_days": 60,
    "daily_limit": "",
    "free_cancel_minutes": 1440,
    "late_fee": "75.50",
    "day0_from0": "09:00",
    "day0_until0": "12:00",
    "day0_way0": "both",
    "day0_from1": "13:00",
    "day0_until1": "17:00",
    "day0_way1": "telehealth",
    "day4_from0": "22:00",
    "day4_until0": "02:00",
    "day4_way0": "telehealth",
}
SERVICE = {
    "version": 0,
    "name": "50-minute session",
    "duration_minutes": 50,
    "price": "150",
    "modes": "both",
    "who_may_book": "anybody",
    "buffer_before": 0,
    "buffer_after": 10,
    "cpt_code": "90834",
}


@pytest.fixture
def therapist():
    return people.therapist()


@pytest.fixture
def browser(therapist):
    return people.browser(therapist)


def text(answer) -> str:
    return answer.content.decode()


def week_of(therapist):
    return selectors.availability_get(people.actor(therapist), at=clock.now())


def test_a_week_from_nothing_to_times_that_patients_see(therapist, browser):
    assert "Nothing yet" in text(browser.get(HOURS))
    assert "First your hours" in text(browser.get("/schedule/services/"))
    assert browser.post(HOURS, WEEK)["Location"] == HOURS
    view = week_of(therapist)
    assert view.blocks == (
        Block(0, 540, 720),
        Block(0, 780, 1020, Modes.TELEHEALTH),
        Block(4, 1320, 1560, Modes.TELEHEALTH),
    )
    assert view.rules == Rules(slot_minutes=30, notice_minutes=0, late_fee_minor=75_50)
    page = text(browser.get(HOURS))
    assert "Nobody can book yet" in page
    assert 'value="22:00"' in page
    assert 'value="02:00"' in page
    assert browser.post("/schedule/services/new/", SERVICE)["Location"] == "/schedule/services/"
    listed = text(browser.get("/schedule/services/"))
    assert "50-minute session" in listed
    assert "$150" in listed
    page = text(browser.get(HOURS))
    assert "Nobody can book yet" not in page
    assert "Nothing yet" not in page


def test_saving_the_same_page_twice_and_an_old_page_once(therapist, browser):
    browser.post(HOURS, WEEK)
    stale = browser.post(HOURS, {**WEEK, "day0_from0": "10:00"})
    assert stale.status_code == 409
    # What was typed is still there.
    assert 'value="10:00"' in text(stale)
    assert week_of(therapist).version == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"day0_until0": ""}, "From when, and until when?"),
        ({"day0_from1": "11:00"}, "These hours overlap."),
        ({"day0_from0": "9 o’clock"}, "Please give a time"),
        ({"day0_from0": "09:01"}, "five minutes"),
        ({"day0_way0": "by-post"}, "Please choose from the list."),
        ({"time_zone": "Mars/Olympus"}, "not a time zone we know"),
        ({"daily_limit": "0"}, "Please give 1 or more."),
        ({"late_fee": "-1"}, "Please give 0 or more."),
        ({"late_fee": "123456789"}, "Please give a sum, such as 150"),
        ({"late_fee": "12.345"}, "Please give a sum, such as 150"),
        ({"slot_minutes": "7"}, "Please choose from the list."),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(therapist, browser, said, words):
    answer = browser.post(HOURS, {**WEEK, **said})
    assert answer.status_code == 200
    assert words in text(answer)
    assert 'value="13:00"' in text(answer) or "day0_from1" in said
    assert week_of(therapist).version == 0


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"day0_until0": ""}, "day0_until0", "Monday, until: From when, and until when?"),
        ({"day4_from0": "22:03"}, "day4_from0", "Friday, from: Hours begin and end on five minutes."),
        ({"day0_until1": "17:01"}, "day0_until1", "Monday, until: Hours begin and end on five minutes."),
        ({"day0_from1": "11:00"}, "day0_from1", "Monday, from: These hours overlap."),
        # A row that stands empty between two others counts for nothing.
        (
            {"day0_from1": "", "day0_until1": "", "day0_from3": "11:00", "day0_until3": "13:00"},
            "day0_from3",
            "Monday, from: These hours overlap.",
        ),
        # The night to Saturday reaches into it.
        (
            {"day5_from0": "01:00", "day5_until0": "03:00"},
            "day5_from0",
            "Saturday, from: These hours overlap.",
        ),
    ],
)
def test_what_is_refused_of_hours_names_the_day_and_leads_to_the_field(browser, said, field, words):
    page = text(browser.post(HOURS, {**WEEK, **said}))
    assert f'href="#id_{field}">{words}</a>' in page
    assert f'id="id_{field}_error"' in page


def test_each_of_several_hours_that_are_refused_is_named(browser):
    page = text(browser.post(HOURS, {**WEEK, "day0_from0": "09:01", "day4_until0": "02:02"}))
    assert "Monday, from: Hours begin and end on five minutes." in page
    assert "Friday, until: Hours begin and end on five minutes." in page


def test_a_service_says_what_it_takes_in_plain_words(browser):
    browser.post(HOURS, WEEK)
    said = {"duration_minutes": "1000", "price": "123456789", "buffer_before": "-1", "name": "x" * 201}
    page = text(browser.post("/schedule/services/new/", {**SERVICE, **said}))
    assert "Ensure" not in page
    assert "Minutes: Please give 480 or less." in page
    assert "Please give a sum, such as 150" in page
    assert "Please give 0 or more." in page
    assert "Please give at most 200 characters; this has 201." in page


def test_hours_at_a_place_of_the_practice(therapist, browser):
    place = people.location(therapist)
    assert f"At {place.name}" in text(browser.get(HOURS))
    browser.post(HOURS, {**WEEK, "day0_way0": f"in_person:{place.id}", "day0_way1": "telehealth"})
    assert week_of(therapist).blocks[0] == Block(0, 540, 720, Modes.IN_PERSON, place.id)
    assert Mode.IN_PERSON.value in {each.modes for each in WeeklyBlock.objects.unscoped(reason="test")}


def test_more_stretches_than_the_page_usually_has_are_kept(therapist, browser):
    blocks = [Block(0, 480 + number * 60, 510 + number * 60) for number in range(6)]
    services.availability_set(
        people.actor(therapist), time_zone="UTC", blocks=blocks, rules=Rules(), version=0, at=clock.now()
    )
    page = text(browser.get(HOURS))
    sent = dict(re.findall(r'name="(day0_\w+)"[^>]*value="([^"]*)"', page))
    sent |= {f"day0_way{number}": "both" for number in range(6)}
    browser.post(HOURS, {**WEEK, "version": 1, **{f"day4_{name}0": "" for name in ("from", "until")}, **sent})
    assert len(week_of(therapist).blocks) == 6


def test_days_apart_are_added_and_removed(therapist, browser):
    browser.post(HOURS, WEEK)
    day = (clock.now() + timedelta(days=9)).date()
    added = browser.post("/schedule/days/add/", {"kind": "off", "starts_on": str(day)})
    assert added.status_code == 302
    (row,) = DateException.objects.unscoped(reason="test")
    assert (row.starts_on, row.ends_on, row.starts_minute) == (day, day, None)
    extra = {"kind": "extra", "starts_on": str(day), "begins": "22:00", "ends": "01:00"}
    browser.post("/schedule/days/add/", extra)
    assert 1500 in {each.ends_minute for each in week_of(therapist).exceptions}
    page = text(browser.get(HOURS))
    assert "Extra hours" in page
    assert browser.post(f"/schedule/days/{row.id}/remove/")["Location"] == HOURS
    assert not DateException.objects.unscoped(reason="test").filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "extra"}, "Say from when until when."),
        ({"kind": "off", "begins": "09:00"}, "Say from when until when."),
        ({"kind": "off", "starts_on": "soon"}, "Enter a valid date."),
        ({"kind": "off", "starts_on": "2020-01-01"}, "This day is over."),
    ],
)
def test_days_apart_that_cannot_be_are_said(browser, said, words):
    browser.post(HOURS, WEEK)
    day = (clock.now() + timedelta(days=9)).date()
    answer = browser.post("/schedule/days/add/", {"starts_on": str(day), **said})
    assert answer.status_code == 200
    assert words in text(answer)


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"kind": "off", "starts_on": "2020-01-01"}, "starts_on", "First day: This day is over."),
        (
            {"kind": "off", "starts_on": "2020-01-01", "ends_on": "2020-01-02"},
            "ends_on",
            "Last day: This day is over.",
        ),
        ({"kind": "extra", "ends": "10:00"}, "begins", "From: Say from when until when."),
        ({"kind": "extra", "begins": "10:00"}, "ends", "Until: Say from when until when."),
        (
            {"kind": "extra", "begins": "10:00", "ends": "11:02"},
            "ends",
            "Until: Hours begin and end on five minutes.",
        ),
    ],
)
def test_what_is_refused_of_days_apart_stands_at_its_field(browser, said, field, words):
    browser.post(HOURS, WEEK)
    day = (clock.now() + timedelta(days=9)).date()
    page = text(browser.post("/schedule/days/add/", {"starts_on": str(day), **said}))
    assert f'href="#id_{field}">{words}</a>' in page


def test_the_same_days_apart_twice_are_once(browser):
    browser.post(HOURS, WEEK)
    day = (clock.now() + timedelta(days=9)).date()
    for said in ({"kind": "off"}, {"kind": "extra", "begins": "18:00", "ends": "20:00"}):
        browser.post("/schedule/days/add/", {"starts_on": str(day), **said})
        again = browser.post("/schedule/days/add/", {"starts_on": str(day), **said}, follow=True)
        assert "That stands here already." in text(again)
    assert DateException.objects.unscoped(reason="test").count() == 2
    # Other hours of the same day are something else.
    browser.post(
        "/schedule/days/add/", {"starts_on": str(day), "kind": "off", "begins": "9:00", "ends": "10:00"}
    )
    assert DateException.objects.unscoped(reason="test").count() == 3


@pytest.mark.parametrize("first", ["off", "extra"])
def test_extra_hours_that_time_off_takes_are_said_to_be_lost(browser, first):
    browser.post(HOURS, WEEK)
    day = (clock.now() + timedelta(days=9)).date()
    extra = {"kind": "extra", "starts_on": str(day), "begins": "18:00", "ends": "20:00"}
    off = {"kind": "off", "starts_on": str(day - timedelta(days=1)), "ends_on": str(day)}
    given = [off, extra] if first == "off" else [extra, off]
    page = text(browser.post("/schedule/days/add/", given[0], follow=True))
    assert "wins" not in page
    page = text(browser.post("/schedule/days/add/", given[1], follow=True))
    assert "Time off and extra hours meet on these days: time off wins" in page
    assert "Time off falls into these hours, and wins" in page
    # What else is added later is not said to meet it.
    later = {"kind": "off", "starts_on": str(day + timedelta(days=9))}
    assert "Time off and extra" not in text(browser.post("/schedule/days/add/", later, follow=True))


def test_a_service_is_changed_and_offered_no_more(therapist, browser):
    browser.post(HOURS, WEEK)
    browser.post("/schedule/services/new/", SERVICE)
    row = Service.objects.unscoped(reason="test").get()
    place = f"/schedule/services/{row.id}/"
    assert 'value="90834"' in text(browser.get(place))
    assert browser.post("/schedule/services/new/", SERVICE).status_code == 409
    assert browser.post(place, {**SERVICE, "version": 1, "price": "92.50"}).status_code == 302
    row.refresh_from_db()
    assert (row.price_minor, row.version) == (92_50, 2)
    assert browser.post(place, {**SERVICE, "version": 1}).status_code == 409
    bad = browser.post(place, {**SERVICE, "version": 2, "cpt_code": "12"})
    assert "five characters" in text(bad)
    assert 'value="12"' in text(bad)
    browser.post(f"{place}retire/")
    assert "No longer offered" in text(browser.get("/schedule/services/"))
    assert browser.get(place).status_code == 404


def test_only_who_gives_care_there_has_hours(therapist):
    clerk = people.person()
    accounts_services.membership_start(
        people.SYSTEM, people.practice_of(therapist), clerk.id, "front_desk", at=clock.now()
    )
    assert people.browser(clerk).get(HOURS).status_code == 403
    assert 'href="/schedule/"' not in text(people.browser(clerk).get("/dashboard/"))
