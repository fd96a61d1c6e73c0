"""A calendar by keyboard and pointer: looked through, booked into, moved in. The first free time."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e import axe, bookings, people
from e2e.conftest import PHONE, Visit
from e2e.people import Person
from e2e.watch import Watch

# Far enough ahead for nothing of that week to be past.
MONDAY = (datetime.now(UTC) + timedelta(days=14 - datetime.now(UTC).weekday())).date()


@pytest.fixture
def service(admin: Person, patient: Person, therapist: Person) -> str:
    """The therapist, in UTC and there at all hours, has one patient and offers one thing."""
    people.assign(admin, patient, therapist)
    therapist.patch("/me/", time_zone="UTC")
    patient.patch("/me/", time_zone="UTC")
    return bookings.hours_open(therapist)


def booked(therapist: Person, patient: Person, service: str, hour: int, day: int = 0) -> str:
    starts_at = f"{MONDAY + timedelta(days=day)}T{hour:02}:00:00Z"
    answer = therapist.post("/appointments/", patient=patient.id, service=service, starts_at=starts_at)
    return str(answer["id"])


def item(page: Page, appointment: str) -> Locator:
    return page.locator(f"[data-item='{appointment}']")


def column(page: Page, day: int) -> Locator:
    return page.locator(f"[data-day='{MONDAY + timedelta(days=day)}'] [data-paper]")


def test_a_week_by_keyboard(visit: Visit, patient: Person, therapist: Person, service: str) -> None:
    """From hour to hour and to an appointment; to a day, a month, a list, and to booking a free time."""
    appointment = booked(therapist, patient, service, 10)
    page = visit(therapist)
    page.goto(f"/calendar/?view=week&on={MONDAY}#calendar")
    cursor = page.locator(".cal-cursor:not([data-ghost])")
    expect(cursor).to_be_focused()
    for _step in range(60):
        if "10:00" in (cursor.text_content() or "") or item(page, appointment).locator("a:focus").count():
            break
        page.keyboard.press("ArrowDown")
    expect(item(page, appointment).get_by_role("link")).to_be_focused()
    # Below it the time is free again, and so is the day beside it.
    page.keyboard.press("ArrowDown")
    expect(cursor).to_be_focused()
    expect(cursor).to_have_text("11:00 AM")
    page.keyboard.press("ArrowRight")
    expect(cursor).to_have_attribute("aria-label", re.compile("^Book Tuesday .* 11:00.AM$"))
    assert not (found := axe.findings(page)), "\n".join(found)
    # The page may be from before midnight, and the answer from after it.
    today = datetime.now(UTC).date()
    for key, view in (("d", "day"), ("m", "month"), ("a", "agenda"), ("w", "week")):
        page.keyboard.press(key)
        page.wait_for_url(re.compile(f"view={view}"))
        expect(page.locator("#calendar")).to_have_attribute("data-calendar", view)
        page.locator("#calendar :is(.cal-cursor, .cal-square, [data-item] > a)[tabindex='0']").first.focus()
    page.keyboard.press("t")
    page.wait_for_url(re.compile(f"on=({today}|{today + timedelta(days=1)})"))
    page.goto(f"/calendar/?view=week&on={MONDAY}#calendar")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Book for a patient")
    expect(page.get_by_label("Day")).to_have_value(str(MONDAY + timedelta(days=1)))


def test_an_appointment_is_dragged_asked_about_moved_and_taken_back(
    visit: Visit, patient: Person, therapist: Person, service: str
) -> None:
    appointment = booked(therapist, patient, service, 10)
    page = visit(therapist)
    page.goto(f"/calendar/?view=week&on={MONDAY}")
    drag(page, item(page, appointment), column(page, 2), hours=13)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Move this appointment?")
    expect(dialog).to_contain_text("Monday")
    expect(dialog).to_contain_text(re.compile(r"Wednesday \d+ \w+, 1:00.PM"))
    assert not (found := axe.findings(page)), "\n".join(found)
    dialog.get_by_role("button", name="Leave it").click()
    expect(item(page, appointment).get_by_role("link")).to_be_focused()
    assert therapist.get(f"/appointments/{appointment}/")["starts_at"].startswith(f"{MONDAY}T10:00")
    drag(page, item(page, appointment), column(page, 2), hours=13)
    dialog.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("Moved. The patient is told.")).to_be_visible()
    expect(column(page, 2).locator(f"[data-item='{appointment}']")).to_be_visible()
    wednesday = MONDAY + timedelta(days=2)
    assert patient.get(f"/appointments/{appointment}/")["starts_at"].startswith(f"{wednesday}T13:00")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is back where it was.")).to_be_visible()
    assert patient.get(f"/appointments/{appointment}/")["starts_at"].startswith(f"{MONDAY}T10:00")


def drag(page: Page, what: Locator, to: Locator, *, hours: int) -> None:
    """With the mouse, by its upper edge, to an hour of another day."""
    first = int(page.locator("#calendar").get_attribute("data-first") or 0) // 60
    link = what.get_by_role("link")
    link.scroll_into_view_if_needed()
    box, paper = what.bounding_box(), to.bounding_box()
    assert box
    assert paper
    hour = page.locator(".cal-hours").bounding_box()
    assert hour
    length = page.evaluate(
        "() => { const p = document.querySelector('[data-paper]'); return Number(p.dataset.lh) }"
    )
    page.mouse.move(box["x"] + 20, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 20, steps=3)
    page.mouse.move(paper["x"] + 30, paper["y"] + (hours - first) * paper["height"] / length + 3, steps=6)
    page.mouse.up()


def test_a_move_by_keys_is_refused_in_place_with_what_is_free(
    visit: Visit, watch: Watch, site: str, admin: Person, patient: Person, therapist: Person, service: str
) -> None:
    watch.expect("^409 ")
    other = people.sign_up(site, "patient", "Esra Demir")
    people.assign(admin, other, therapist)
    appointment = booked(therapist, patient, service, 10)
    booked(therapist, other, service, 11)
    page = visit(therapist)
    page.goto(f"/calendar/?view=week&on={MONDAY}")
    item(page, appointment).get_by_role("link").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Move it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Something else stands in your calendar")
    near = dialog.get_by_role("alert").get_by_role("button")
    expect(near).to_have_count(3)
    assert not (found := axe.findings(page)), "\n".join(found)
    words = near.first.inner_text()
    near.first.click()
    expect(dialog.locator("[data-move-to]")).to_have_text(words)
    dialog.get_by_role("button", name="Move it").press("Enter")
    expect(page.get_by_text("Moved. The patient is told.")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_patient_is_booked_from_a_phone_and_has_it(
    visit: Visit, patient: Person, therapist: Person, service: str, script: bool
) -> None:
    page = visit(therapist, width=PHONE, script=script)
    page.goto(f"/calendar/?view=week&on={MONDAY}")
    page.get_by_role("link", name=re.compile("^Book on Wednesday")).click()
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_text("Please choose a patient.").first).to_be_visible()
    page.get_by_label("Patient").select_option("Maya Torres")
    page.get_by_label("Time", exact=True).fill("09:30")
    page.get_by_label("Your note").fill("Bring the sleep diary.")
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_text("Booked.").first).to_be_visible()
    expect(page.locator(".cal-item")).to_contain_text("Maya Torres")
    theirs = visit(patient, width=PHONE, script=script)
    theirs.goto(f"/calendar/?view=agenda&on={MONDAY}")
    theirs.get_by_role("main").get_by_role("link", name="Anna Lindqvist").click()
    expect(theirs.get_by_role("main")).to_contain_text("Confirmed")
    expect(theirs.get_by_role("main")).not_to_contain_text("sleep diary")
    expect(theirs.get_by_role("link", name="Cancel it")).to_be_visible()


def test_the_first_free_time_is_found_and_held(visit: Visit, patient: Person) -> None:
    """Over the demo's therapists: with a filter, soonest first, and one press from being held."""
    page = visit(patient, width=PHONE)
    page.goto("/therapists/")
    page.get_by_role("link", name="First free times").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Find the first free time")
    page.get_by_label("How you meet").select_option("By video")
    page.get_by_role("button", name="Show times").click()
    expect(page.get_by_label("How you meet")).to_have_value("telehealth")
    times = page.locator(".first-times > li")
    expect(times.first).to_be_visible()
    assert not (found := axe.findings(page)), "\n".join(found)
    times.first.get_by_role("button", name="Take this time").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your time")
    expect(page.get_by_role("main")).to_contain_text("By video")
