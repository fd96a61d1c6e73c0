"""A calendar program reads somebody's appointments by an address that only they know."""

import re
import struct
from datetime import timedelta

import pytest
from django.test import Client
from icalendar import Calendar

from accounts import services as accounts_services
from accounts.models import User
from accounts.tests import factories as people
from bloom.kernel import clock
from scheduling import selectors, services
from scheduling.models import CalendarFeed
from scheduling.tests import factories
from scheduling.tests.video import soon
from scheduling.types import AppointmentState

pytestmark = pytest.mark.django_db
PAGE = "/settings/calendar/"


@pytest.fixture
def desk():
    return factories.desk()


def made(person) -> str:
    """The address, as its person reads it on the page."""
    page = (
        people.browser(person, fresh=True).post(f"{PAGE}feed/", {"anew": "yes"}, follow=True).content.decode()
    )
    (address,) = re.findall(r"/calendar/feed/[A-Za-z0-9_-]{43}\.ics", page)
    return address


def text(answer) -> str:
    return answer.content.decode()


def read(address, **headers):
    return Client().get(address, headers=headers)


def events(answer):
    return list(Calendar.from_ical(answer.content.decode()).walk("VEVENT"))


def test_a_program_reads_what_is_to_come(desk):
    row = factories.appointment(desk, soon())
    answer = read(made(desk.patient))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = events(answer)
    assert str(event["UID"]) == selectors.uid_of(row.id)
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (row.starts_at, row.ends_at)
    assert str(event["SUMMARY"]) == "Appointment"


def test_what_the_therapist_notes_for_themselves_leaves_no_trace_in_it(desk):
    row = factories.appointment(desk, soon())
    address = made(desk.patient)
    before = read(address).content
    services.appointment_change(desk.as_therapist, row.id, note="Ask about the exam.", at=clock.now())
    assert read(address).content == before


def test_both_sides_have_their_own(desk):
    factories.appointment(desk, soon())
    assert len(events(read(made(desk.therapist)))) == 1
    assert events(read(made(people.patient()))) == []


def test_it_says_nothing_of_health(desk):
    desk.service.name = "Trauma therapy"
    desk.service.save()
    factories.appointment(desk, soon())
    for person in (desk.patient, desk.therapist):
        text = read(made(person)).content.decode()
        for word in (desk.patient.name, desk.therapist.name, desk.patient.email, "Trauma", "90834"):
            assert word not in text


def test_what_is_called_off_leaves_it(desk):
    factories.appointment(
        desk, soon(), state=AppointmentState.CANCELLED.value, cancelled_at=clock.now(), is_claimed=False
    )
    assert events(read(made(desk.patient))) == []


def test_what_is_long_over_or_far_ahead_is_not_in_it(desk):
    factories.appointment(desk, soon(days=-100))
    factories.appointment(desk, soon(days=500))
    near = factories.appointment(desk, soon(days=-80))
    (event,) = events(read(made(desk.patient)))
    assert str(event["UID"]) == selectors.uid_of(near.id)


def test_who_has_left_a_practice_reads_no_more_of_it(desk):
    factories.appointment(desk, soon())
    address = made(desk.therapist)
    assert len(events(read(address))) == 1
    from accounts.models import Membership

    Membership.objects.unscoped(reason="test").filter(user=desk.therapist).update(ended_at=clock.now())
    assert events(read(address)) == []


