"""What calendar programs read: made here, and read back by a parser that is not ours."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from scheduling.rules import entries
from scheduling.types import Entry, Invited

STARTS = datetime(2026, 11, 9, 16, tzinfo=UTC)
WHO = Invited(organizer="hello@bloom.example", attendee="ada@example.org")


def entry(**facts):
    values = {
        "uid": "8b1f@bloom.example",
        "sequence": 3,
        "starts_at": STARTS,
        "ends_at": STARTS + timedelta(minutes=50),
        "changed_at": STARTS - timedelta(days=3),
        "title": "Appointment",
        "place": "1 Main Street, Chicago",
        "url": "https://bloom.example/appointments/8b1f/",
        "is_certain": True,
        "is_called_off": False,
    }
    return Entry(**(values | facts))


def read(text):
    calendar = Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_an_invitation_says_when_where_and_who_asks_whom():
    calendar, event = read(entries.invitation_write(entry(), WHO))
    assert (calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "2.0")
    assert (str(event["UID"]), event["SEQUENCE"]) == ("8b1f@bloom.example", 3)
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (STARTS, STARTS + timedelta(minutes=50))
    assert event.decoded("dtstamp") == STARTS - timedelta(days=3)
    assert str(event["ORGANIZER"]) == "mailto:hello@bloom.example"
    assert str(event["ATTENDEE"]) == "mailto:ada@example.org"
    assert (event["ATTENDEE"].params["PARTSTAT"], event["STATUS"]) == ("ACCEPTED", "CONFIRMED")
    assert str(event["LOCATION"]) == "1 Main Street, Chicago"


def test_what_is_called_off_is_taken_out():
    calendar, event = read(entries.invitation_write(entry(is_called_off=True), WHO))
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 3)
    assert str(event["UID"]) == "8b1f@bloom.example"


def test_what_waits_for_a_yes_is_tentative():
    _calendar, event = read(entries.invitation_write(entry(is_certain=False), WHO))
    assert (event["STATUS"], event["ATTENDEE"].params["PARTSTAT"]) == ("TENTATIVE", "NEEDS-ACTION")


def test_moments_need_no_time_zone_of_the_reader():
    text = entries.invitation_write(entry(), WHO)
    assert "DTSTART:20261109T160000Z" in text
    assert "TZID" not in text


@pytest.mark.parametrize(
    "nasty",
    [
        "Home\r\nATTENDEE:mailto:eve@evil.example",
        "Home\nEND:VEVENT\nBEGIN:VEVENT\nUID:other",
        "Home\rX-EVIL:1",
        "Home\\nX-EVIL:1",
        'a;b,c:d\\e"f',
        "Home\x00\x07\x1b\x85\u2028X-EVIL:1",
        "BEGIN:VALARM\nTRIGGER:-PT1M\nACTION:EMAIL",
    ],
)
def test_a_place_brings_no_lines_of_its_own(nasty):
    text = entries.invitation_write(entry(place=nasty, title=nasty), WHO)
    calendar, event = read(text)
    assert {each.name for each in calendar.walk()} == {"VCALENDAR", "VEVENT"}
    assert str(event["ATTENDEE"]) == "mailto:ada@example.org"
    assert str(event["UID"]) == "8b1f@bloom.example"
    assert "X-EVIL" not in event
    assert str(event["LOCATION"]) == entries.text_clean(nasty)
    assert not any(line.startswith(("X-EVIL", "ACTION", "TRIGGER")) for line in text.splitlines())


@pytest.mark.parametrize("address", ["a@b.example\r\nX-EVIL:1", 'a"b;RSVP=TRUE:mailto:eve@evil.example'])
def test_an_address_brings_no_lines_of_its_own(address):
    text = entries.invitation_write(entry(), Invited(organizer=address, attendee=address))
    calendar, event = read(text)
    assert "X-EVIL" not in event
    assert "X-EVIL" not in calendar
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"


def test_long_lines_are_folded_and_come_back_whole():
    place = "Straße des 17. Juni, 東京 " * 20
    text = entries.invitation_write(entry(place=place), WHO)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    _calendar, event = read(text)
    assert str(event["LOCATION"]) == place.strip()


def test_a_calendar_of_several_says_how_often_to_come_again():
    several = [entry(uid=f"{number}@bloom.example") for number in range(3)]
    text = entries.entries_write(
        several, title="Bloom", organizer="hello@bloom.example", every=timedelta(minutes=30)
    )
    calendar = Calendar.from_ical(text)
    assert [str(each["UID"])[0] for each in calendar.walk("VEVENT")] == ["0", "1", "2"]
    assert calendar["METHOD"] == "PUBLISH"
    # RFC 5546 asks for one; mails of each entry that come later name the same.
    assert {str(each["ORGANIZER"]) for each in calendar.walk("VEVENT")} == {"mailto:hello@bloom.example"}
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT30M" in text
    assert "X-PUBLISHED-TTL:PT30M" in text
    assert "ATTENDEE" not in text


def test_a_calendar_of_none_is_one():
    written = entries.entries_write([], title="Bloom", organizer="hello@bloom.example")
    assert not Calendar.from_ical(written).walk("VEVENT")
