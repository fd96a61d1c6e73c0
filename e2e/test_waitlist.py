"""From a line to a time: joined by keyboard, offered when somebody cancels, passed on or taken."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from e2e import axe, bookings, people
from e2e.conftest import DESKTOP, PHONE, Visit
from e2e.people import Person

# The job comes by every ten seconds; a busy machine takes its time.
OFFERED_WITHIN = 60


def one_hour_open(therapist: Person) -> str:
    """The therapist is there for one hour, in five days, and that is all. The id of what they offer."""
    weekday = (datetime.now(UTC) + timedelta(days=5)).weekday()
    hours = {"time_zone": "UTC", "slot_minutes": 60, "horizon_days": 8, "version": 0}
    therapist.patch("/availability/", week=[{"weekday": weekday, "from": "10:00", "until": "11:00"}], **hours)
    return str(therapist.post("/services/", **bookings.SERVICE)["id"])


def join(page: Page, therapist: Person, service: str) -> None:
    """By keyboard, from the page that has no time left."""
    page.goto(f"/book/{therapist.id}/?service={service}")
    expect(page.locator(".booking-slot")).to_have_count(0)
    page.get_by_role("link", name="Wait for a time").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Wait for a time with")
    for part in ("Mornings", "Afternoons"):
        for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
            page.get_by_label(f"{day}, {part}").press("Space")
    page.get_by_role("button", name="Wait for a time").press("Enter")
    expect(page.get_by_text("You are in line.")).to_be_visible()
    expect(page.get_by_text("Monday (morning, afternoon)")).to_be_visible()


def look_at_offer(page: Page) -> None:
    """Open what the job has kept for this person."""
    end = time.monotonic() + OFFERED_WITHIN
    page.goto("/waitlist/")
    while not page.get_by_role("link", name="Look at it").count() and time.monotonic() < end:
        page.wait_for_timeout(1_500)
        page.reload()
    page.get_by_role("link", name="Look at it").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("A time for you")
    expect(page.get_by_role("main")).to_contain_text("$150")


@pytest.mark.parametrize(
    ("width", "script"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "bare phone"]
)
def test_a_time_that_is_freed_is_kept_for_the_first_and_passed_on_to_the_next(
    visit: Visit, site: str, admin: Person, patient: Person, therapist: Person, width: int, script: bool
) -> None:
    first, second = patient, people.sign_up(site, "patient", "Noor Haddad")
    holder = people.sign_up(site, "patient", "Esra Demir")
    for each in (first, second, holder):
        people.assign(admin, each, therapist)
    service = one_hour_open(therapist)
    taken = bookings.book(holder, therapist, service)

    page, other = visit(first, width=width, script=script), visit(second, width=width, script=script)
    join(page, therapist, service)
    expect(page.get_by_text("Nobody who waits came before you")).to_be_visible()
    join(other, therapist, service)
    expect(other.get_by_text("1 person came before you.")).to_be_visible()

    line = visit(therapist, width=width, script=script)
    line.goto("/schedule/waitlist/")
    expect(line.get_by_role("listitem").filter(has_text="Maya Torres")).to_contain_text("Mon")
    expect(line.get_by_role("listitem").filter(has_text="Noor Haddad")).to_be_visible()
    if script:
        assert not (found := axe.findings(line)), "\n".join(found)

    holder.post(f"/appointments/{taken}/cancel/")
    look_at_offer(page)
    if script:
        assert not (found := axe.findings(page)), "\n".join(found)
    # To everybody else the time is taken.
    other.goto(f"/book/{therapist.id}/?service={service}")
    expect(other.locator(".booking-slot")).to_have_count(0)
    page.get_by_role("button", name="Not this one").press("Enter")
    expect(page.get_by_text("It goes to the next person.")).to_be_visible()
    expect(page.get_by_role("link", name="Look at it")).to_have_count(0)

    look_at_offer(other)
    other.get_by_role("button", name="Take this time").press("Enter")
    expect(other).to_have_url(re.compile(r"/appointments/[0-9a-f-]+/$"))
    expect(other.get_by_role("main").get_by_text("Confirmed", exact=True)).to_be_visible()
    other.goto("/waitlist/")
    expect(other.get_by_text("You are not waiting for a time")).to_be_visible()
    # Whoever passed it on still waits, and comes before everybody who joins now.
    page.goto("/waitlist/")
    expect(page.get_by_text("Nobody who waits came before you")).to_be_visible()