def test_what_has_not_changed_is_not_sent_again(desk):
    factories.appointment(desk, soon())
    address = made(desk.patient)
    first = read(address)
    again = read(address, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    factories.appointment(desk, soon(days=5))
    assert read(address, if_none_match=first["ETag"]).status_code == 200


def test_the_address_is_told_once_and_its_secret_not_kept(desk):
    address = made(desk.patient)
    secret = address.rpartition("/")[2].removesuffix(".ics")
    page = people.browser(desk.patient).get(PAGE).content.decode()
    assert secret not in page
    assert "Nobody has read it yet" in page
    row = CalendarFeed.objects.unscoped(reason="test").get()
    assert secret.encode() not in bytes(row.secret_hash)
    read(address)
    assert "It was last read on" in people.browser(desk.patient).get(PAGE).content.decode()


def test_a_new_address_ends_the_one_before_and_is_on_record(desk):
    first, second = made(desk.patient), made(desk.patient)
    assert first != second
    assert [read(each).status_code for each in (first, second)] == [404, 200]
    assert [each.data["is_renewed"] for each in people.recorded("scheduling.feed.made")] == [False, True]


def test_to_load_the_page_of_a_new_address_again_makes_no_other(desk):
    browser = people.browser(desk.patient, fresh=True)
    answer = browser.post(f"{PAGE}feed/")
    assert answer["Location"] == PAGE
    # The session has it until then, and not for whoever reads sessions.
    assert "/calendar/feed/" not in str(dict(browser.session))
    browser.head(PAGE)
    (address,) = re.findall(r"/calendar/feed/[A-Za-z0-9_-]{43}\.ics", text(browser.get(PAGE)))
    again = text(browser.get(PAGE))
    assert address not in again
    assert "Nobody has read it yet" in again
    assert read(address).status_code == 200


def test_another_address_is_asked_about_first(desk):
    address = made(desk.patient)
    browser = people.browser(desk.patient, fresh=True)
    asked = text(browser.post(f"{PAGE}feed/", follow=True))
    assert "Make a new address?" in asked
    assert read(address).status_code == 200
    assert 'name="anew"' not in text(browser.get(PAGE))
    browser.post(f"{PAGE}feed/", {"anew": "yes"})
    assert read(address).status_code == 404


def test_when_it_was_made_and_read_is_said_with_the_zone(desk):
    User.objects.filter(id=desk.patient.id).update(time_zone="Asia/Tokyo")
    read(made(desk.patient))
    page = text(people.browser(desk.patient).get(PAGE))
    assert page.count("(Asia/Tokyo)") == 2


def test_who_ends_it_ends_it(desk):
    address = made(desk.patient)
    browser = people.browser(desk.patient)
    assert "opens nothing any more" in browser.post(f"{PAGE}feed/end/", follow=True).content.decode()
    browser.post(f"{PAGE}feed/end/")
    assert read(address).status_code == 404
    assert len(people.recorded("scheduling.feed.ended")) == 1


def test_it_ends_with_the_account(desk):
    address = made(desk.patient)
    accounts_services.account_close(people.actor(desk.patient), at=clock.now())
    User.objects.filter(id=desk.patient.id).update(closing_at=clock.now() - timedelta(days=1))
    accounts_services.accounts_close_due(people.SYSTEM, at=clock.now())
    assert read(address).status_code == 404


def test_it_speaks_its_readers_language(desk, settings, tmp_path):
    settings.LOCALE_PATHS = [tmp_path]
    catalogue(
        tmp_path / "es" / "LC_MESSAGES",
        {"": "Content-Type: text/plain; charset=UTF-8\n", "Appointment": "Cita"},
    )
    User.objects.filter(id=desk.patient.id).update(locale="es")
    factories.appointment(desk, soon())
    (theirs,) = events(read(made(desk.patient)))
    (others,) = events(read(made(desk.therapist)))
    assert (str(theirs["SUMMARY"]), str(others["SUMMARY"])) == ("Cita", "Appointment")


def catalogue(folder, words):
    """Words of another language, as gettext reads them: each original and its translation, in order."""
    pairs = [(key.encode(), words[key].encode()) for key in sorted(words)]
    count, texts = len(pairs), b""
    tables: list[list[int]] = [[], []]
    for side, table in enumerate(tables):
        for pair in pairs:
            table += [len(pair[side]), 28 + 16 * count + len(texts)]
            texts += pair[side] + b"\0"
    numbers = [0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0, *tables[0], *tables[1]]
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(struct.pack(f"<{len(numbers)}I", *numbers) + texts)


@pytest.mark.parametrize("count", [1, 30])
def test_it_costs_the_same_for_one_as_for_many(desk, count, django_assert_max_num_queries):
    start = soon()
    for number in range(count):
        factories.appointment(desk, start + timedelta(hours=number))
    address = made(desk.patient)
    with django_assert_max_num_queries(9):
        assert len(events(read(address))) == count
