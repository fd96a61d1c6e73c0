"""From an empty week to an appointment that two people have, and its end."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from e2e import axe, bookings, people
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import Person
from e2e.watch import Watch

COUNTDOWN = re.compile(r"^(10:00|9:[0-5]\d)$")


def paint_by_keyboard(page: Page) -> None:
    """An hour and a half of each day, Monday to Sunday, without a mouse."""
    page.get_by_role("grid").get_by_role("gridcell").and_(page.locator("[tabindex='0']")).focus()
    page.keyboard.press("Space")
    for away, turn in (("Right", False), ("Left", True), ("Right", True)):
        if turn:
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Space")
        for _day in range(6):
            page.keyboard.press(f"Shift+Arrow{away}")


def offer(page: Page) -> None:
    """The therapist sets their hours and says what they offer."""
    page.goto("/dashboard/")
    page.get_by_role("main").get_by_role("link", name="Your hours").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your hours")
    page.get_by_label("Time zone").select_option("UTC")
    paint_by_keyboard(page)
    expect(page.get_by_role("gridcell", selected=True)).to_have_count(7 * 3)
    page.get_by_role("button", name="Save your hours").press("Enter")
    page.get_by_role("link", name="Add a service").click()
    page.get_by_label("Name", exact=True).fill("50-minute session")
    page.get_by_label("Minutes", exact=True).fill("50")
    page.get_by_label("Price in US dollars").fill("150")
    page.get_by_role("button", name="Save").click()
    page.goto("/schedule/availability/")
    expect(page.get_by_role("grid")).to_be_visible()
    expect(page.get_by_role("gridcell", selected=True)).to_have_count(7 * 3)
    expect(page.get_by_role("main").locator("dd").first).to_contain_text(re.compile(r"\d"))


@pytest.mark.parametrize(
    ("width", "script"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "bare phone"]
)
def test_a_week_is_painted_and_a_time_in_it_booked_and_cancelled(
    visit: Visit, admin: Person, patient: Person, therapist: Person, width: int, script: bool
) -> None:
    people.assign(admin, patient, therapist)
    own = visit(therapist)
    offer(own)

    page = visit(patient, width=width, script=script)
    page.goto("/dashboard/")
    card = page.get_by_role("region", name="Next appointments")
    card.get_by_role("link", name="Book a time with Anna Lindqvist").click()
    expect(page.get_by_text("Times are in your time zone, UTC.")).to_be_visible()
    page.locator(".booking-slot").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your time")
    expect(page.get_by_role("main")).to_contain_text("$150")
    if script:
        expect(page.get_by_role("timer")).to_have_text(COUNTDOWN)
        assert not (found := axe.findings(page)), "\n".join(found)
    page.get_by_label("What brings you").fill("I do not sleep well.")
    page.get_by_role("button", name="Book this time").click()

    main = page.get_by_role("main")
    expect(main.get_by_text("Confirmed", exact=True)).to_be_visible()
    expect(main.get_by_text("I do not sleep well.")).to_be_visible()
    day = page.get_by_role("heading", level=1).inner_text()

    own.goto("/dashboard/")
    own.get_by_role("region", name="Next appointments").get_by_role("link", name="Maya Torres").click()
    expect(own.get_by_role("heading", level=1)).to_have_text(day)
    expect(own.get_by_text("I do not sleep well.")).to_be_visible()

    main.get_by_role("link", name="Cancel it").click()
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_text("The appointment is cancelled.").first).to_be_visible()
    expect(main.get_by_text("Cancelled", exact=True)).to_be_visible()
    own.reload()
    expect(own.get_by_role("main").get_by_text("Cancelled", exact=True)).to_be_visible()


def test_who_comes_too_late_is_shown_what_is_free(
    visit: Visit, watch: Watch, admin: Person, site: str, patient: Person, therapist: Person
) -> None:
    """Two see the same time; the second is told, and chooses another."""
    watch.expect("^409 ")
    other = people.sign_up(site, "patient", "Esra Demir")
    for each in (patient, other):
        people.assign(admin, each, therapist)
    service = bookings.hours_open(therapist)
    first, second = visit(patient), visit(other, width=PHONE)
    for page in (first, second):
        page.goto(f"/book/{therapist.id}/?service={service}")
    wanted = second.locator(".booking-slot").nth(8)
    first.locator(f".booking-slot[value='{wanted.get_attribute('value')}']").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Confirm your time")
    wanted.click()
    expect(second.get_by_role("alert")).to_contain_text("Nothing was booked.")
    assert not (found := axe.findings(second)), "\n".join(found)
    second.locator(".booking-slot").nth(20).click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Confirm your time")

    second.goto(f"/holds/{uuid.uuid4()}/?with={therapist.id}")
    expect(second.get_by_role("heading", level=1)).to_have_text("This time is no longer held")
    assert not (found := axe.findings(second)), "\n".join(found)
    second.get_by_role("link", name="Choose another time").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Book a time with Anna Lindqvist")


def test_when_a_hold_is_over_that_alone_is_said_and_the_time_is_booked_all_the_same(
    visit: Visit, admin: Person, patient: Person, therapist: Person
) -> None:
    people.assign(admin, patient, therapist)
    service = bookings.hours_open(therapist)
    page = visit(patient)
    page.clock.install()
    page.goto(f"/book/{therapist.id}/?service={service}")
    page.locator(".booking-slot").nth(8).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your time")
    expect(page.get_by_text("nobody else can take it")).to_be_visible()
    page.clock.fast_forward("10:05")
    expect(page.get_by_text("This time is no longer held for you")).to_be_visible()
    expect(page.get_by_text("This time is held for you")).to_have_count(0)
    expect(page.get_by_text("nobody else can take it")).to_have_count(0)
    assert not (found := axe.findings(page)), "\n".join(found)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
