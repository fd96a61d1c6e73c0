"""Appointments that come again, and calendars outside of Bloom."""

import os
import re
from datetime import datetime, timedelta

import httpx
import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from e2e import axe, bookings, people
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import Person
from e2e.watch import Watch

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Elsewhere//EN
BEGIN:VEVENT
UID:1
DTSTART:{first:%Y%m%dT%H%M%SZ}
DTEND:{last:%Y%m%dT%H%M%SZ}
SUMMARY:Dentist
END:VEVENT
END:VCALENDAR
"""


def sound(page: Page) -> None:
    assert not (found := axe.findings(page)), "\n".join(found)


@pytest.mark.parametrize(
    ("width", "script"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "bare phone"]
)
def test_an_appointment_comes_again_moves_and_ends(
    visit: Visit,
    watch: Watch,
    admin: Person,
    patient: Person,
    therapist: Person,
    width: int,
    script: bool,
) -> None:
    """One time is taken: the therapist is asked what becomes of it before anything is saved."""
    watch.expect("^409 ")
    people.assign(admin, patient, therapist)
    service = bookings.hours_open(therapist)
    first = bookings.book(patient, therapist, service)
    bookings.off_a_week_after(therapist, first)

    own = visit(therapist, width=width, script=script)
    own.goto(f"/appointments/{first}/")
    own.get_by_role("link", name="Repeat it").click()
    own.get_by_label("How long").select_option("count")
    own.get_by_label("How many times").fill("5")
    own.get_by_role("button", name="Repeat it").press("Enter")

    expect(own.get_by_role("heading", name="One time is not possible")).to_be_visible()
    expect(own.get_by_label("How many times")).to_have_value("5")
    if script:
        sound(own)
    own.get_by_label("Leave it out").check()
    own.get_by_role("button", name="Save it so").press("Enter")
    card = own.locator("#series")
    expect(card).to_contain_text("Every week, 5 times")
    expect(card.get_by_role("listitem")).to_have_count(4)
    if script:
        sound(own)

    page = visit(patient, width=width, script=script)
    page.goto("/appointments/")
    expect(page.get_by_role("main").locator("a.row")).to_have_count(4)

    card.get_by_role("link", name="Move several").click()
    own.get_by_label("Time", exact=True).fill("21:00")
    if script:
        sound(own)
    own.get_by_role("button", name="Move them").press("Enter")
    expect(own.get_by_role("heading", level=1)).to_contain_text("9:00 PM")

    page.goto(f"/appointments/{first}/")
    page.get_by_role("link", name="Cancel several").click()
    if script:
        sound(page)
    page.get_by_text("All that are to come").click()
    page.get_by_role("button", name="Cancel them").press("Enter")
    expect(page.get_by_text("4 appointments are cancelled").first).to_be_visible()
    own.goto("/appointments/")
    expect(own.get_by_text("No appointment to come")).to_be_visible()


def test_a_feed_is_made_read_renewed_and_ended(
    visit: Visit, admin: Person, patient: Person, therapist: Person
) -> None:
    people.assign(admin, patient, therapist)
    service = bookings.hours_open(therapist)
    bookings.book(patient, therapist, service)
    page = visit(patient)
    page.goto("/settings/")
    page.get_by_role("main").get_by_role("link", name=re.compile("Your calendar")).first.click()
    sound(page)
    page.get_by_role("button", name="Make an address").press("Enter")
    address = page.locator("[data-feed]").inner_text()
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    sound(page)

    answer = httpx.get(address)
    (event,) = Calendar.from_ical(answer.text).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Appointment"
    assert "Anna" not in answer.text

    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_text(re.compile("It was last read on"))).to_be_visible()
    assert address not in page.content()
    sound(page)
    page.get_by_role("link", name="Make a new address").press("Enter")
    sound(page)
    page.get_by_role("button", name="Make a new address").press("Enter")
    renewed = page.locator("[data-feed]").inner_text()
    assert [httpx.get(each).status_code for each in (address, renewed)] == [404, 200]
    page.goto("/settings/calendar/")
    page.get_by_role("button", name="End it").press("Enter")
    expect(page.get_by_text("The address opens nothing any more.").first).to_be_visible()
    assert httpx.get(renewed).status_code == 404


def test_a_booking_comes_into_the_patients_calendar_by_mail(
    admin: Person, patient: Person, therapist: Person
) -> None:
    """The mail that a running Bloom has sent, as its pages show it."""
    people.assign(admin, patient, therapist)
    service = bookings.hours_open(therapist)
    bookings.book(patient, therapist, service)
    text = people.mail_for(patient.http, patient.email, "Your appointment is booked")
    assert "(UTC)" in text
    assert "Anna" not in text


def test_a_calendar_elsewhere_keeps_its_times_from_being_booked(
    visit: Visit, watch: Watch, admin: Person, patient: Person, therapist: Person
) -> None:
    """By its address, over HTTP: the job reads it, and its hour is not offered any more."""
    watch.expect("^400 ")
    people.assign(admin, patient, therapist)
    service = bookings.hours_open(therapist)
    taken = datetime.fromisoformat(bookings.times(patient, therapist, service)[6]["starts_at"])
    address = f"{os.environ['BLOOM_SANDBOX_URL']}/calendars/{therapist.id}.ics"
    httpx.put(address, content=CALENDAR.format(first=taken, last=taken + timedelta(hours=1)).encode())

    page = visit(therapist)
    page.goto("/settings/calendar/")
    page.get_by_label("What you call it").first.fill("Family")
    page.get_by_label("Its address").fill("not an address")
    page.get_by_role("button", name="Add this calendar").press("Enter")
    expect(page.get_by_text("https:// or webcal://").last).to_be_visible()
    expect(page.get_by_label("Its address")).to_have_value("not an address")
    sound(page)
    page.get_by_label("Its address").fill(address)
    page.get_by_role("button", name="Add this calendar").press("Enter")
    row = page.locator("[data-outside=Family]")
    for _turn in range(40):
        if "one busy time" in row.inner_text():
            break
        page.wait_for_timeout(1_000)
        page.reload()
    expect(row).to_contain_text("one busy time")
    sound(page)
    found = [each["starts_at"] for each in bookings.times(patient, therapist, service)]
    assert taken not in [datetime.fromisoformat(each) for each in found]

    row.get_by_role("button", name="Remove").press("Enter")
    expect(page.get_by_text("stand against nothing any more").first).to_be_visible()
    found = [each["starts_at"] for each in bookings.times(patient, therapist, service)]
    assert taken in [datetime.fromisoformat(each) for each in found]
